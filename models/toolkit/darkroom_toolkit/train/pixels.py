"""Refine the autoencoder's decoder on latents as the denoiser makes them, with faint edges counting as much as strong ones.

The latents come from a pool of the decoders' training, so this needs no encoder and leaves the latent space as it is. A network
without norms drifts at a steady learning rate, so the rate is low and ends near zero.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional as F

from ..nexus import AutoencoderKL, NexusConfig
from ..world.draw import draw_batch
from .common import Stage
from .pool import Pool, standardised_autoencoder

BATCH = 3
#: Differences of luma (of 2) that count as a full edge; a black shape on the dark background differs by 0.1.
FAINT = 0.08


def faint_edge_weight(pixels: torch.Tensor) -> torch.Tensor:
    """1 on flat ground, 5 on every edge however faint; [B, 1, H, W]."""
    across = F.pad((pixels[..., 1:] - pixels[..., :-1]).abs(), (0, 1))
    down = F.pad((pixels[..., 1:, :] - pixels[..., :-1, :]).abs(), (0, 0, 0, 1))
    steepest = (across + down).amax(dim=1, keepdim=True)
    return 1 + 4 * F.max_pool2d((steepest / FAINT).clamp(max=1), 5, stride=1, padding=2)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(7)
    runs = Path(arguments.runs)
    config = NexusConfig.nano()
    pool = Pool.load(runs / "pool-drawing.pt")
    _, mean, deviation = standardised_autoencoder(runs, config)
    stage = Stage(
        "autoencoder", {"vae": AutoencoderKL(config.vae)}, runs, arguments.minutes,
        peak_rate=arguments.rate or 2e-4, only=arguments.only or "vae.decoder", average_decay=0.998,
    )  # fmt: skip
    stage.restore()
    torch.manual_seed(3000 + stage.step)
    while stage.running():
        picked = torch.randint(0, len(pool.codes), (BATCH,))
        pixels = draw_batch(pool.codes[picked]).float() / 127.5 - 1
        latents = pool.latents[picked].float() * deviation + mean
        output = stage.working["vae"].decode(latents.bfloat16().contiguous(memory_format=torch.channels_last)).float()
        difference = output - pixels
        loss = (faint_edge_weight(pixels) * (difference.abs() + 4 * difference.square())).mean()
        psnr = 10 * torch.log10(4 / difference.detach().square().mean(dim=(1, 2, 3)))
        stage.update(loss, {"loss": loss.item(), "psnr": psnr.mean().item()})
