"""Noise schedule of both decoders, the Euler step and the training weights (flow matching with a fixed shift).

`sigma` runs from 1 (noise) to 0 (clean); the denoiser takes `timestep = 1000 * sigma`. The noisy latents are
x_sigma = (1 - sigma) * clean + sigma * noise and the denoiser predicts v = noise - clean.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SHIFT = 3.0
S_MIN = 0.003 / 1.002
TRAINING_STEPS = 1000

Latents = TypeVar("Latents", NDArray[Any], Tensor)


def sigma_schedule(steps: int, shift: float = SHIFT, s_min: float = S_MIN) -> NDArray[np.float64]:
    """float64 [steps + 1]: the sigma of every denoiser call, then the final 0. Raises ValueError for steps < 1."""
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    linear = np.linspace(1.0, s_min, steps)
    return np.append(shift * linear / (1 + (shift - 1) * linear), 0.0)


def euler_step(latents: Latents, velocity: Latents, sigma: float, next_sigma: float) -> Latents:
    """x <- x + (next_sigma - sigma) * v. Arrays or tensors; the arguments are left unchanged."""
    return latents + velocity * (next_sigma - sigma)


def predicted_clean(latents: Latents, velocity: Latents, sigma: float) -> Latents:
    """The clean latents that the denoiser sees at `sigma`, before the step: x - sigma * v. What previews show."""
    return latents - velocity * sigma


def guided(positive: Latents, negative: Latents, scale: float) -> Latents:
    """Classifier-free guidance: negative + scale * (positive - negative)."""
    return negative + (positive - negative) * scale


def training_schedule(shift: float = SHIFT, s_min: float = S_MIN) -> NDArray[np.float64]:
    """float64 [1000]: the sigmas that training draws from, uniformly by index."""
    return sigma_schedule(TRAINING_STEPS, shift, s_min)[:-1]


def training_weights(shift: float = SHIFT, s_min: float = S_MIN) -> NDArray[np.float64]:
    """float64 [1000]: loss weight of each entry of `training_schedule`; a bell over the timestep, mean 1, 0 at its least."""
    timesteps = 1000 * training_schedule(shift, s_min)
    bell = np.exp(-2 * ((timesteps - 500) / 1000) ** 2)
    bell = bell - bell.min()
    return bell * TRAINING_STEPS / bell.sum()
