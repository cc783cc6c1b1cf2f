"""Denoiser, autoencoders and schedule against diffusers, at reduced width with random weights."""

from __future__ import annotations

import functools
import re
from dataclasses import replace

import numpy as np
import torch
from diffusers import AutoencoderKL as ReferenceAutoencoder
from diffusers import AutoencoderTiny, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from diffusers.models.embeddings import apply_rotary_emb
from diffusers.models.transformers.transformer_flux import FluxPosEmbed
from torch import Tensor

from ..nexus import AutoencoderKL, Denoiser, DenoiserConfig, NexusConfig, TinyDecoder, VaeConfig, pack_latents, unpack_latents
from ..nexus.layers import rotate_interleaved
from ..nexus.rope import flux_tables, grid_context_ids, image_ids, zero_context_ids
from ..nexus.schedule import S_MIN, SHIFT, euler_step, sigma_schedule
from .piece import Errors, Section, absolute, differing, relative
from .weights import normal, randomised

SECTION = Section("Denoiser and autoencoders")

DENOISER = DenoiserConfig(
    double_blocks=2, single_blocks=3, width=48, heads=3, head_dim=16, in_channels=16, context_dim=20, pooled_dim=10, rope_axes=(4, 6, 6)
)  # fmt: skip
#: FLUX's four levels with two residual blocks each (three in the decoder), and three levels with one.
VAES = (
    VaeConfig(16, (8, 12, 16, 16), layers_per_block=2, norm_groups=4, scaling=0.3611, shift=0.1159),
    VaeConfig(4, (8, 16, 24), layers_per_block=1, norm_groups=8, scaling=0.5, shift=0.1),
)


@SECTION.module("Denoiser, context at the origin (generation)", "diffusers, `FluxTransformer2DModel`", float64=1e-7, float32=1e-5)
def generation(dtype: torch.dtype) -> Errors:
    for rows, columns in ((4, 4), (3, 5)):
        yield _velocity(zero_context_ids(81), rows, columns, DENOISER, dtype)


@SECTION.module("Denoiser, target and reference on the grid (editing)", "diffusers, `FluxTransformer2DModel`", float64=1e-7, float32=1e-5)
def editing(dtype: torch.dtype) -> Errors:
    for rows, columns in ((4, 4), (6, 4)):
        ids = torch.cat((grid_context_ids(9, 9, rows, columns), grid_context_ids(18, 18, rows, columns, plane=1)))
        yield _velocity(ids, rows, columns, DENOISER, dtype)


@SECTION.module("Denoiser without guidance embedder", "diffusers, `FluxTransformer2DModel`", float64=1e-7, float32=1e-5)
def unguided(dtype: torch.dtype) -> Errors:
    yield _velocity(zero_context_ids(9), 3, 4, replace(DENOISER, guidance=False), dtype)


def _velocity(context_ids: Tensor, rows: int, columns: int, config: DenoiserConfig, dtype: torch.dtype) -> float:
    """A batch of two with noise levels and guidances of their own."""
    reference, denoiser = _denoisers(config, dtype)
    latents = normal(2, rows * columns, config.in_channels, dtype=dtype, seed=1)
    context = normal(2, len(context_ids), config.context_dim, dtype=dtype, seed=2)
    pooled = normal(2, config.pooled_dim, dtype=dtype, seed=3)
    sigma, guidance = torch.tensor([0.7, 0.21]), torch.tensor([3.5, 2.0])
    latent_ids = image_ids(rows, columns)
    wanted = reference(
        hidden_states=latents,
        encoder_hidden_states=context,
        pooled_projections=pooled,
        timestep=sigma,  # diffusers multiplies by 1000 inside
        guidance=guidance if config.guidance else None,
        txt_ids=context_ids.float(),
        img_ids=latent_ids.float(),
    ).sample
    cos, sin = flux_tables(torch.cat((context_ids, latent_ids)), config)
    row = denoiser.modulation(denoiser.conditioning(1000 * sigma, guidance, pooled))
    return relative(denoiser(latents, context, row, cos.to(dtype), sin.to(dtype)), wanted)


@SECTION.module("Rotation at the published size", "diffusers, `FluxPosEmbed` and `apply_rotary_emb`", float64=1e-6, float32=1e-6)
def rotation(dtype: torch.dtype) -> Errors:
    config = NexusConfig.nexus_gen_v2().denoiser
    embed = FluxPosEmbed(theta=10_000, axes_dim=list(config.rope_axes))
    for rows, columns in ((32, 32), (20, 48)):
        ids = torch.cat((grid_context_ids(9, 9, rows, columns, bfloat16=True), image_ids(rows, columns)))
        query = normal(1, 2, len(ids), config.head_dim, dtype=dtype)
        found = rotate_interleaved(query, *(table.to(dtype) for table in flux_tables(ids, config)), config.head_dim)
        yield relative(found, apply_rotary_emb(query, embed(ids)))


