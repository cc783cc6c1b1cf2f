"""Train the generation decoder: adapter and denoiser, from the 81 embeddings of a picture to the picture."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from ..nexus import Denoiser, GenerationAdapter, initialise
from .common import Stage
from .decoder import BATCH, FlowMatching, train_decoder
from .language import load_parts
from .pool import build_pool
from .vision import embed_codes

PICTURES = 4000


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(4)
    runs = Path(arguments.runs)
    config, tokenizer, tower, readout = load_parts(runs)
    pool = build_pool("drawing", arguments.pictures or PICTURES, runs, config, tokenizer, tower, readout, seed=11)
    modules = {"adapter": initialise(GenerationAdapter(config.adapter)), "denoiser": initialise(Denoiser(config.denoiser), qk_norm=1.7)}
    stage = Stage("generation", modules, runs, arguments.minutes, peak_rate=arguments.rate or 1.5e-3, only=arguments.only, average_decay=0.998, muon=True)
    stage.restore()
    torch.manual_seed(1000 + stage.step)
    train_decoder(stage, pool, FlowMatching(config, reference=False), lambda codes: embed_codes(tower, codes), lambda working, embeddings, _: working["adapter"](embeddings), BATCH * arguments.scale)
