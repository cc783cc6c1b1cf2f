"""From a bundle back to checkpoints, so that training goes on from what was shipped."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from ..bundle.parts import StandardisedVae, build_parts
from ..bundle.read_back import read_weights
from ..bundle.tokenizer import TOKENIZER_CONFIG_FILE, TOKENIZER_FILE, load_tokenizer
from ..nexus import AutoencoderKL, Denoiser, EmbeddingMerger, GenerationAdapter, LanguageModel, NexusConfig, VisionTower, initialise
from .pool import TEACHER
from .preview import preview_decoder
from .tower import Readout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, help="folder of a bundle that `export` wrote")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for the checkpoints; must not hold any (default: runs)")


def main(arguments: argparse.Namespace) -> None:
    runs: Path = arguments.runs
    if any(runs.glob("*.pt")):
        raise FileExistsError(f"{runs} holds checkpoints already; name another folder with --runs")
    left = restore(arguments.bundle, runs)
    print(f"{len(list(runs.glob('*.pt')))} files in {runs}; not in a bundle, and therefore random: {len(left)} tensors of the autoencoder's encoder")
    print("and the readout of the tower, which comes first: darkroom-toolkit train tower --only readout --minutes 3")


def restore(bundle: Path, runs: Path) -> list[str]:
    """Write a checkpoint for every stage; returns the tensors that the bundle does not hold.

    The generation decoder is written twice: as it goes on training, and as the teacher that makes latents in place of the encoder.
    """
    folder = runs / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    for file in (TOKENIZER_FILE, TOKENIZER_CONFIG_FILE):
        shutil.copyfile(bundle / file, folder / file)
    config = NexusConfig.nano(vocab=load_tokenizer(folder).get_vocab_size())
    channels = config.vae.latent_channels
    fresh = {
        "vision": VisionTower(config.vision), "language": LanguageModel(config.language), "adapter": GenerationAdapter(config.adapter),
        "generation_denoiser": Denoiser(config.denoiser), "merger": EmbeddingMerger(config.merger),
        "editing_denoiser": Denoiser(config.denoiser), "vae": AutoencoderKL(config.vae),
    }  # fmt: skip
    parts = build_parts(
        config, {name: module.state_dict() for name, module in fresh.items()},
        latent_statistics=(torch.zeros(channels), torch.ones(channels)), preview=preview_decoder(config),
    )  # fmt: skip
    left = read_weights(parts, bundle)
    assert isinstance(parts.vae, StandardisedVae) and parts.merger is not None and parts.editing_denoiser is not None
    vae = parts.vae.vae
    vae.encoder.load_state_dict(initialise(AutoencoderKL(config.vae)).encoder.state_dict())
    torch.save((parts.vae.mean.flatten().clone(), parts.vae.std.flatten().clone()), runs / "latents.pt")
    assert parts.preview is not None
    _save(runs / "tower.pt", {"tower": parts.vision, "readout": Readout(config.vision.out_hidden)}, untrained=("readout",))
    _save(runs / "autoencoder.pt", {"vae": vae})
    _save(runs / "language.pt", {"language": parts.language})
    _save(runs / "generation.pt", {"adapter": parts.adapter, "denoiser": parts.generation_denoiser})
    shutil.copyfile(runs / "generation.pt", runs / TEACHER)
    _save(runs / "editing.pt", {"merger": parts.merger, "denoiser": parts.editing_denoiser})
    _save(runs / "preview.pt", {"preview": parts.preview})
    return left


def _save(path: Path, modules: Mapping[str, nn.Module], untrained: Sequence[str] = ()) -> None:
    """A checkpoint at the start of its budget, its optimisers fresh; `untrained` names what nobody may read before it was trained."""
    state = {name: {key: value.clone() for key, value in module.state_dict().items()} for name, module in modules.items()}
    torch.save({"modules": state, "averages": state, "optimisers": [], "step": 0, "elapsed": 0.0, "untrained": list(untrained)}, path)
