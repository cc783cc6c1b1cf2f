"""Train the decoder of previews: latents to pictures of half the size, for a fraction of the autoencoder's cost.

It reads latents as previews have them: an estimate that is not quite a picture yet, here a true one with some noise.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional as F

from ..nexus import NexusConfig, PatchDecoder, initialise
from ..world.draw import draw_batch
from .common import Stage
from .pool import Pool

WIDTH, PATCH = 96, 8
BATCH = 16
LATENT_NOISE = 0.4


def preview_decoder(config: NexusConfig) -> PatchDecoder:
    """18 x 18 latents to 144 x 144 pixels."""
    return PatchDecoder(config.vae.latent_channels, WIDTH, PATCH)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(6)
    runs = Path(arguments.runs)
    pool = Pool.load(runs / "pool-drawing.pt")
    stage = Stage("preview", {"preview": initialise(preview_decoder(NexusConfig.nano()))}, runs, arguments.minutes, peak_rate=arguments.rate or 1.5e-3, only=arguments.only, average_decay=0.99)
    stage.restore()
    while stage.running():
        picked = torch.randint(0, len(pool.codes), (BATCH * arguments.scale,))
        latents = pool.latents[picked].float()
        latents = latents + LATENT_NOISE * torch.rand(len(picked), 1, 1, 1) * torch.randn_like(latents)
        wanted = F.avg_pool2d(draw_batch(pool.codes[picked]).float() / 255, 2)  # [B, 3, 144, 144]
        difference = stage.working["preview"](latents.bfloat16()).float() - wanted
        error = difference.square().mean()
        stage.update(difference.abs().mean() + 4 * error, {"psnr": float(-10 * torch.log10(error.detach()))})
