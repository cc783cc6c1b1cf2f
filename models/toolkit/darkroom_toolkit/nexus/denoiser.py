"""FLUX denoiser: noisy packed latents and context in, velocity out.

State-dict names are DiffSynth's, as published, without their prefix `pipe.dit.`.

The network is cut in two. Everything that depends on (timestep, guidance, pooled vector) alone, 27 % of the published
parameters, ends in one flat *modulation row*; it never sees the prompt, so it is computed once per schedule:

    modulation_row = modulation(conditioning(timestep, guidance, pooled))    # [B, M]
    velocity = forward(packed_latents, context, modulation_row, cos, sin)

Order of the row, in vectors of `width`:
    double block i, image stream (a):    shift1 scale1 gate1 shift2 scale2 gate2
    double block i, context stream (b):  shift1 scale1 gate1 shift2 scale2 gate2      ... for all i
    single block i:                      shift scale gate                             ... for all i
    output:                              scale shift
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import DenoiserConfig
from .layers import RMSNorm, ScaleFreeLayerNorm, attention, join_heads, rotate_interleaved, split_heads


def pack_latents(latents: Tensor) -> Tensor:
    """[B, C, h, w] -> [B, h/2 * w/2, 4C]: tokens row-major, features (channel, dy, dx). h and w must be even."""
    batch, channels, height, width = latents.shape
    if height % 2 or width % 2:
        raise ValueError(f"latents of {height} x {width} cannot be packed: both sides must be even")
    blocks = latents.reshape(batch, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // 2 * (width // 2), channels * 4)


def unpack_latents(packed: Tensor, height: int, width: int) -> Tensor:
    """Inverse of `pack_latents`; `height` and `width` are those of the latents."""
    batch, _, features = packed.shape
    blocks = packed.reshape(batch, height // 2, width // 2, features // 4, 2, 2)
    return blocks.permute(0, 3, 1, 4, 2, 5).reshape(batch, features // 4, height, width)


def sinusoid(values: Tensor, dim: int) -> Tensor:
    """[B] -> [B, dim]: cosines, then sines, of values * 10000^(-i / (dim/2)), i < dim/2. Computed in float32."""
    half = dim // 2
    frequencies = torch.exp(-math.log(10_000.0) / half * torch.arange(half, dtype=torch.float32, device=values.device))
    angles = values.float().unsqueeze(-1) * frequencies
    return torch.cat((angles.cos(), angles.sin()), dim=-1)


class SinusoidEmbedder(nn.Module):
    """Sinusoid of a scalar and a two-layer network: time and guidance embedder."""

    def __init__(self, sinusoid_dim: int, width: int) -> None:
        super().__init__()
        self.sinusoid_dim = sinusoid_dim
        self.timestep_embedder = nn.Sequential(nn.Linear(sinusoid_dim, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, values: Tensor) -> Tensor:
        rows = sinusoid(values, self.sinusoid_dim)
        return self.timestep_embedder(rows.to(self.timestep_embedder[0].weight.dtype))


class Modulation(nn.Module):
    """`linear` holds `count` modulation vectors side by side. Applied to SiLU(conditioning)."""

    def __init__(self, width: int, count: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, count * width)

    def forward(self, activated: Tensor) -> Tensor:
        return self.linear(activated)


class JointAttention(nn.Module):
    """Attention over context and image rows together, with weights of its own for each stream."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        width, head_dim = config.width, config.head_dim
        self.heads, self.head_dim = config.heads, head_dim
        self.a_to_qkv = nn.Linear(width, 3 * width)
        self.b_to_qkv = nn.Linear(width, 3 * width)
        self.norm_q_a = RMSNorm(head_dim, config.eps)
        self.norm_k_a = RMSNorm(head_dim, config.eps)
        self.norm_q_b = RMSNorm(head_dim, config.eps)
        self.norm_k_b = RMSNorm(head_dim, config.eps)
        self.a_to_out = nn.Linear(width, width)
        self.b_to_out = nn.Linear(width, width)

    def forward(self, image: Tensor, context: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
        """image [B, N, W], context [B, L, W], cos and sin [L + N, hd/2] -> the two streams, same shapes."""
        image_q, image_k, image_v = _split_qkv(self.a_to_qkv(image), self.heads, self.head_dim)
        context_q, context_k, context_v = _split_qkv(self.b_to_qkv(context), self.heads, self.head_dim)
        # Context rows come before image rows, here and in the rotary tables.
        q = torch.cat((self.norm_q_b(context_q), self.norm_q_a(image_q)), dim=2)  # [B, H, L + N, hd]
        k = torch.cat((self.norm_k_b(context_k), self.norm_k_a(image_k)), dim=2)
        v = torch.cat((context_v, image_v), dim=2)
        mixed = _attend(q, k, v, cos, sin, self.heads, self.head_dim)  # [B, L + N, W]
        length = context.shape[1]
        return self.a_to_out(mixed[:, length:]), self.b_to_out(mixed[:, :length])


class DoubleBlock(nn.Module):
    """Two streams, a = image and b = context, that meet in attention only."""

    VECTORS = 12

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.mlp_ratio
        self.norm1_a = Modulation(width, 6)
        self.norm1_b = Modulation(width, 6)
        self.attn = JointAttention(config)
        self.ff_a = nn.Sequential(nn.Linear(width, inner), nn.GELU(approximate="tanh"), nn.Linear(inner, width))
        self.ff_b = nn.Sequential(nn.Linear(width, inner), nn.GELU(approximate="tanh"), nn.Linear(inner, width))
        self.norm = ScaleFreeLayerNorm(width, config.eps)

    def modulation(self, activated: Tensor) -> Tensor:
        """SiLU(c) [B, W] -> [B, 12 W]."""
        return torch.cat((self.norm1_a(activated), self.norm1_b(activated)), dim=-1)

    def forward(
        self, image: Tensor, context: Tensor, vectors: tuple[Tensor, ...], cos: Tensor, sin: Tensor
    ) -> tuple[Tensor, Tensor]:
        shift_a1, scale_a1, gate_a1, shift_a2, scale_a2, gate_a2 = vectors[:6]  # each [B, 1, W]
        shift_b1, scale_b1, gate_b1, shift_b2, scale_b2, gate_b2 = vectors[6:]
        image_mixed, context_mixed = self.attn(
            _modulate(self.norm(image), shift_a1, scale_a1), _modulate(self.norm(context), shift_b1, scale_b1), cos, sin
        )
        image = image + gate_a1 * image_mixed
        context = context + gate_b1 * context_mixed
        image = image + gate_a2 * self.ff_a(_modulate(self.norm(image), shift_a2, scale_a2))
        context = context + gate_b2 * self.ff_b(_modulate(self.norm(context), shift_b2, scale_b2))
        return image, context


class SingleBlock(nn.Module):
    """One stream of context and image rows; attention and MLP side by side."""

    VECTORS = 3

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.mlp_ratio
        self.width, self.inner, self.heads, self.head_dim = width, inner, config.heads, config.head_dim
        self.norm = Modulation(width, 3)
        self.to_qkv_mlp = nn.Linear(width, 3 * width + inner)
        self.norm_q_a = RMSNorm(config.head_dim, config.eps)
        self.norm_k_a = RMSNorm(config.head_dim, config.eps)
        self.proj_out = nn.Linear(width + inner, width)
        self.input_norm = ScaleFreeLayerNorm(width, config.eps)

    def modulation(self, activated: Tensor) -> Tensor:
        """SiLU(c) [B, W] -> [B, 3 W]."""
        return self.norm(activated)

    def forward(self, x: Tensor, vectors: tuple[Tensor, ...], cos: Tensor, sin: Tensor) -> Tensor:
        shift, scale, gate = vectors
        joined = self.to_qkv_mlp(_modulate(self.input_norm(x), shift, scale))
        qkv, mlp = joined.split((3 * self.width, self.inner), dim=-1)
        q, k, v = _split_qkv(qkv, self.heads, self.head_dim)
        mixed = _attend(self.norm_q_a(q), self.norm_k_a(k), v, cos, sin, self.heads, self.head_dim)
        return x + gate * self.proj_out(torch.cat((mixed, F.gelu(mlp, approximate="tanh")), dim=-1))


class Denoiser(nn.Module):
    """Velocity field v = noise - clean of flow matching, conditioned on context rows."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.x_embedder = nn.Linear(config.in_channels, width)
        self.context_embedder = nn.Linear(config.context_dim, width)
        self.time_embedder = SinusoidEmbedder(config.timestep_dim, width)
        self.guidance_embedder = SinusoidEmbedder(config.timestep_dim, width) if config.guidance else None
        self.pooled_text_embedder = nn.Sequential(nn.Linear(config.pooled_dim, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DoubleBlock(config) for _ in range(config.double_blocks))
        self.single_blocks = nn.ModuleList(SingleBlock(config) for _ in range(config.single_blocks))
        self.final_norm_out = Modulation(width, 2)
        self.final_proj_out = nn.Linear(width, config.in_channels)
        self.output_norm = ScaleFreeLayerNorm(width, config.eps)

    def conditioning(self, timestep: Tensor, guidance: Tensor, pooled: Tensor) -> Tensor:
        """timestep [B] in 0..1000 (1000 sigma), guidance [B] (e.g. 3.5; ignored without guidance embedder),
        pooled [B, pooled_dim] -> c [B, width].

        The reference rounds 1000 * guidance to bfloat16, so 3.5 reaches the sinusoid as 3504: pass 3.504 to match it.
        """
        c = self.time_embedder(timestep) + self.pooled_text_embedder(pooled)
        return c if self.guidance_embedder is None else c + self.guidance_embedder(1000.0 * guidance)

    def modulation(self, conditioning: Tensor) -> Tensor:
        """c [B, width] -> modulation row [B, modulation_dim] in the order of this file's header."""
        activated = F.silu(conditioning)
        parts = [block.modulation(activated) for block in [*self.blocks, *self.single_blocks]]
        return torch.cat((*parts, self.final_norm_out(activated)), dim=-1)

    def forward(self, packed_latents: Tensor, context: Tensor, modulation_row: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """One denoiser call.

        packed_latents  [B, N, in_channels] from `pack_latents`
        context         [B, L, context_dim] from the adapter or the merger
        modulation_row  [B, modulation_dim]
        cos, sin        [L + N, head_dim / 2] from `rope.flux_tables`, context rows first
        returns         velocity [B, N, in_channels]
        """
        vectors = modulation_row.unsqueeze(1).split(self.config.width, dim=-1)  # each [B, 1, W]
        image = self.x_embedder(packed_latents)  # [B, N, W]
        context = self.context_embedder(context)  # [B, L, W]
        start = 0
        for block in self.blocks:
            image, context = block(image, context, vectors[start : start + DoubleBlock.VECTORS], cos, sin)
            start += DoubleBlock.VECTORS
        x = torch.cat((context, image), dim=1)  # [B, L + N, W]
        for block in self.single_blocks:
            x = block(x, vectors[start : start + SingleBlock.VECTORS], cos, sin)
            start += SingleBlock.VECTORS
        scale, shift = vectors[start:]  # this pair alone is stored scale first
        return self.final_proj_out(_modulate(self.output_norm(x[:, context.shape[1] :]), shift, scale))


def _modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    return x * (1 + scale) + shift


def _split_qkv(qkv: Tensor, heads: int, head_dim: int) -> tuple[Tensor, Tensor, Tensor]:
    """[B, S, 3 W] with rows q, k, v -> three of [B, H, S, hd]."""
    q, k, v = (split_heads(part, heads, head_dim) for part in qkv.split(heads * head_dim, dim=-1))
    return q, k, v


def _attend(q: Tensor, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, heads: int, head_dim: int) -> Tensor:
    """Rotates q and k, attends everywhere, joins the heads: [B, H, S, hd] -> [B, S, W]."""
    q = rotate_interleaved(q, cos, sin, head_dim).to(v.dtype)
    k = rotate_interleaved(k, cos, sin, head_dim).to(v.dtype)
    return join_heads(attention(q, k, v, head_dim), heads * head_dim)
