"""Generation adapter: 81 image embeddings -> 81 rows of denoiser context, each on its own.

State-dict names are the published ones without their prefix `adapter.`.
"""

from __future__ import annotations

from torch import nn

from .config import AdapterConfig


class GenerationAdapter(nn.Sequential):
    """Linear, LayerNorm, ReLU, Linear, LayerNorm: [B, L, embedding] -> [B, L, context_dim]."""

    def __init__(self, config: AdapterConfig) -> None:
        super().__init__(
            nn.Linear(config.embedding, config.context_dim),
            nn.LayerNorm(config.context_dim, eps=config.eps),
            nn.ReLU(),
            nn.Linear(config.context_dim, config.context_dim),
            nn.LayerNorm(config.context_dim, eps=config.eps),
        )
