"""Train the vision tower: every embedding tells of its place, of the cell it lies in and of its own pixels.

Linear heads read, from each of the 81 embeddings alone, the shape, colour and size of its cell, its row and column, the
background, and its 16 x 16 pixels. What a linear head can read, a language model can use; what only a head over all embeddings
could read, it could not (measured: generation stayed at zero). The heads stay for the language model's training, where they judge
the embeddings that it predicts.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from ..nexus import NexusConfig, VisionTower, initialise
from ..world.scene import BACKGROUNDS, COLOURS, SHAPES, SIZES
from .common import Stage
from .pictures import cell_of_token, cells_of_codes, random_codes, tower_pixels
from .vision import encode_pixels

SIDE = 9
BATCH = 24


class Readout(nn.Module):
    """Linear heads on single embeddings; the frozen judge of predicted embeddings later."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.shape = nn.Linear(dimension, len(SHAPES) + 1)
        self.colour = nn.Linear(dimension, len(COLOURS) + 1)
        self.size = nn.Linear(dimension, len(SIZES) + 1)
        self.background = nn.Linear(dimension, len(BACKGROUNDS))
        self.row = nn.Linear(dimension, SIDE)
        self.column = nn.Linear(dimension, SIDE)
        self.pixels = nn.Linear(dimension, 3 * 16 * 16)

    def scene_loss(self, embeddings: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of shape, colour, size and background from each embedding, [B, 81]; [B, 81, D], codes [B, 10]."""
        cells = cell_of_token()
        labels = [part[:, cells] for part in cells_of_codes(codes)]
        labels.append(codes[:, :1].long().expand(-1, len(cells)))
        losses = [
            F.cross_entropy(head(embeddings).flatten(0, 1), right.flatten(), reduction="none")
            for head, right in zip((self.shape, self.colour, self.size, self.background), labels, strict=True)
        ]
        return torch.stack(losses).sum(dim=0).view(embeddings.shape[:2])

    def place_loss(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of each embedding's row and column."""
        index = torch.arange(SIDE * SIDE).repeat(len(embeddings))
        rows = F.cross_entropy(self.row(embeddings).flatten(0, 1), index // SIDE)
        return rows + F.cross_entropy(self.column(embeddings).flatten(0, 1), index % SIDE)

    @torch.no_grad()
    def read_codes(self, embeddings: torch.Tensor) -> torch.Tensor:
        """The scene read from embeddings by a vote of each cell's nine tokens, int64 [B, 10] (see scene_to_codes)."""
        votes = F.one_hot(cell_of_token(), 9).float() / 9  # [81, 9]
        shape, colour, size = (
            torch.einsum("btk,tc->bck", head(embeddings).log_softmax(-1), votes) for head in (self.shape, self.colour, self.size)
        )
        empty = shape.argmax(-1) == len(SHAPES)
        index = (shape[..., :-1].argmax(-1) * len(COLOURS) + colour[..., :-1].argmax(-1)) * len(SIZES) + size[..., :-1].argmax(-1)
        background = self.background(embeddings).log_softmax(-1).mean(1).argmax(-1)
        return torch.cat([background[:, None], (index + 1).masked_fill(empty, 0)], dim=1)


def own_pixels(pixels: torch.Tensor) -> torch.Tensor:
    """The 16 x 16 pixels under each embedding, float [B, 81, 768]."""
    return F.unfold(pixels, 16, stride=16).transpose(1, 2)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(2)
    rng = random.Random(2)
    config = NexusConfig.nano()
    tower, readout = initialise(VisionTower(config.vision), depth=config.vision.depth), Readout(config.vision.out_hidden)
    stage = Stage("tower", {"tower": tower, "readout": readout}, Path(arguments.runs), arguments.minutes, peak_rate=arguments.rate or 1.5e-3, only=arguments.only, average_decay=0.998)
    stage.restore()
    rng.seed(stage.step)
    while stage.running():
        low, high = rng.choice(((1, 4), (2, 9)))
        codes = random_codes(rng, BATCH * arguments.scale, low, high)
        pixels = tower_pixels(codes, noise=6.0)
        working = stage.working["readout"]
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16):
            embeddings = encode_pixels(stage.working["tower"], pixels).float()
            scene, place = working.scene_loss(embeddings, codes).mean(), working.place_loss(embeddings)
            difference = working.pixels(embeddings).float() - own_pixels(pixels)
            exact = (working.read_codes(embeddings.detach()) == codes).all(dim=1).float().mean()
        detail = (difference.abs() + 4 * difference.square()).mean()
        stage.update(scene + place + detail, {"scene": scene.item(), "place": place.item(), "pixels": detail.item(), "exact": exact.item()})
