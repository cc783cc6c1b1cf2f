"""Train the editing decoder: merger and denoiser, from target and reference embeddings to the edited picture.

The denoiser starts from the generation decoder's, and the merger from an imitation of its adapter on the target's rows: the denoiser
then understands the target from the first step, and learns what the reference is for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from ..nexus import Denoiser, EmbeddingMerger, GenerationAdapter, initialise
from ..nexus.rope import merger_tables
from .common import Stage, load_average
from .decoder import BATCH, FlowMatching, train_decoder
from .language import load_parts
from .pool import build_pool
from .vision import embed_codes

PICTURES = 2400
#: Steps in which the merger learns to imitate the generation decoder's adapter.
IMITATION_STEPS, IMITATION_BATCH = 300, 32
PATCH_GRID = (1, 18, 18)


def imitate(
    merger: EmbeddingMerger, adapter: GenerationAdapter, target: torch.Tensor, reference: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor
) -> None:
    """Fit the merger's target rows to what the adapter makes of them. Embeddings [n, 81, E]."""
    optimiser = torch.optim.AdamW(merger.parameters(), lr=2e-3, weight_decay=0.0)
    with torch.no_grad():
        wanted = adapter(target)
    for step in range(IMITATION_STEPS):
        picked = torch.randint(0, len(target), (IMITATION_BATCH,))
        context = merger(torch.cat([target[picked], reference[picked]], dim=1), cos, sin)
        loss = (context[:, : target.shape[1]] - wanted[picked]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step % 50 == 49:
            print(f"imitation: step {step + 1}  loss {loss.item():.4f}", flush=True)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(5)
    runs = Path(arguments.runs)
    config, tokenizer, tower, readout = load_parts(runs)
    pool = build_pool("editing", arguments.pictures or PICTURES, runs, config, tokenizer, tower, readout, seed=12)
    denoiser = Denoiser(config.denoiser)
    started = torch.load(runs / "generation.pt", map_location="cpu", weights_only=True)
    denoiser.load_state_dict(started["averages"]["denoiser"])
    cos, sin = merger_tables([PATCH_GRID, PATCH_GRID], config.merger)
    merger = initialise(EmbeddingMerger(config.merger))
    if not (runs / "editing.pt").exists():
        adapter = load_average(runs / "generation.pt", GenerationAdapter(config.adapter), "adapter")
        imitate(merger, adapter, embed_codes(tower, pool.codes[:512]), embed_codes(tower, pool.sources[:512]), cos, sin)
    modules = {"merger": merger, "denoiser": denoiser}
    stage = Stage("editing", modules, runs, arguments.minutes, peak_rate=arguments.rate or 1e-3, only=arguments.only, average_decay=0.998, muon=True)
    stage.restore()
    torch.manual_seed(2000 + stage.step)
    cos, sin = cos.bfloat16(), sin.bfloat16()

    def condition(working: dict[str, nn.Module], embeddings: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        reference = embed_codes(tower, sources).bfloat16()
        return working["merger"](torch.cat([embeddings, reference], dim=1), cos, sin)

    train_decoder(stage, pool, FlowMatching(config, reference=True), lambda codes: embed_codes(tower, codes), condition, BATCH * arguments.scale)
