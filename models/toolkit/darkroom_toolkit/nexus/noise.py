"""The portable noise: exactly the numbers of `torch.randn(n, generator=manual_seed(seed))` on the CPU, from its recipe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 16


def portable_noise(seed: int, count: int) -> NDArray[np.float32]:
    """float32 [count], standard normal; count >= 16, seed in 0..2^32-1 (the generator takes no more).

    1. MT19937, seeded by its classic 32-bit initialiser, gives one uniform number per value: (u32 mod 2^24) / 2^24.
    2. Box-Muller in blocks of 16: values j and j + 8 come from uniforms j (radius) and j + 8 (angle).
    3. When 16 does not divide count, the last 16 values are drawn again from fresh uniforms.
    Raises ValueError outside the ranges.
    """
    if count < BLOCK:
        raise ValueError(f"count must be at least {BLOCK}, got {count}: shorter draws follow another rule in PyTorch")
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be in 0..{2**32 - 1}, got {seed}")
    generator = _mt19937(seed)
    uniforms = _uniforms(generator, count)
    whole = count - count % BLOCK
    values = uniforms.copy()
    values[:whole] = _box_muller(uniforms[:whole])
    if whole != count:
        values[-BLOCK:] = _box_muller(_uniforms(generator, BLOCK))
    return values


def _mt19937(seed: int) -> np.random.MT19937:
    """Generator in the state that MT19937's classic `init_genrand(seed)` leaves; NumPy's own seeding is another."""
    key = [seed]
    for index in range(1, 624):
        key.append((1_812_433_253 * (key[-1] ^ (key[-1] >> 30)) + index) % 2**32)
    generator = np.random.MT19937()
    generator.state = {"bit_generator": "MT19937", "state": {"key": np.array(key, dtype=np.uint32), "pos": 624}}
    return generator


def _uniforms(generator: np.random.BitGenerator, count: int) -> NDArray[np.float32]:
    words = generator.random_raw(count)
    return ((words & 0xFFFFFF).astype(np.float64) / 2**24).astype(np.float32)


def _box_muller(uniforms: NDArray[np.float32]) -> NDArray[np.float32]:
    blocks = uniforms.reshape(-1, 2, BLOCK // 2)
    radius = np.sqrt(np.float32(-2) * np.log(np.float32(1) - blocks[:, 0]))
    angle = np.float32(2 * np.pi) * blocks[:, 1]
    return np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).reshape(-1)
