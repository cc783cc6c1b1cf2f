"""Pictures with their latents and the language model's embeddings, computed once for the decoders' training.

A decoder is trained on what it will get: the embeddings that the language model predicts, with its errors, which added noise
does not imitate (measured elsewhere: 0.13 against 0.46 exact pictures).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tqdm import tqdm

from ..nexus import AutoencoderKL, Denoiser, GenerationAdapter, LanguageModel, NexusConfig, VisionTower, unpack_latents
from ..nexus.schedule import euler_step, sigma_schedule
from ..world.draw import draw_batch
from .autoencoder import latent_statistics
from .common import load_average
from .language import Losses, Sampler
from .sequences import Layout, Row, collate
from .tower import Readout
from .vision import embed_codes

ENCODE_BATCH, PREDICT_BATCH = 8, 96
#: The generation decoder that a bundle came with (see restore.py), and its steps.
TEACHER, TEACHER_STEPS = "teacher.pt", 4


@dataclass
class Pool:
    """n pictures."""

    codes: torch.Tensor  # uint8 [n, 10], what is drawn
    sources: torch.Tensor  # uint8 [n, 10], what is edited; as `codes` where nothing is
    latents: torch.Tensor  # bfloat16 [n, C, h, w], standardised per channel
    predicted: torch.Tensor | None  # bfloat16 [n, 81, E], the language model's embeddings

    def save(self, path: Path) -> None:
        torch.save(self.__dict__, path)

    @classmethod
    def load(cls, path: Path) -> Pool:
        return cls(**torch.load(path, map_location=torch.get_default_device(), weights_only=True))


def standardised_autoencoder(runs: Path, config: NexusConfig) -> tuple[AutoencoderKL, torch.Tensor, torch.Tensor]:
    """The trained autoencoder with the mean and deviation of its latents per channel, float [C, 1, 1]."""
    vae = load_average(runs / "autoencoder.pt", AutoencoderKL(config.vae), "vae")
    path = runs / "latents.pt"
    if not path.exists():
        torch.save(latent_statistics(vae), path)
    mean, deviation = torch.load(path, map_location=torch.get_default_device(), weights_only=True)
    return vae, mean.view(-1, 1, 1), deviation.view(-1, 1, 1)


@torch.no_grad()
def encode_scenes(codes: torch.Tensor, vae: AutoencoderKL, mean: torch.Tensor, deviation: torch.Tensor) -> torch.Tensor:
    """Standardised latents of drawn scenes, bfloat16 [n, C, h, w]."""
    working = vae.bfloat16()
    rows = []
    for part in tqdm(codes.split(ENCODE_BATCH), desc="latents", mininterval=20):
        encoded = working.encode((draw_batch(part).float() / 127.5 - 1).bfloat16()).float()
        rows.append(((encoded - mean) / deviation).bfloat16())
    vae.float()
    return torch.cat(rows)


@torch.no_grad()
def imagine_scenes(codes: torch.Tensor, runs: Path, config: NexusConfig, tower: VisionTower) -> torch.Tensor:
    """Standardised latents, bfloat16 [n, C, h, w], as the generation decoder of `teacher.pt` makes them from true embeddings.

    They stand in for encoded pictures where a bundle is trained further: a bundle holds no encoder. Four steps are as good as
    eight here (33.3 dB both).
    """
    from .decoder import SIDE, conditioning, rotary_tables

    adapter = load_average(runs / TEACHER, GenerationAdapter(config.adapter), "adapter").bfloat16()
    denoiser = load_average(runs / TEACHER, Denoiser(config.denoiser), "denoiser").bfloat16()
    cos, sin = rotary_tables(config, reference=False)
    sigmas = sigma_schedule(TEACHER_STEPS)
    rows = []
    for part in tqdm(codes.split(PREDICT_BATCH), desc="latents", mininterval=20):
        context = adapter(embed_codes(tower, part).bfloat16())
        latents = torch.randn(len(part), SIDE * SIDE, config.denoiser.in_channels)
        for sigma, following in zip(sigmas[:-1], sigmas[1:], strict=True):
            row = denoiser.modulation(conditioning(denoiser, torch.full((len(part),), float(sigma))))
            latents = euler_step(latents, denoiser(latents.bfloat16(), context, row, cos, sin).float(), float(sigma), float(following))
        rows.append(unpack_latents(latents, 2 * SIDE, 2 * SIDE).bfloat16())
    return torch.cat(rows)


@torch.no_grad()
def predict_embeddings(rows: Sequence[Row], model: LanguageModel, losses: Losses, tower: VisionTower, pad: int) -> torch.Tensor:
    """The language model's embeddings of the answered picture of each row, bfloat16 [n, 81, E]."""
    working = model.bfloat16()
    predicted = []
    for start in tqdm(range(0, len(rows), PREDICT_BATCH), desc="embeddings", mininterval=20):
        batch = collate(rows[start : start + PREDICT_BATCH], pad).to(torch.get_default_device())
        hidden = losses.predict(working, batch, embed_codes(tower, batch.codes))
        predicted.append(working.vision_head(hidden[batch.picture_rows[batch.answered] - 1]).bfloat16())
    return torch.cat(predicted)


def sample_rows(kind: str, count: int, layout: Layout, seed: int) -> tuple[list[Row], torch.Tensor, torch.Tensor]:
    """Rows that answer with a picture, its codes, and the codes of the picture that is edited."""
    sampler = Sampler(layout, random.Random(seed))
    rows: list[Row] = []
    while len(rows) < count:
        row = getattr(sampler, kind)(4)
        if row.pictures and row.pictures[-1][2]:
            rows.append(row)
    codes, sources = (torch.from_numpy(np.stack([row.pictures[index][1] for row in rows])) for index in (-1, 0))
    return rows, codes.to(torch.get_default_device()), sources.to(torch.get_default_device())


def build_pool(
    kind: str, count: int, runs: Path, config: NexusConfig, tokenizer: Tokenizer, tower: VisionTower, readout: Readout, seed: int
) -> Pool:
    """`count` pictures of `drawing` or `editing`, kept in `runs`; once the language model is trained (a file `language.done` says
    so), its embeddings of them are added."""
    path = runs / f"pool-{kind}.pt"
    rows, codes, sources = sample_rows(kind, count, Layout(tokenizer), seed)
    pool = Pool.load(path) if path.exists() else None
    # Other sentences make other scenes from the same seed, and latents of the old ones would teach nonsense.
    if pool is None or not (torch.equal(pool.codes, codes) and torch.equal(pool.sources, sources)):
        if (runs / TEACHER).exists():
            latents = imagine_scenes(codes, runs, config, tower)
        else:
            latents = encode_scenes(codes, *standardised_autoencoder(runs, config))
        pool = Pool(codes, sources, latents, None)
        pool.save(path)
    if pool.predicted is None and (runs / "language.done").exists():
        model = load_average(runs / "language.pt", LanguageModel(config.language), "language")
        pool.predicted = predict_embeddings(rows, model, Losses(config, readout), tower, tokenizer.token_to_id("<|endoftext|>"))
        pool.save(path)
    return pool
