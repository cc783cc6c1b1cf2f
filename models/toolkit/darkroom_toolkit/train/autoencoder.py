"""Train the autoencoder: pictures to latents and back.

Crops of dense pictures (up to nine objects), so that every pixel teaches something, and twice the weight on edges. The crops are
half a picture wide: the autoencoder is convolutional but for one attention block, and four crops cost what one picture does. The
last fifth of the time sees whole pictures, for that block.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from ..nexus import AutoencoderKL, NexusConfig, initialise
from ..world.draw import PICTURE_PIXELS, draw_batch
from .common import Stage
from .pictures import random_codes

CROP = PICTURE_PIXELS // 2
KL_WEIGHT = 1e-5
CROPS, WHOLE = 8, 2


def edge_weight(pixels: torch.Tensor) -> torch.Tensor:
    """1 on flat ground, 5 on edges, faint ones too: white on light yellow is 0.1 of the range; [B, 1, H, W]."""
    luma = pixels.mean(dim=1, keepdim=True)
    across = F.pad((luma[..., 1:] - luma[..., :-1]).abs(), (0, 1))
    down = F.pad((luma[..., 1:, :] - luma[..., :-1, :]).abs(), (0, 0, 0, 1))
    return 1 + 4 * F.max_pool2d((8 * (across + down)).clamp(max=1), 3, stride=1, padding=1)


def reconstruction_loss(output: torch.Tensor, pixels: torch.Tensor) -> torch.Tensor:
    """Edge-weighted L1 + 4 MSE; pictures in [-1, 1]."""
    difference = output - pixels
    return (edge_weight(pixels) * (difference.abs() + 4 * difference.square())).mean()


def batch_of_pictures(rng: random.Random, whole: bool, scale: int = 1) -> torch.Tensor:
    """float [B, 3, H, W] in [-1, 1]."""
    pictures = draw_batch(random_codes(rng, scale * (WHOLE if whole else CROPS), 2, 9))
    if not whole:
        side = PICTURE_PIXELS - CROP
        places = [(rng.randint(0, side), rng.randint(0, side)) for _ in range(len(pictures))]
        pictures = torch.stack([p[:, y : y + CROP, x : x + CROP] for p, (y, x) in zip(pictures, places, strict=True)])
    return (pictures.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def main(arguments: argparse.Namespace) -> None:
    torch.manual_seed(1)
    rng = random.Random(1)
    config = NexusConfig.nano()
    vae = initialise(AutoencoderKL(config.vae))
    stage = Stage("autoencoder", {"vae": vae}, Path(arguments.runs), arguments.minutes, peak_rate=arguments.rate or 1e-3, only=arguments.only, average_decay=0.998, muon=True)
    stage.restore()
    rng.seed(stage.step)
    while stage.running():
        pixels = batch_of_pictures(rng, whole=stage.progress > 0.85, scale=arguments.scale)
        working = stage.working["vae"]
        mean, log_variance = (part.float() for part in working.moments(pixels.bfloat16()))
        log_variance = log_variance.clamp(-20, 5)
        latents = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        output = working.decode(latents.bfloat16()).float()
        reconstruction = reconstruction_loss(output, pixels)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        error = (output.detach() - pixels).square().mean()
        stage.update(reconstruction + KL_WEIGHT * kl, {"loss": reconstruction.item(), "kl": kl.item(), "psnr": float(10 * torch.log10(4 / error))})


@torch.no_grad()
def latent_statistics(vae: nn.Module, batches: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Per-channel mean and standard deviation of latents over ordinary scenes, float [C] each."""
    rng = random.Random(7)
    rows = []
    for _ in range(batches):
        pixels = draw_batch(random_codes(rng, 8, 1, 4)).float() / 127.5 - 1
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16):
            mean = vae.encode(pixels).float()
        rows.append(mean.transpose(0, 1).flatten(1))
    values = torch.cat(rows, dim=1)
    return values.mean(dim=1), values.std(dim=1)
