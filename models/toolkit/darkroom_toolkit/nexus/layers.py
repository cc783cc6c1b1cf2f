"""Pieces that several parts share: RMSNorm, rotary application, attention.

Everything here is written twice over only where it must be: attention uses PyTorch's fused kernel when it runs in
Python and plain matrix products and a softmax when it is traced, so that the ONNX graph holds standard operators only.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Added to the attention score of a pair that must not see each other. Finite, so that a row of padding that sees
# nothing gives numbers instead of NaN; representable in float16; exp(MASKED) is exactly 0 in every float type.
MASKED = -30_000.0


class RMSNorm(nn.Module):
    """x / rms(x) * weight. The mean square is taken in at least float32 and cast back *before* the weight."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        scaled = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return scaled.to(x.dtype) * self.weight


class ScaleFreeLayerNorm(nn.Module):
    """LayerNorm over the last axis without learned scale or offset (FLUX blocks, nano's vision output)."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (self.dim,), eps=self.eps)


def rotate_half(x: Tensor) -> Tensor:
    """(first half, second half) -> (-second half, first half) on the last axis."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((-second, first), dim=-1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding that pairs dimension d with d + head_dim / 2 (vision tower, language model, merger).

    x and the tables broadcast against each other; the tables' last axis is head_dim, their halves equal.
    """
    return x * cos + rotate_half(x) * sin


def rotate_interleaved(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding that pairs dimensions 2i and 2i + 1 (FLUX). The tables' last axis is head_dim / 2."""
    even, odd = x.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
    """Softmax attention with scale 1 / sqrt(head_dim) and grouped key/value heads.

    query [B, H, S, hd]; key, value [B, G, T, hd] with H a multiple of G; mask is additive and broadcasts to
    [B, 1, S, T]; `causal` (only without mask, S = T) lets row i see rows 0..i. Returns [B, H, S, hd].
    """
    if torch.onnx.is_in_onnx_export():
        return _plain_attention(query, key, value, mask, causal)
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key = key.repeat_interleave(group, dim=1)
        value = value.repeat_interleave(group, dim=1)
    if mask is not None:
        mask = mask.to(query.dtype)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)


def _plain_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    if causal:
        raise ValueError("a traced graph takes its causal mask as an input; pass `mask` instead of `causal`")
    batch, heads, rows, head_dim = query.shape
    kv_heads = key.shape[1]
    query = query * head_dim**-0.5
    if heads == kv_heads:
        scores = query @ key.transpose(-1, -2)  # [B, H, S, T]
        if mask is not None:
            scores = scores + mask
        return scores.softmax(dim=-1) @ value
    # Rows of the query heads that share a key head become rows of one matrix product: no copy of the cache.
    group = heads // kv_heads
    query = query.reshape(batch, kv_heads, group * rows, head_dim)
    scores = query @ key.transpose(-1, -2)  # [B, G, H/G * S, T]
    if mask is not None:
        scores = scores.reshape(batch, kv_heads * group, rows, -1) + mask  # [B, H, S, T]
        scores = scores.reshape(batch, kv_heads, group * rows, -1)
    mixed = scores.softmax(dim=-1) @ value  # [B, G, H/G * S, hd]
    return mixed.reshape(batch, heads, rows, head_dim)
