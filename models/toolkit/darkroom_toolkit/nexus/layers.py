"""Pieces that several parts share: RMSNorm, rotary application, attention.

Only standard operators, so that what is trained and what is exported is the same code.
"""

from __future__ import annotations

from typing import Any

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
        # Division by a square root, not rsqrt: the form that ONNX Runtime recognises and fuses into one operator.
        scaled = wide / torch.sqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return scaled.to(x.dtype) * self.weight


class ScaleFreeLayerNorm(nn.Module):
    """LayerNorm over the last axis without learned scale or offset (FLUX blocks, nano's vision output)."""

    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (self.dim,), eps=self.eps)


def reshape_tail(x: Tensor, kept: int, *tail: int) -> Tensor:
    """Reshapes x so that its first `kept` sizes stay and `tail` (at most one -1) follows.

    In a traced graph this is one Reshape with a constant shape. A plain `reshape` would read the kept sizes from the
    tensor: half a dozen small operators each time, which is what a small model would then spend its time on.
    """
    if torch.onnx.is_in_onnx_export():
        return _ReshapeTail.apply(x, kept, tail)
    return x.reshape(*x.shape[:kept], *tail)


class _ReshapeTail(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, kept: int, tail: tuple[int, ...]) -> Tensor:
        return x.reshape(*x.shape[:kept], *tail)

    @staticmethod
    def symbolic(g: Any, x: Any, kept: int, tail: tuple[int, ...]) -> Any:
        # In ONNX a 0 means "as in the input". The exporter's shape inference wants exactly one -1 beside zeros, so
        # where the tail has none the last kept size is inferred instead.
        head = [0] * kept if -1 in tail else [0] * (kept - 1) + [-1]
        return g.op("Reshape", x, g.op("Constant", value_t=torch.tensor([*head, *tail])))


def split_heads(x: Tensor, heads: int, head_dim: int) -> Tensor:
    """[B, S, heads * head_dim] -> [B, heads, S, head_dim]."""
    return reshape_tail(x, 2, heads, head_dim).transpose(1, 2)


def join_heads(x: Tensor, width: int) -> Tensor:
    """[B, H, S, hd] -> [B, S, width], width = H * hd."""
    return reshape_tail(x.transpose(1, 2), 2, width)


def rotate(x: Tensor, cos: Tensor, sin: Tensor, head_dim: int) -> Tensor:
    """Rotary embedding that pairs dimension d with d + head_dim / 2 (vision tower, language model, merger).

    x and the tables broadcast against each other; the tables' last axis is head_dim, their halves equal.
    """
    first, second = x.split(head_dim // 2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def rotate_interleaved(x: Tensor, cos: Tensor, sin: Tensor, head_dim: int) -> Tensor:
    """Rotary embedding of x [B, H, S, hd] that pairs dimensions 2i and 2i + 1 (FLUX). Tables end in head_dim / 2."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return reshape_tail(torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1), 3, head_dim)


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    head_dim: int,
    mask: Tensor | None = None,
    causal: bool = False,
    heads: int = 0,
    kv_heads: int = 0,
) -> Tensor:
    """Softmax attention with scale 1 / sqrt(head_dim).

    query [B, H, S, hd]; key, value [B, G, T, hd]. `heads` and `kv_heads` say H and G where they differ: query head h
    then reads key head h // (H / G). `mask` is additive, [B or 1, 1, S, T] or [S, T]; `causal` (only without mask,
    S = T) lets row i see rows 0..i. Returns [B, H, S, hd].

    Plain products and a softmax, not PyTorch's fused kernel: they are what is exported, and on the CPU the fused
    kernel's bfloat16 backward pass takes four to ten times as long. On a GPU the fused kernel saves the scores' memory.
    """
    if query.is_cuda and not torch.onnx.is_in_onnx_export():
        additive = None if mask is None else mask.to(query.dtype)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=additive, is_causal=causal, enable_gqa=heads != kv_heads)
    if causal:
        if torch.onnx.is_in_onnx_export():
            raise ValueError("a traced graph takes its causal mask as an input; pass `mask` instead of `causal`")
        mask = torch.full((query.shape[2], key.shape[2]), MASKED, dtype=query.dtype, device=query.device).triu(1)
    grouped = heads != kv_heads
    if grouped:
        # Query heads that share a key head become rows of one matrix product, so the cache is never copied.
        query = reshape_tail(query, 1, kv_heads, -1, head_dim)  # [B, G, H/G * S, hd]
        mask = None if mask is None else torch.cat([mask] * (heads // kv_heads), dim=-2)
    scores = (query * head_dim**-0.5) @ key.transpose(-1, -2)  # [B, G, H/G * S, T]
    if mask is not None:
        scores = scores + mask
    mixed = scores.softmax(dim=-1) @ value
    return reshape_tail(mixed, 1, heads, -1, head_dim) if grouped else mixed
