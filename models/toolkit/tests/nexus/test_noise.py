"""The portable noise is PyTorch's own on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from darkroom_toolkit.nexus.noise import portable_noise


@pytest.mark.parametrize("seed", [0, 42, 123_456, 2**32 - 1])
@pytest.mark.parametrize("count", [16, 17, 31, 5184])
def test_equals_torch_randn(seed: int, count: int) -> None:
    expected = torch.randn(count, generator=torch.Generator().manual_seed(seed)).numpy()
    np.testing.assert_allclose(portable_noise(seed, count), expected, atol=6e-7, rtol=0)


def test_seed_42_begins_as_published() -> None:
    np.testing.assert_allclose(portable_noise(42, 16)[:4], [1.9269153, 1.4872841, 0.9007172, -2.1055210], atol=6e-7)


@pytest.mark.parametrize(("seed", "count", "message"), [(0, 15, "at least 16"), (-1, 16, "seed"), (2**32, 16, "seed")])
def test_what_the_recipe_does_not_cover_is_refused(seed: int, count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        portable_noise(seed, count)
