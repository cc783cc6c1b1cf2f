"""Training of the embedded model, stage by stage: `darkroom-toolkit train STAGE`."""

from __future__ import annotations

import argparse
import importlib

STAGES = ("tower", "autoencoder", "language", "generation", "editing", "preview")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=STAGES, help="what to train; tower comes first, generation needs tower, autoencoder and language")
    parser.add_argument("--minutes", type=float, default=30, help="time budget of the stage; the schedule ends with it (default: 30)")
    parser.add_argument("--runs", default="runs", help="folder of checkpoints, read and written (default: runs)")
    parser.add_argument("--rate", type=float, help="peak learning rate (default: the stage's own; lower to refine a trained stage)")
    parser.add_argument("--only", default="", metavar="PART", help="train only what is called so, for example readout or vae.decoder.up_blocks (default: everything)")
    parser.add_argument("--device", default="cpu", help="where to train: cpu, or cuda (default: cpu)")
    parser.add_argument("--scale", type=int, default=1, metavar="N", help="N times as many rows or pictures a step; 10 or so keeps a GPU busy (default: 1)")
    parser.add_argument("--pictures", type=int, metavar="N", help="pictures in the pool of a decoder (default: 4000 for generation, 2400 for editing)")
    parser.add_argument("--workers", type=int, default=1, help="processes that make the language model's rows (default: 1)")
    parser.add_argument("--seed", type=int, default=100, help="of the language model's rows; runs with other seeds can be averaged: darkroom-toolkit average (default: 100)")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default: 1; run two stages side by side on two cores)")


def main(arguments: argparse.Namespace) -> None:
    """Run one stage; it resumes from its checkpoint where there is one."""
    import torch

    torch.set_num_threads(arguments.threads)
    if torch.device(arguments.device).type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"--device {arguments.device}: this PyTorch finds no GPU; leave --device out to train on the CPU")
    torch.set_default_device(arguments.device)
    importlib.import_module(f".{arguments.stage}", __name__).main(arguments)
