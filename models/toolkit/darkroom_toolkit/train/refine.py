"""Refine the autoencoder's decoder alone: the encoder stays, so every latent that a denoiser has learned to make still fits.

The autoencoder's mistakes are faint shapes: white on white, white on light pink, black on dark. Half of the objects here are faint,
edges count by how much they can be seen rather than by how bright they are, and latents carry a little noise, as a denoiser leaves.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from ..nexus import AutoencoderKL, NexusConfig
from ..world.draw import draw_batch
from ..world.scene import BACKGROUNDS, COLOURS, SIZES
from .autoencoder import CROP, CROPS, WHOLE, reconstruction_loss
from .common import Stage, load_average
from .pictures import random_codes

FAINT_SHARE = 0.5
#: Deviation of the noise on latents, in units of each channel's own deviation.
LATENT_NOISE = 0.1


def faint_codes(rng: random.Random, batch: int) -> torch.Tensor:
    """Codes of dense scenes in which objects are often white, or black where the background is dark; uint8 [batch, 10]."""
    codes = random_codes(rng, batch, 2, 9)
    for row in codes:
        faint = COLOURS.index("black" if BACKGROUNDS[int(row[0])] == "dark" else "white")
        for cell in range(1, len(row)):
            if row[cell] and rng.random() < FAINT_SHARE:
                index = int(row[cell]) - 1
                shape, size = index // (len(SIZES) * len(COLOURS)), index % len(SIZES)
                row[cell] = 1 + (shape * len(COLOURS) + faint) * len(SIZES) + size
    return codes


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(7)
    rng = random.Random(7)
    runs = Path(arguments.runs)
    vae = load_average(runs / "autoencoder.pt", AutoencoderKL(NexusConfig.nano().vae), "vae")
    deviation = torch.load(runs / "latents.pt", weights_only=True)[1].view(1, -1, 1, 1)
    vae.decoder.requires_grad_(True)
    stage = Stage("refine", {"vae": vae}, runs, arguments.minutes, peak_rate=arguments.rate or 4e-5, average_decay=0.998)
    stage.restore()
    rng.seed(stage.step)
    while stage.running():
        whole = stage.progress > 0.85
        pictures = draw_batch(faint_codes(rng, WHOLE if whole else CROPS)).float() / 127.5 - 1
        if not whole:
            top, left = (16 * rng.randint(0, (pictures.shape[-1] - CROP) // 16) for _ in range(2))
            pictures = pictures[..., top : top + CROP, left : left + CROP]
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        working = stage.working["vae"]
        with torch.no_grad():
            latents = working.encode(pictures.bfloat16()).float()
        latents = latents + LATENT_NOISE * torch.rand(len(latents), 1, 1, 1) * deviation * torch.randn_like(latents)
        output = working.decode(latents.bfloat16()).float()
        loss = reconstruction_loss(output, pictures)
        error = (output.detach() - pictures).square().mean()
        stage.update(loss, {"loss": loss.item(), "psnr": float(10 * torch.log10(4 / error))})
