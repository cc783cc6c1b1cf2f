"""The modules against the public reference implementations, at reduced width with random weights, in float64.

Needs the extra `parity` (transformers and diffusers) and therefore lies outside `tests`:

    pip install -e '.[dev,parity]' && pytest parity

The references take rotary angles in float32 even when their weights are float64; what is left of that is about 1e-7.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL as ReferenceAutoencoder
from diffusers import AutoencoderTiny, FluxTransformer2DModel
from PIL import Image
from torch import Tensor, nn
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, Qwen2VLImageProcessor

from darkroom_toolkit.nexus import (
    AutoencoderKL,
    Denoiser,
    DenoiserConfig,
    LanguageConfig,
    LanguageModel,
    TinyDecoder,
    VaeConfig,
    VisionConfig,
    VisionTower,
)
from darkroom_toolkit.nexus.preprocess import patches_of, resize, smart_resize
from darkroom_toolkit.nexus.rope import flux_tables, grid_context_ids, image_ids, mrope_positions, vision_tables
from darkroom_toolkit.nexus.tokens import CachedDecoder, expand_placeholders, prompt_rows

IMAGE, START, END = 95, 92, 93


def randomised(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for parameter in module.parameters():
        nn.init.normal_(parameter, 0.05, 0.15, generator=generator)
    return module.eval().double()


def close(found: Tensor, wanted: Tensor, tolerance: float) -> None:
    """`tolerance` is relative to the mean magnitude of what is wanted."""
    assert (found - wanted).abs().max() <= tolerance * wanted.abs().mean()


# FLUX


def published_names(reference: dict[str, Tensor], config: DenoiserConfig) -> dict[str, Tensor]:
    """A diffusers state dict under the names of the published checkpoint (specification, appendix A)."""
    names: dict[str, Tensor] = {}

    def linear(name: str, *sources: str) -> None:
        for kind in ("weight", "bias"):
            names[f"{name}.{kind}"] = torch.cat([reference[f"{source}.{kind}"] for source in sources])

    for name in ("x_embedder", "context_embedder"):
        linear(name, name)
    for name, source in (
        ("time_embedder.timestep_embedder", "timestep_embedder"),
        ("guidance_embedder.timestep_embedder", "guidance_embedder"),
        ("pooled_text_embedder", "text_embedder"),
    ):
        linear(f"{name}.0", f"time_text_embed.{source}.linear_1")
        linear(f"{name}.2", f"time_text_embed.{source}.linear_2")
    for index in range(config.double_blocks):
        ours, theirs = f"blocks.{index}", f"transformer_blocks.{index}"
        linear(f"{ours}.norm1_a.linear", f"{theirs}.norm1.linear")
        linear(f"{ours}.norm1_b.linear", f"{theirs}.norm1_context.linear")
        linear(f"{ours}.attn.a_to_qkv", *(f"{theirs}.attn.to_{part}" for part in "qkv"))
        linear(f"{ours}.attn.b_to_qkv", *(f"{theirs}.attn.add_{part}_proj" for part in "qkv"))
        linear(f"{ours}.attn.a_to_out", f"{theirs}.attn.to_out.0")
        linear(f"{ours}.attn.b_to_out", f"{theirs}.attn.to_add_out")
        for stream, source in (("ff_a", "ff"), ("ff_b", "ff_context")):
            linear(f"{ours}.{stream}.0", f"{theirs}.{source}.net.0.proj")
            linear(f"{ours}.{stream}.2", f"{theirs}.{source}.net.2")
        for part in "qk":
            names[f"{ours}.attn.norm_{part}_a.weight"] = reference[f"{theirs}.attn.norm_{part}.weight"]
            names[f"{ours}.attn.norm_{part}_b.weight"] = reference[f"{theirs}.attn.norm_added_{part}.weight"]
    for index in range(config.single_blocks):
        ours, theirs = f"single_blocks.{index}", f"single_transformer_blocks.{index}"
        linear(f"{ours}.norm.linear", f"{theirs}.norm.linear")
        linear(f"{ours}.to_qkv_mlp", *(f"{theirs}.attn.to_{part}" for part in "qkv"), f"{theirs}.proj_mlp")
        linear(f"{ours}.proj_out", f"{theirs}.proj_out")
        for part in "qk":
            names[f"{ours}.norm_{part}_a.weight"] = reference[f"{theirs}.attn.norm_{part}.weight"]
    linear("final_norm_out.linear", "norm_out.linear")
    linear("final_proj_out", "proj_out")
    return names


@torch.no_grad()
def test_the_denoiser_equals_diffusers_flux() -> None:
    config = DenoiserConfig(
        double_blocks=2,
        single_blocks=3,
        width=48,
        heads=3,
        head_dim=16,
        in_channels=16,
        context_dim=20,
        pooled_dim=10,
        rope_axes=(4, 6, 6),
    )
    reference = randomised(
        FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=2,
            num_single_layers=3,
            attention_head_dim=16,
            num_attention_heads=3,
            joint_attention_dim=20,
            pooled_projection_dim=10,
            guidance_embeds=True,
            axes_dims_rope=(4, 6, 6),
        )
    )
    denoiser = Denoiser(config).double().eval()
    denoiser.load_state_dict(published_names(reference.state_dict(), config))

    torch.manual_seed(1)
    latents, context, pooled = (torch.randn(*shape).double() for shape in ((2, 12, 16), (2, 9, 20), (2, 10)))
    sigma, guidance = torch.tensor([0.7, 0.21]), torch.tensor([3.5, 2.0])
    context_ids, latent_ids = grid_context_ids(3, 3, 3, 4, plane=1), image_ids(3, 4)
    wanted = reference(
        hidden_states=latents,
        encoder_hidden_states=context,
        pooled_projections=pooled,
        timestep=sigma,  # diffusers multiplies by 1000 inside
        guidance=guidance,
        txt_ids=context_ids.float(),
        img_ids=latent_ids.float(),
    ).sample
    cos, sin = flux_tables(torch.cat((context_ids, latent_ids)), config)
    row = denoiser.modulation(denoiser.conditioning(1000 * sigma, guidance, pooled))
    close(denoiser(latents, context, row, cos.double(), sin.double()), wanted, 1e-6)


@torch.no_grad()
def test_the_autoencoder_equals_diffusers() -> None:
    reference = randomised(
        ReferenceAutoencoder(
            down_block_types=["DownEncoderBlock2D"] * 3,
            up_block_types=["UpDecoderBlock2D"] * 3,
            block_out_channels=(8, 12, 16),
            layers_per_block=2,
            latent_channels=4,
            norm_num_groups=4,
            use_quant_conv=False,
            use_post_quant_conv=False,
        )
    )
    vae = AutoencoderKL(VaeConfig(4, (8, 12, 16), layers_per_block=2, norm_groups=4, scaling=0.3611, shift=0.1159))
    vae.double().eval().load_state_dict(reference.state_dict())
    pixels = torch.randn(1, 3, 16, 24, generator=torch.Generator().manual_seed(1)).double()
    latents = vae.encode(pixels)
    close(latents, reference.encode(pixels).latent_dist.mean, 1e-12)
    close(vae.decode(latents), reference.decode(latents).sample, 1e-12)


@torch.no_grad()
def test_the_preview_decoder_equals_taef1() -> None:
    reference = AutoencoderTiny(latent_channels=16, decoder_block_out_channels=(64, 64, 64, 64)).decoder.eval()
    decoder = TinyDecoder(16, 64, upsamplings=3).eval()
    # diffusers squashes outside its list of layers, the original package inside: indexes differ by one.
    decoder.load_state_dict(
        {re.sub(r"^layers\.(\d+)", lambda found: str(int(found[1]) + 1), name): w for name, w in reference.state_dict().items()}
    )
    latents = 3 * torch.randn(1, 16, 4, 6, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(decoder(latents) * 2 - 1, reference(latents))


# Qwen2.5-VL

VISION = VisionConfig(
    patch_size=14,
    merge_size=2,
    hidden=48,
    depth=4,
    heads=3,
    mlp=40,
    window=112,
    full_attention_blocks=(1, 3),
    out_hidden=64,
)
LANGUAGE = LanguageConfig(
    layers=3,
    hidden=64,
    mlp=72,
    heads=4,
    kv_heads=2,
    head_dim=16,
    vocab=100,
    rope_theta=1_000_000.0,
    mrope_section=(2, 3, 3),
)


@pytest.fixture(scope="module")
def qwen() -> nn.Module:
    return randomised(
        Qwen2_5_VLForConditionalGeneration(
            Qwen2_5_VLConfig(
                text_config={
                    "vocab_size": 100,
                    "hidden_size": 64,
                    "intermediate_size": 72,
                    "num_hidden_layers": 3,
                    "num_attention_heads": 4,
                    "num_key_value_heads": 2,
                    "rope_theta": 1_000_000.0,
                    "rms_norm_eps": 1e-6,
                    "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
                    "max_position_embeddings": 4096,
                    "bos_token_id": 90,
                    "eos_token_id": 91,
                    "pad_token_id": 90,
                },
                vision_config={
                    "depth": 4,
                    "hidden_size": 48,
                    "intermediate_size": 40,
                    "num_heads": 3,
                    "out_hidden_size": 64,
                    "patch_size": 14,
                    "spatial_merge_size": 2,
                    "temporal_patch_size": 2,
                    "window_size": 112,
                    "fullatt_block_indexes": [1, 3],
                    "tokens_per_second": 2,
                },
                image_token_id=IMAGE,
                video_token_id=96,
                vision_start_token_id=START,
                vision_end_token_id=END,
                tie_word_embeddings=False,
            )
        )
    )


@pytest.fixture(scope="module")
def tower(qwen: nn.Module) -> VisionTower:
    tower = VisionTower(VISION).double().eval()
    tower.load_state_dict(qwen.model.visual.state_dict())
    return tower


@pytest.fixture(scope="module")
def language(qwen: nn.Module) -> LanguageModel:
    model = LanguageModel(LANGUAGE).double().eval()
    state = {f"model.{name}": weight for name, weight in qwen.model.language_model.state_dict().items()}
    missing = model.load_state_dict({**state, "lm_head.weight": qwen.lm_head.weight}, strict=False)
    assert missing.missing_keys == ["vision_head.weight", "image_prefill_embeds.weight"]
    assert missing.unexpected_keys == []
    return model


def photograph(height: int, width: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def embed(tower: VisionTower, patches: Tensor, grids: list[tuple[int, int, int]]) -> Tensor:
    tables = vision_tables(grids, VISION)
    return tower(
        patches.unsqueeze(0),
        tables.order,
        tables.inverse,
        tables.cos.double(),
        tables.sin.double(),
        tables.window_mask,
        tables.full_mask,
    )[0]


@pytest.mark.parametrize("size", [(200, 300), (70, 70), (700, 500)])
def test_patches_equal_the_image_processor_of_qwen(size: tuple[int, int]) -> None:
    processor = Qwen2VLImageProcessor(patch_size=14, merge_size=2, min_pixels=3136, max_pixels=262_640)
    wanted = processor(images=[photograph(*size)], return_tensors="np")
    patches, grid = patches_of(resize(photograph(*size), *smart_resize(*size)), 14)
    assert wanted["image_grid_thw"].tolist() == [list(grid)]
    np.testing.assert_allclose(patches, wanted["pixel_values"], atol=1e-6)


@pytest.mark.parametrize("grids", [[(1, 14, 22)], [(1, 18, 18)], [(1, 16, 16), (1, 6, 10)]], ids=str)
@torch.no_grad()
def test_the_vision_tower_equals_qwen(
    qwen: nn.Module, tower: VisionTower, grids: list[tuple[int, int, int]]
) -> None:
    count = sum(rows * columns for _, rows, columns in grids)
    patches = torch.randn(count, VISION.patch_dim, generator=torch.Generator().manual_seed(1)).double()
    close(embed(tower, patches, grids), qwen.model.visual(patches, grid_thw=torch.tensor(grids)), 1e-6)


@pytest.mark.parametrize("padding", [0, 3])
def test_positions_equal_qwen(qwen: nn.Module, padding: int) -> None:
    grids = [(1, 4, 6), (1, 8, 4)]
    prompt = [3, 4, START, IMAGE, END, 7, START, IMAGE, END, 8, 9]
    ids = [0] * padding + expand_placeholders(prompt, [6, 8], IMAGE)
    mask = torch.tensor([[0] * padding + [1] * (len(ids) - padding)])
    wanted, delta = qwen.model.get_rope_index(torch.tensor([ids]), torch.tensor(grids), attention_mask=mask)
    found = mrope_positions(ids, grids, IMAGE, padding=padding)
    assert torch.equal(found.positions, wanted[:, 0])
    assert found.delta == delta.item()


@torch.no_grad()
def test_picture_and_text_give_the_logits_of_qwen(qwen: nn.Module, tower: VisionTower, language: LanguageModel) -> None:
    pixels, grid = patches_of(photograph(84, 140), 14)
    patches = torch.from_numpy(pixels).double()
    embeddings = embed(tower, patches, [grid])
    ids = expand_placeholders([3, 4, START, IMAGE, END, 7, 8], [len(embeddings)], IMAGE)
    wanted = qwen(input_ids=torch.tensor([ids]), pixel_values=patches, image_grid_thw=torch.tensor([grid])).logits
    rows = prompt_rows(language, ids, [embeddings], IMAGE)
    hidden = CachedDecoder(language).feed(rows, mrope_positions(ids, [grid], IMAGE).positions)
    close(language.lm_head(hidden), wanted, 5e-6)
