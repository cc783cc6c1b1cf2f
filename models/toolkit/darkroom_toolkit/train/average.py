"""The mean of several runs of one stage that began with the same weights: two cores train as one of twice the rows.

Runs that start from one trained model and stay near it (some hundred steps at a low rate) lie in one basin, so that the mean of their
weights is a model as well, and a better one than each (model soups, https://arxiv.org/abs/2203.05482). Runs from random weights do not.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from . import STAGES

Weights = dict[str, dict[str, torch.Tensor]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("stage", choices=STAGES, help="whose weights to average")
    parser.add_argument("folders", type=Path, nargs="+", metavar="RUNS", help="folders of checkpoints, two or more, restored from the same bundle and trained with different seeds")
    parser.add_argument("--runs", type=Path, required=True, help="folder for the result; everything else in it comes from the first of RUNS; must not exist")


def main(arguments: argparse.Namespace) -> None:
    runs: Path = arguments.runs
    if runs.exists():
        raise FileExistsError(f"{runs} exists already; name another folder with --runs")
    average(arguments.stage, arguments.folders, runs)
    print(f"{runs / arguments.stage}.pt, the mean of {len(arguments.folders)} runs")


def average(stage: str, folders: Sequence[Path], out: Path) -> None:
    """Copy the first folder to `out`, its `stage` replaced by the mean of all folders', at the start of a new budget.

    Raises FileNotFoundError for a folder without the stage, ValueError for less than two folders or weights of other names or shapes.
    """
    if len(folders) < 2:
        raise ValueError(f"an average takes two folders of checkpoints or more, got {len(folders)}")
    weights = [_weights(folder / f"{stage}.pt") for folder in folders]
    shapes = [{(module, name): tensor.shape for module, state in run.items() for name, tensor in state.items()} for run in weights]
    for folder, theirs in zip(folders, shapes, strict=True):
        if theirs != shapes[0]:
            other = next(iter(theirs.items() ^ shapes[0].items()))[0]
            raise ValueError(f"{folder} and {folders[0]} hold different models: {'.'.join(other)} is not in both, or of another shape")
    mean = {module: {name: torch.stack([run[module][name] for run in weights]).mean(0) for name in state} for module, state in weights[0].items()}
    shutil.copytree(folders[0], out)
    torch.save({"modules": mean, "averages": mean, "optimisers": [], "step": 0, "elapsed": 0.0}, out / f"{stage}.pt")


def _weights(checkpoint: Path) -> Weights:
    if not checkpoint.is_file():
        raise FileNotFoundError(f"there is no {checkpoint}; train the stage first")
    averages: Weights = torch.load(checkpoint, map_location="cpu", weights_only=True)["averages"]
    return averages
