"""Editing merger: target embeddings (what the picture shall become) and reference embeddings (what it is) -> context.

State-dict names are the published ones without their prefix `embedding_merger.`.
"""

from __future__ import annotations

from torch import Tensor, nn

from .config import MergerConfig
from .language import DecoderLayer
from .layers import RMSNorm


class EmbeddingMerger(nn.Module):
    """One decoder layer in which every row sees every row, then a normed two-layer projector."""

    def __init__(self, config: MergerConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList([DecoderLayer(config, config.embedding)])
        self.projector = nn.Sequential(
            RMSNorm(config.embedding, config.rms_eps),
            nn.Linear(config.embedding, config.projector_hidden),
            RMSNorm(config.projector_hidden, config.rms_eps),
            nn.SiLU(),
            nn.Linear(config.projector_hidden, config.context_dim),
            RMSNorm(config.context_dim, config.rms_eps),
        )

    def forward(self, embeddings: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """embeddings [B, L, embedding], target rows first; cos, sin [L, head_dim] from `rope.merger_tables`.

        Returns the context [B, L, context_dim], rows in the same order.
        """
        rows, _, _ = self.layers[0](embeddings, cos, sin, None)
        return self.projector(rows)
