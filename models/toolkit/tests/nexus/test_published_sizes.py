"""Nexus-Gen V2 itself, built without memory: every parameter count and tensor name of the specification."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from darkroom_toolkit.nexus import (
    AutoencoderKL,
    AutoregressiveModel,
    Denoiser,
    EmbeddingMerger,
    GenerationAdapter,
    NexusConfig,
    TinyDecoder,
)

CONFIG = NexusConfig.nexus_gen_v2()


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(scope="module")
def autoregressive() -> AutoregressiveModel:
    with torch.device("meta"):
        return AutoregressiveModel(CONFIG)


def test_vision_tower_and_language_model_have_the_published_sizes(autoregressive: AutoregressiveModel) -> None:
    vision = parameters(autoregressive.visual)
    assert vision == 676_550_144
    assert parameters(autoregressive) - vision == 7_628_751_872


def test_the_autoregressive_checkpoint_has_731_tensors(autoregressive: AutoregressiveModel) -> None:
    assert len(autoregressive.state_dict()) == 731


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("visual.patch_embed.proj.weight", [1280, 3, 2, 14, 14]),
        ("visual.blocks.31.attn.qkv.bias", [3840]),
        ("visual.blocks.0.mlp.gate_proj.bias", [3420]),
        ("visual.merger.ln_q.weight", [1280]),
        ("visual.merger.mlp.2.weight", [3584, 5120]),
        ("model.embed_tokens.weight", [152_064, 3584]),
        ("model.layers.27.self_attn.k_proj.bias", [512]),
        ("model.layers.0.self_attn.o_proj.weight", [3584, 3584]),
        ("model.layers.0.mlp.down_proj.weight", [3584, 18_944]),
        ("model.layers.0.post_attention_layernorm.weight", [3584]),
        ("model.norm.weight", [3584]),
        ("lm_head.weight", [152_064, 3584]),
        ("vision_head.weight", [3584, 3584]),
        ("image_prefill_embeds.weight", [81, 3584]),
    ],
)
def test_the_autoregressive_checkpoint_names_its_tensors_as_published(
    autoregressive: AutoregressiveModel, name: str, shape: list[int]
) -> None:
    assert list(autoregressive.state_dict()[name].shape) == shape


@pytest.mark.parametrize(
    ("name", "build", "count"),
    [
        ("generation adapter", lambda: GenerationAdapter(CONFIG.adapter), 31_481_856),
        ("editing merger", lambda: EmbeddingMerger(CONFIG.merger), 358_931_456),
        ("denoiser", lambda: Denoiser(CONFIG.denoiser), 11_901_408_320),
        ("VAE decoder", lambda: AutoencoderKL(CONFIG.vae).decoder, 49_545_475),
        ("TAEF1 decoder", lambda: TinyDecoder(16, 64, upsamplings=3), 1_229_443),
    ],
)
def test_a_decoder_part_has_the_published_size(name: str, build: object, count: int) -> None:
    with torch.device("meta"):
        assert parameters(build()) == count  # type: ignore[operator]


def test_the_decoder_parts_name_their_tensors_as_published() -> None:
    with torch.device("meta"):
        adapter = set(GenerationAdapter(CONFIG.adapter).state_dict())
        merger = set(EmbeddingMerger(CONFIG.merger).state_dict())
        denoiser = set(Denoiser(CONFIG.denoiser).state_dict())
    assert adapter == {f"{index}.{kind}" for index in (0, 1, 3, 4) for kind in ("weight", "bias")}
    projector = {f"projector.{index}.weight" for index in (0, 1, 2, 4, 5)} | {"projector.1.bias", "projector.4.bias"}
    layer = {f"layers.0.self_attn.{part}_proj.{kind}" for part in "qkv" for kind in ("weight", "bias")}
    layer |= {f"layers.0.mlp.{part}_proj.weight" for part in ("gate", "up", "down")}
    layer |= {f"layers.0.{norm}_layernorm.weight" for norm in ("input", "post_attention")}
    assert merger == projector | layer | {"layers.0.self_attn.o_proj.weight"}
    linears = ["x_embedder", "context_embedder", "final_norm_out.linear", "final_proj_out"]
    for embedder in ("time_embedder.timestep_embedder", "guidance_embedder.timestep_embedder", "pooled_text_embedder"):
        linears += [f"{embedder}.0", f"{embedder}.2"]
    norms = []
    for block in range(19):
        linears += [f"blocks.{block}.norm1_{stream}.linear" for stream in "ab"]
        linears += [f"blocks.{block}.attn.{stream}_to_{kind}" for stream in "ab" for kind in ("qkv", "out")]
        linears += [f"blocks.{block}.ff_{stream}.{index}" for stream in "ab" for index in (0, 2)]
        norms += [f"blocks.{block}.attn.norm_{part}_{stream}" for part in "qk" for stream in "ab"]
    for block in range(38):
        linears += [f"single_blocks.{block}.{part}" for part in ("norm.linear", "to_qkv_mlp", "proj_out")]
        norms += [f"single_blocks.{block}.norm_{part}_a" for part in "qk"]
    assert denoiser == {f"{name}.{kind}" for name in linears for kind in ("weight", "bias")} | {
        f"{name}.weight" for name in norms
    }


def test_a_step_of_the_published_modulation_table_has_1056768_values() -> None:
    assert CONFIG.denoiser.modulation_dim == 1_056_768
