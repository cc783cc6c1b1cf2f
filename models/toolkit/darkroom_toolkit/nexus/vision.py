"""Vision tower of Qwen2.5-VL: patches in, one embedding of the shared space per unit (merge x merge patches) out.

State-dict names are the published ones without their prefix `visual.`. Rotary tables, window order and masks are
inputs, computed on the host by `rope.vision_tables`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import VisionConfig
from .layers import RMSNorm, ScaleFreeLayerNorm, attention, join_heads, reshape_tail, rotate, split_heads


class PatchEmbed(nn.Module):
    """Projects flattened patches. `proj.weight` is stored as the published 3-D convolution kernel."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        size = config.patch_size
        self.proj = nn.Conv3d(
            config.channels,
            config.hidden,
            kernel_size=(config.temporal_patch_size, size, size),
            stride=(config.temporal_patch_size, size, size),
            bias=False,
        )
        self.frame_dim = config.channels * size * size

    def forward(self, patches: Tensor) -> Tensor:
        """[..., N, patch_dim], or [..., N, patch_dim / temporal] of pictures that do not move -> [..., N, hidden]."""
        kernel = self.proj.weight  # [hidden, C, frames, p, p]
        if patches.shape[-1] == self.frame_dim:
            # A still picture repeats one frame, so the kernel's temporal slices add up (exact up to rounding).
            kernel = kernel.sum(dim=2)
        return F.linear(patches, kernel.flatten(1))


class VisionAttention(nn.Module):
    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.hidden, self.heads, self.head_dim = config.hidden, config.heads, config.head_dim
        self.qkv = nn.Linear(config.hidden, 3 * config.hidden)
        self.proj = nn.Linear(config.hidden, config.hidden)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, windows: int = 1) -> Tensor:
        """x [B, N, D]; cos, sin [N, hd]; mask [N, N] or none.

        `windows` > 1 says that the N rows are that many windows of equal length, one after the other: they then go
        through attention as a larger batch, which costs windows times less than masking and gives the same result.
        """
        q, k, v = (split_heads(part, self.heads, self.head_dim) for part in self.qkv(x).split(self.hidden, dim=-1))
        q = rotate(q, cos, sin, self.head_dim).to(v.dtype)  # [B, H, N, hd]
        k = rotate(k, cos, sin, self.head_dim).to(v.dtype)
        if windows == 1:
            return self.proj(join_heads(attention(q, k, v, self.head_dim, mask), self.hidden))
        batch, rows, _ = x.shape
        q, k, v = (part.unflatten(2, (windows, -1)).transpose(1, 2).flatten(0, 1) for part in (q, k, v))
        mixed = attention(q, k, v, self.head_dim)  # [B * windows, H, N / windows, hd]
        return self.proj(join_heads(mixed, self.hidden).reshape(batch, rows, self.hidden))


class GatedMlp(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x)). With biases in the vision tower, without in the language model."""

    def __init__(self, hidden: int, mlp: int, bias: bool) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(hidden, mlp, bias=bias)
        self.up_proj = nn.Linear(hidden, mlp, bias=bias)
        self.down_proj = nn.Linear(mlp, hidden, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class VisionBlock(nn.Module):
    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.norm1 = RMSNorm(config.hidden, config.rms_eps)
        self.norm2 = RMSNorm(config.hidden, config.rms_eps)
        self.attn = VisionAttention(config)
        self.mlp = GatedMlp(config.hidden, config.mlp, bias=True)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, windows: int = 1) -> Tensor:
        x = x + self.attn(self.norm1(x), cos, sin, mask, windows)
        return x + self.mlp(self.norm2(x))


class PatchMerger(nn.Module):
    """Joins the patches of one unit and projects them into the shared embedding space."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        joined = config.hidden * config.merge_area
        self.joined = joined
        self.ln_q = RMSNorm(config.hidden, config.rms_eps)
        self.mlp = nn.Sequential(nn.Linear(joined, joined), nn.GELU(), nn.Linear(joined, config.out_hidden))

    def forward(self, x: Tensor) -> Tensor:
        """[B, N, hidden] -> [B, N / merge_area, out_hidden]."""
        return self.mlp(reshape_tail(self.ln_q(x), 1, -1, self.joined))


class VisionTower(nn.Module):
    """Whole tower. See `forward` for the inputs that the host computes."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.blocks = nn.ModuleList(VisionBlock(config) for _ in range(config.depth))
        self.merger = PatchMerger(config)
        self.output_norm = ScaleFreeLayerNorm(config.out_hidden, config.rms_eps) if config.output_norm else None

    def forward(
        self,
        patches: Tensor,
        order: Tensor,
        inverse: Tensor,
        cos: Tensor,
        sin: Tensor,
        window_mask: Tensor | None,
        full_mask: Tensor | None,
        windows: int = 1,
    ) -> Tensor:
        """Embeds a batch of pictures (or concatenations of pictures) that share one grid.

        patches      [B, N, patch_dim] in the order of `preprocess.patchify`
        order        int64 [U], U = N / merge_area: unit at each place of the window order
        inverse      int64 [U]: its inverse
        cos, sin     [N, head_dim], rows already in window order
        window_mask  additive [N, N] in window order; may be none when `windows` cuts the rows into equal windows
        full_mask    additive [N, N] in window order, or none for a single picture
        returns      [B, U, out_hidden], units row-major

        Raises ValueError when neither mask nor `windows` keeps the windows apart.
        """
        if window_mask is None and patches.shape[1] > windows * self.config.window_patches:
            raise ValueError(
                f"{patches.shape[1]} patches in {windows} window(s) of at most {self.config.window_patches}: pass `window_mask`"
            )
        area, hidden = self.config.merge_area, self.config.hidden
        x = self.patch_embed(patches)  # [B, N, D]
        x = reshape_tail(x, 1, -1, area * hidden).index_select(1, order)  # [B, U, area * D]: whole units move
        x = reshape_tail(x, 1, -1, hidden)  # [B, N, D]
        for index, block in enumerate(self.blocks):
            if index in self.config.full_attention_blocks:
                x = block(x, cos, sin, full_mask)
            else:
                x = block(x, cos, sin, window_mask, windows)
        units = self.merger(x).index_select(1, inverse)  # the order is undone on units, after merging
        return units if self.output_norm is None else self.output_norm(units)
