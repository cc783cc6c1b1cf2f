"""What FLUX's two text encoders make of an empty prompt: constants, so that neither encoder need be shipped.

The user's words never reach them; the denoisers were trained with CLIP's pooled vector of "", and classifier-free guidance sets the
picture against T5's rows of "" (nexus-gen.md 5.1). Weights are read layer by layer, so T5-XXL's 9.5 GB pass through 0.5 GB of memory.

Computed in float32, where the reference computes in bfloat16.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..nexus.layers import MASKED
from .files import Shape

Read = Callable[[str], Tensor]

#: Begin and end of text; CLIP pads with the end.
CLIP_EMPTY = (49_406, 49_407)
#: T5's end of text, then padding to 512. There is no mask: padding takes part.
T5_END, T5_PAD, T5_LENGTH = 1, 0, 512


@dataclass(frozen=True)
class ClipConfig:
    """Sizes of CLIP's text model."""

    layers: int
    hidden: int
    mlp: int
    heads: int
    vocab: int
    positions: int
    eps: float = 1e-5

    @classmethod
    def read(cls, path: Path) -> ClipConfig:
        """From `text_encoder/config.json`; the published sizes where there is none, since Nexus-Gen's own list of files leaves it
        out. Raises `ValueError` naming a field that is missing."""
        if not path.is_file():
            return cls(layers=12, hidden=768, mlp=3072, heads=12, vocab=49_408, positions=77)
        values = _json(path)
        return cls(
            *(_field(path, values, name) for name in ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads")),
            _field(path, values, "vocab_size"),
            _field(path, values, "max_position_embeddings"),
            float(values.get("layer_norm_eps", 1e-5)),
        )

    def shapes(self) -> dict[str, Shape]:
        """Every tensor of the file."""
        wide, inner = self.hidden, self.mlp
        found: dict[str, Shape] = {
            "text_model.embeddings.token_embedding.weight": (self.vocab, wide),
            "text_model.embeddings.position_embedding.weight": (self.positions, wide),
        }
        linears = {f"self_attn.{part}_proj": (wide, wide) for part in "qkv"}
        linears |= {"self_attn.out_proj": (wide, wide), "mlp.fc1": (inner, wide), "mlp.fc2": (wide, inner)}
        for layer in range(self.layers):
            at = f"text_model.encoder.layers.{layer}"
            for name, shape in linears.items():
                found |= {f"{at}.{name}.weight": shape, f"{at}.{name}.bias": shape[:1]}
            for norm in ("layer_norm1", "layer_norm2"):
                found |= {f"{at}.{norm}.weight": (wide,), f"{at}.{norm}.bias": (wide,)}
        return found | {"text_model.final_layer_norm.weight": (wide,), "text_model.final_layer_norm.bias": (wide,)}


@dataclass(frozen=True)
class T5Config:
    """Sizes of T5's encoder."""

    layers: int
    hidden: int
    mlp: int
    heads: int
    head_dim: int
    vocab: int
    buckets: int = 32
    distance: int = 128
    eps: float = 1e-6

    @classmethod
    def read(cls, path: Path) -> T5Config:
        """From `text_encoder_2/config.json`, or the published sizes. Raises `ValueError` naming a field that is missing."""
        if not path.is_file():
            return cls(layers=24, hidden=4096, mlp=10_240, heads=64, head_dim=64, vocab=32_128)
        values = _json(path)
        return cls(
            *(_field(path, values, name) for name in ("num_layers", "d_model", "d_ff", "num_heads", "d_kv", "vocab_size")),
            int(values.get("relative_attention_num_buckets", 32)),
            int(values.get("relative_attention_max_distance", 128)),
            float(values.get("layer_norm_epsilon", 1e-6)),
        )

    def shapes(self) -> dict[str, Shape]:
        """Every tensor of the files."""
        inner = self.heads * self.head_dim
        found: dict[str, Shape] = {"shared.weight": (self.vocab, self.hidden), "encoder.final_layer_norm.weight": (self.hidden,)}
        found["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (self.buckets, self.heads)
        for block in range(self.layers):
            at = f"encoder.block.{block}.layer"
            found |= {f"{at}.0.SelfAttention.{part}.weight": (inner, self.hidden) for part in "qkv"}
            found[f"{at}.0.SelfAttention.o.weight"] = (self.hidden, inner)
            found |= {f"{at}.1.DenseReluDense.wi_{part}.weight": (self.mlp, self.hidden) for part in (0, 1)}
            found[f"{at}.1.DenseReluDense.wo.weight"] = (self.hidden, self.mlp)
            found |= {f"{at}.{part}.layer_norm.weight": (self.hidden,) for part in (0, 1)}
        return found


#: Tensors that some copies of the encoders hold besides, and that say nothing new.
CLIP_EXTRAS = frozenset({"text_model.embeddings.position_ids"})
T5_EXTRAS = frozenset({"encoder.embed_tokens.weight"})


@torch.no_grad()
def clip_pooled(config: ClipConfig, read: Read) -> Tensor:
    """[hidden]: the row at the first end of text of an empty prompt.

    That is row 1 of begin, end, end, …; attention is causal, so the rows behind it do not matter and are not computed.
    """

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, read(f"{name}.weight").float(), read(f"{name}.bias").float())

    def norm(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, (config.hidden,), read(f"{name}.weight").float(), read(f"{name}.bias").float(), config.eps)

    words = read("text_model.embeddings.token_embedding.weight")[list(CLIP_EMPTY)].float()
    x = words + read("text_model.embeddings.position_embedding.weight")[: len(words)].float()  # [2, D]
    mask = torch.full((len(words), len(words)), MASKED).triu(1)
    scale = (config.hidden // config.heads) ** -0.5
    for layer in range(config.layers):
        at = f"text_model.encoder.layers.{layer}"
        rows = norm(x, f"{at}.layer_norm1")
        q, k, v = (_heads(linear(rows, f"{at}.self_attn.{part}_proj"), config.heads) for part in "qkv")  # [H, 2, hd]
        mixed = ((q * scale) @ k.transpose(1, 2) + mask).softmax(dim=-1) @ v
        x = x + linear(_joined(mixed), f"{at}.self_attn.out_proj")
        inner = linear(norm(x, f"{at}.layer_norm2"), f"{at}.mlp.fc1")
        x = x + linear(inner * torch.sigmoid(1.702 * inner), f"{at}.mlp.fc2")  # "quick" GELU
    return norm(x, "text_model.final_layer_norm")[1]


@torch.no_grad()
def t5_rows(config: T5Config, read: Read, length: int = T5_LENGTH, progress: Callable[[], None] = lambda: None) -> Tensor:
    """[length, hidden]: T5's rows of an empty prompt. `progress` is called after each layer."""

    def norm(x: Tensor, name: str) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + config.eps) * read(f"{name}.weight").float()

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, read(f"{name}.weight").float())

    table = read("shared.weight")
    x = torch.cat((table[T5_END : T5_END + 1], table[T5_PAD : T5_PAD + 1].expand(length - 1, -1))).float()  # [L, D]
    table = read("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight").float()
    bias = table[_buckets(length, config)].permute(2, 0, 1)  # [H, L, L], the same in every layer
    for block in range(config.layers):
        at = f"encoder.block.{block}.layer"
        rows = norm(x, f"{at}.0.layer_norm")
        q, k, v = (_heads(linear(rows, f"{at}.0.SelfAttention.{part}"), config.heads) for part in "qkv")  # [H, L, hd]
        mixed = (q @ k.transpose(1, 2) + bias).softmax(dim=-1) @ v  # T5 does not scale its scores
        x = x + linear(_joined(mixed), f"{at}.0.SelfAttention.o")
        rows = norm(x, f"{at}.1.layer_norm")
        gate = F.gelu(linear(rows, f"{at}.1.DenseReluDense.wi_0"), approximate="tanh")
        x = x + linear(gate * linear(rows, f"{at}.1.DenseReluDense.wi_1"), f"{at}.1.DenseReluDense.wo")
        progress()
    return norm(x, "encoder.final_layer_norm")


