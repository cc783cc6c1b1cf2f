"""What the portable noise refuses. That it is PyTorch's own on the CPU is a piece of parity."""

from __future__ import annotations

import pytest

from darkroom_toolkit.nexus.noise import portable_noise


@pytest.mark.parametrize(("seed", "count", "message"), [(0, 15, "at least 16"), (-1, 16, "seed"), (2**32, 16, "seed")])
def test_what_the_recipe_does_not_cover_is_refused(seed: int, count: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        portable_noise(seed, count)
