"""Pictures as the model's parts take them, made in batches from scene codes."""

from __future__ import annotations

import random

import numpy as np
import torch
from torch.nn import functional as F

from ..world.draw import draw_batch
from ..world.scene import CELL_COUNT, COLOURS, SHAPES, SIZES, random_scene, scene_to_codes

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)

#: Side of a picture as the vision tower sees it, in pixels: 18 x 18 patches of 8.
TOWER_PIXELS = 144


def random_codes(rng: random.Random, batch: int, low: int, high: int) -> torch.Tensor:
    """Codes of `batch` training scenes with `low` to `high` objects, uint8 [batch, 10]."""
    codes = np.stack([scene_to_codes(random_scene(rng, low, high)) for _ in range(batch)])
    return torch.from_numpy(codes).to(torch.get_default_device())


def tower_pixels(codes: torch.Tensor, noise: float = 0.0) -> torch.Tensor:
    """Pictures halved as Pillow's bicubic does it, with gaussian `noise` (levels of 255), normalised: float [B, 3, 144, 144]."""
    pixels = F.interpolate(draw_batch(codes).float(), size=TOWER_PIXELS, mode="bicubic", antialias=True)
    if noise:
        pixels = pixels + noise * torch.rand(len(codes), 1, 1, 1) * torch.randn_like(pixels)
    return (pixels.round_().clamp_(0, 255) / 255 - MEAN.to(pixels.device)) / STD.to(pixels.device)


def cells_of_codes(codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Shape (8 = empty), colour (10 = empty) and size (2 = empty) of every cell, int64 [B, 9] each."""
    cells = codes[:, 1:].long()
    empty, index = cells == 0, (cells - 1).clamp(min=0)
    size = index % len(SIZES)
    colour = index // len(SIZES) % len(COLOURS)
    shape = index // (len(SIZES) * len(COLOURS))
    return shape.masked_fill(empty, len(SHAPES)), colour.masked_fill(empty, len(COLOURS)), size.masked_fill(empty, len(SIZES))


def cell_of_token(side: int = 9) -> torch.Tensor:
    """The 3 x 3 cell in which each of the side x side embedding tokens lies, int64 [side^2]."""
    place = torch.arange(side) * 3 // side
    cells = place[:, None] * 3 + place[None, :]
    assert int(cells.max()) == CELL_COUNT - 1
    return cells.flatten()
