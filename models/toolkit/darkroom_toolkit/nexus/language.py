"""Autoregressive model of Nexus-Gen: the Qwen2.5 decoder, its token head, `vision_head` and `image_prefill_embeds`.

State-dict names are the published ones. Rotary tables and masks are inputs (`rope.mrope_tables`,
`tokens.attention_mask`); the decoder takes input rows, not ids, because picture rows never come from the vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .config import LanguageConfig, MergerConfig, NexusConfig
from .layers import RMSNorm, attention, join_heads, rotate, split_heads
from .vision import GatedMlp, VisionTower


class GroupedAttention(nn.Module):
    """Attention with fewer key/value heads than query heads; biases on q, k and v only."""

    def __init__(self, hidden: int, heads: int, kv_heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = heads, kv_heads, head_dim
        self.q_proj = nn.Linear(hidden, heads * head_dim)
        self.k_proj = nn.Linear(hidden, kv_heads * head_dim)
        self.v_proj = nn.Linear(hidden, kv_heads * head_dim)
        self.o_proj = nn.Linear(heads * head_dim, hidden, bias=False)

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor | None,
        causal: bool = False,
        past: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """x [B, S, D]; cos, sin [B, 1, S, hd]; past keys and values [B, G, T', hd] each.

        Returns the mixed rows [B, S, D] and the keys and values of the S new rows, [B, G, S, hd] each.
        """
        q = split_heads(self.q_proj(x), self.heads, self.head_dim)  # [B, H, S, hd]
        k = split_heads(self.k_proj(x), self.kv_heads, self.head_dim)  # [B, G, S, hd]
        v = split_heads(self.v_proj(x), self.kv_heads, self.head_dim)
        q = rotate(q, cos, sin, self.head_dim).to(v.dtype)
        k = rotate(k, cos, sin, self.head_dim).to(v.dtype)
        keys, values = (k, v) if past is None else (torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2))
        mixed = attention(q, keys, values, self.head_dim, mask, causal, self.heads, self.kv_heads)
        return self.o_proj(join_heads(mixed, self.heads * self.head_dim)), k, v


class DecoderLayer(nn.Module):
    """One Qwen2.5 layer; the editing merger uses the same one without a causal mask."""

    def __init__(self, config: LanguageConfig | MergerConfig, hidden: int) -> None:
        super().__init__()
        self.self_attn = GroupedAttention(hidden, config.heads, config.kv_heads, config.head_dim)
        self.mlp = GatedMlp(hidden, config.mlp, bias=False)
        self.input_layernorm = RMSNorm(hidden, config.rms_eps)
        self.post_attention_layernorm = RMSNorm(hidden, config.rms_eps)

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor | None,
        causal: bool = False,
        past: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As `GroupedAttention.forward`; the rows are the layer's output."""
        mixed, key, value = self.self_attn(self.input_layernorm(x), cos, sin, mask, causal, past)
        x = x + mixed
        return x + self.mlp(self.post_attention_layernorm(x)), key, value


class DecoderStack(nn.Module):
    """Token embeddings, layers and final norm: the tensors that the checkpoint calls `model.*`."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab, config.hidden)
        self.layers = nn.ModuleList(DecoderLayer(config, config.hidden) for _ in range(config.layers))
        self.norm = RMSNorm(config.hidden, config.rms_eps)


class LanguageModel(nn.Module):
    """Decoder with both heads. `lm_head` maps rows to token logits, `vision_head` maps them to image embeddings."""

    def __init__(self, config: LanguageConfig) -> None:
        super().__init__()
        self.config = config
        self.model = DecoderStack(config)
        self.lm_head = nn.Linear(config.hidden, config.vocab, bias=False)
        self.vision_head = nn.Linear(config.hidden, config.hidden, bias=False)
        self.image_prefill_embeds = nn.Embedding(config.image_tokens, config.hidden)
        if config.tie_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    def token_rows(self, ids: Tensor) -> Tensor:
        """int64 [...] -> input rows [..., hidden]."""
        return self.model.embed_tokens(ids)

    def prefill_rows(self, count: int | None = None) -> Tensor:
        """The first `count` (default: all) learned input rows of the image block, [count, hidden]."""
        return self.image_prefill_embeds.weight[:count]

    def forward(
        self,
        embeds: Tensor,
        cos: Tensor,
        sin: Tensor,
        mask: Tensor | None = None,
        past_keys: Tensor | None = None,
        past_values: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Runs S new rows behind T' cached ones; T = T' + S.

        embeds       [B, S, hidden]
        cos, sin     [B, S, head_dim] (M-RoPE of the new rows)
        mask         additive [B, 1, S, T]; none means plainly causal and is allowed only without a cache
        past_*       [layers, B, kv_heads, T', head_dim], or none
        returns      rows after the final norm [B, S, hidden], and keys and values of the new rows alone,
                     [layers, B, kv_heads, S, head_dim] each
        """
        if mask is None and past_keys is not None:
            raise ValueError("with a cache the mask must be given: a causal flag would align rows with the cache's start")
        cos, sin = cos.unsqueeze(1), sin.unsqueeze(1)  # [B, 1, S, hd]
        x = embeds
        keys: list[Tensor] = []
        values: list[Tensor] = []
        for index, layer in enumerate(self.model.layers):
            past = None if past_keys is None or past_values is None else (past_keys[index], past_values[index])
            x, key, value = layer(x, cos, sin, mask, mask is None, past)
            keys.append(key)
            values.append(value)
        return self.model.norm(x), torch.stack(keys), torch.stack(values)


class AutoregressiveModel(LanguageModel):
    """Language model and vision tower together, so that the state dict is the published one, name for name."""

    def __init__(self, config: NexusConfig) -> None:
        super().__init__(config.language)
        self.visual = VisionTower(config.vision)