def _buckets(length: int, config: T5Config) -> Tensor:
    """int64 [L, L]: bucket of the distance from each row to each column. Half of the buckets are for columns to the right;
    of each half, the first half hold one distance each, the others grow with its logarithm up to `config.distance`."""
    places = torch.arange(length)
    offset = places[None, :] - places[:, None]
    half = config.buckets // 2
    exact = half // 2
    away = offset.abs()
    grown = exact + (torch.log(away.clamp(min=1).float() / exact) / math.log(config.distance / exact) * (half - exact)).long()
    return torch.where(away < exact, away, grown.clamp(max=half - 1)) + half * (offset > 0)


def _heads(rows: Tensor, heads: int) -> Tensor:
    """[L, H * hd] -> [H, L, hd]."""
    return rows.unflatten(1, (heads, -1)).transpose(0, 1)


def _joined(mixed: Tensor) -> Tensor:
    """[H, L, hd] -> [L, H * hd]."""
    return mixed.transpose(0, 1).flatten(1)


def _json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON; fetch it again") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds no object; fetch it again")
    return values


def _field(path: Path, values: dict[str, Any], name: str) -> int:
    if not isinstance(values.get(name), int):
        raise ValueError(f"{path} has no number {name}; fetch it again")
    return int(values[name])
