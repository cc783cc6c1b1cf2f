"""Linear previews: how each latent channel looks as a colour, fitted by least squares."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class PreviewFactors:
    """rgb in [-1, 1] = sum over channels of latents[c] * factors[c] + bias; latents in the denoiser's scale."""

    factors: tuple[Colour, ...]
    bias: Colour

    def apply(self, latents: Tensor) -> Tensor:
        """[B, C, h, w] -> [B, 3, h, w], not clipped."""
        weight = torch.tensor(self.factors, dtype=latents.dtype)
        bias = torch.tensor(self.bias, dtype=latents.dtype)
        return torch.einsum("bchw,cr->brhw", latents, weight) + bias.reshape(1, 3, 1, 1)


def fit_preview_factors(latents: Tensor, pixels: Tensor) -> PreviewFactors:
    """Least squares of pictures, averaged down to the latent grid, on latent channels and a constant.

    Args:
        latents: [B, C, h, w] in the denoiser's scale.
        pixels: [B, 3, H, W] in [-1, 1], the pictures that `latents` encode; H and W are multiples of h and w.

    Raises: `ValueError` when batch or sides do not fit, or there are fewer latent pixels than unknowns.
    """
    batch, channels, height, width = latents.shape
    if pixels.shape[0] != batch or pixels.shape[1] != 3 or pixels.shape[2] % height or pixels.shape[3] % width:
        raise ValueError(f"pixels {list(pixels.shape)} do not belong to latents {list(latents.shape)}")
    if batch * height * width <= channels:
        raise ValueError(f"{batch * height * width} latent pixels cannot determine {channels + 1} factors; give more pictures")
    colours = F.adaptive_avg_pool2d(pixels.double(), (height, width))
    rows = latents.double().permute(0, 2, 3, 1).reshape(-1, channels)
    rows = torch.cat((rows, torch.ones(len(rows), 1, dtype=torch.float64)), dim=1)
    solution = torch.linalg.lstsq(rows, colours.permute(0, 2, 3, 1).reshape(-1, 3)).solution  # [C + 1, 3]
    red_green_blue = [(round(r, 6), round(g, 6), round(b, 6)) for r, g, b in solution.tolist()]
    return PreviewFactors(tuple(red_green_blue[:-1]), red_green_blue[-1])
