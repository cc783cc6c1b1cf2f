"""The vision tower over batches of pictures of the one size that training uses."""

from __future__ import annotations

from functools import cache

import torch
from torch import nn

from ..nexus import VisionTower
from ..nexus.rope import VisionTables, vision_tables
from .pictures import TOWER_PIXELS, tower_pixels


def encode_pixels(tower: VisionTower, pixels: torch.Tensor) -> torch.Tensor:
    """Normalised pictures [B, 3, 144, 144] -> embeddings [B, 81, D]."""
    config = tower.config
    side, merge, patch = TOWER_PIXELS // config.patch_size, config.merge_size, config.patch_size
    tables = _tables(config)
    cut = pixels.reshape(-1, 3, side // merge, merge, patch, side // merge, merge, patch)
    patches = cut.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(len(pixels), side * side, -1)  # [B, 324, 3 * 64]
    return tower(patches, tables.order, tables.inverse, tables.cos, tables.sin, None, None, windows=tables.windows)


@cache
def _tables(config: object) -> VisionTables:
    side = TOWER_PIXELS // config.patch_size
    return vision_tables([(1, side, side)], config)


@torch.no_grad()
def embed_codes(tower: nn.Module, codes: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
    """True embeddings of drawn scenes, float32 [B, 81, D]."""
    with torch.autocast(codes.device.type, dtype=torch.bfloat16):
        return encode_pixels(tower, tower_pixels(codes, noise)).float()
