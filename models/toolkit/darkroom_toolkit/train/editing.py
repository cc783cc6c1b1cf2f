"""Train the editing decoder: merger and denoiser, from target and reference embeddings to the edited picture.

The denoiser starts from the generation decoder's.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from ..nexus import Denoiser, EmbeddingMerger, initialise
from ..nexus.rope import merger_tables
from .common import Stage
from .decoder import FlowMatching, train_decoder
from .language import load_parts
from .pool import build_pool
from .vision import embed_codes

PICTURES = 5000
PATCH_GRID = (1, 18, 18)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(5)
    runs = Path(arguments.runs)
    config, tokenizer, tower, readout = load_parts(runs)
    pool = build_pool("editing", PICTURES, runs, config, tokenizer, tower, readout, seed=12)
    denoiser = Denoiser(config.denoiser)
    started = torch.load(runs / "generation.pt", map_location="cpu", weights_only=True)
    denoiser.load_state_dict(started["averages"]["denoiser"])
    modules = {"merger": initialise(EmbeddingMerger(config.merger)), "denoiser": denoiser}
    stage = Stage("editing", modules, runs, arguments.minutes, peak_rate=1e-3, average_decay=0.998)
    stage.restore()
    torch.manual_seed(2000 + stage.step)
    cos, sin = (table.bfloat16() for table in merger_tables([PATCH_GRID, PATCH_GRID], config.merger))

    def condition(working: dict[str, nn.Module], embeddings: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        reference = embed_codes(tower, sources).bfloat16()
        return working["merger"](torch.cat([embeddings, reference], dim=1), cos, sin)

    train_decoder(stage, pool, FlowMatching(config, reference=True), lambda codes: embed_codes(tower, codes), condition)