@SECTION.piece("Packing of latents, and places of their tokens", "diffusers, `FluxPipeline`", "values")
def packing() -> Errors:
    for channels, rows, columns in ((16, 8, 8), (4, 6, 10)):
        latents = normal(2, channels, rows, columns, dtype=torch.float32)
        packed = pack_latents(latents)
        wanted = FluxPipeline._pack_latents(latents, 2, channels, rows, columns)
        # The pipeline reckons in pixels, eight for each latent.
        opened = FluxPipeline._unpack_latents(packed, 8 * rows, 8 * columns, 8)
        ids = FluxPipeline._prepare_latent_image_ids(1, rows // 2, columns // 2, torch.device("cpu"), torch.float32)
        yield differing(packed, wanted) + differing(unpack_latents(packed, rows, columns), opened)
        yield differing(image_ids(rows // 2, columns // 2), ids)


@SECTION.module("Autoencoder, picture to latents", "diffusers, `AutoencoderKL`", float64=1e-12, float32=1e-5)
def encoding(dtype: torch.dtype) -> Errors:
    for config in VAES:
        reference, vae = _autoencoders(config, dtype)
        for height, width in ((4, 6), (5, 2)):
            pixels = normal(2, 3, height * config.factor, width * config.factor, dtype=dtype)
            yield relative(vae.encode(pixels), reference.encode(pixels).latent_dist.mean)


@SECTION.module("Autoencoder, latents to picture", "diffusers, `AutoencoderKL`", float64=1e-12, float32=1e-5)
def decoding(dtype: torch.dtype) -> Errors:
    for config in VAES:
        reference, vae = _autoencoders(config, dtype)
        for height, width in ((4, 6), (5, 2)):
            latents = normal(2, config.latent_channels, height, width, dtype=dtype)
            scaled = latents / reference.config.scaling_factor + reference.config.shift_factor  # as the pipeline does
            yield relative(vae.decode(vae.unscale(latents)), reference.decode(scaled).sample)


@SECTION.module("Preview decoder", "diffusers, `AutoencoderTiny` (TAEF1)", float64=1e-12, float32=1e-5)
def preview(dtype: torch.dtype) -> Errors:
    # TAEF1 is fixed at this width, so it is compared at its full size.
    reference = randomised(AutoencoderTiny(latent_channels=16, decoder_block_out_channels=(64, 64, 64, 64)).decoder).to(dtype)
    decoder = TinyDecoder(16, 64, upsamplings=3).to(dtype).eval()
    # diffusers squashes outside its list of layers, the original package inside: indexes differ by one.
    decoder.load_state_dict(
        {re.sub(r"^layers\.(\d+)", lambda found: str(int(found[1]) + 1), name): w for name, w in reference.state_dict().items()}
    )
    for height, width in ((2, 3), (4, 2)):
        latents = 3 * normal(1, 16, height, width, dtype=dtype)
        yield relative(2 * decoder(latents) - 1, reference(latents))


@SECTION.piece("Noise levels, shift 3", "diffusers, `FlowMatchEulerDiscreteScheduler`", "absolute", 1e-6, "float32")
def noise_levels() -> Errors:
    for steps in (1, 2, 4, 8, 20, 50, 100):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=SHIFT)
        scheduler.set_timesteps(sigmas=np.linspace(1.0, S_MIN, steps))
        yield absolute(sigma_schedule(steps), scheduler.sigmas)


@SECTION.piece("Euler steps along a schedule", "diffusers, `FlowMatchEulerDiscreteScheduler`", "absolute", 1e-5, "float32")
def euler() -> Errors:
    for steps in (4, 20):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=SHIFT)
        scheduler.set_timesteps(sigmas=np.linspace(1.0, S_MIN, steps))
        ours = theirs = normal(1, 16, 8, 8, dtype=torch.float32)
        sigmas = sigma_schedule(steps)
        for index, timestep in enumerate(scheduler.timesteps):
            velocity = normal(1, 16, 8, 8, dtype=torch.float32, seed=index)
            theirs = scheduler.step(velocity, timestep, theirs).prev_sample
            ours = euler_step(ours, velocity, float(sigmas[index]), float(sigmas[index + 1]))
            yield absolute(ours, theirs)


# The references and our modules with their weights


@functools.cache
def _denoisers(config: DenoiserConfig, dtype: torch.dtype) -> tuple[FluxTransformer2DModel, Denoiser]:
    reference = FluxTransformer2DModel(
        patch_size=1,
        in_channels=config.in_channels,
        num_layers=config.double_blocks,
        num_single_layers=config.single_blocks,
        attention_head_dim=config.head_dim,
        num_attention_heads=config.heads,
        joint_attention_dim=config.context_dim,
        pooled_projection_dim=config.pooled_dim,
        guidance_embeds=config.guidance,
        axes_dims_rope=config.rope_axes,
    )
    randomised(reference).to(dtype)
    denoiser = Denoiser(config).to(dtype).eval()
    denoiser.load_state_dict(published_names(reference.state_dict(), config))
    return reference, denoiser


@functools.cache
def _autoencoders(config: VaeConfig, dtype: torch.dtype) -> tuple[ReferenceAutoencoder, AutoencoderKL]:
    levels = len(config.block_out_channels)
    reference = ReferenceAutoencoder(
        down_block_types=["DownEncoderBlock2D"] * levels,
        up_block_types=["UpDecoderBlock2D"] * levels,
        block_out_channels=config.block_out_channels,
        layers_per_block=config.layers_per_block,
        latent_channels=config.latent_channels,
        norm_num_groups=config.norm_groups,
        scaling_factor=config.scaling,
        shift_factor=config.shift,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    randomised(reference).to(dtype)
    vae = AutoencoderKL(config).to(dtype).eval()
    vae.load_state_dict(reference.state_dict())
    return reference, vae


def published_names(reference: dict[str, Tensor], config: DenoiserConfig) -> dict[str, Tensor]:
    """A diffusers state dict under the names of the published checkpoint (specification, appendix A)."""
    names: dict[str, Tensor] = {}

    def linear(name: str, *sources: str) -> None:
        for kind in ("weight", "bias"):
            names[f"{name}.{kind}"] = torch.cat([reference[f"{source}.{kind}"] for source in sources])

    for name in ("x_embedder", "context_embedder"):
        linear(name, name)
    embedders = [("time_embedder.timestep_embedder", "timestep_embedder"), ("pooled_text_embedder", "text_embedder")]
    if config.guidance:
        embedders.append(("guidance_embedder.timestep_embedder", "guidance_embedder"))
    for name, source in embedders:
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
