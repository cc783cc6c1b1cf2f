"""One small checkpoint in the published layout, written once; tests that change files copy it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from darkroom_toolkit.convert.published import Published, open_published
from darkroom_toolkit.convert.synthetic import Synthetic, write_synthetic


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    torch.set_num_threads(1)
    return write_synthetic(tmp_path_factory.mktemp("published"))


@pytest.fixture
def spoilt(synthetic: Synthetic, tmp_path: Path) -> Synthetic:
    """A copy of the checkpoint that a test may damage."""
    shutil.copytree(synthetic.checkpoint, tmp_path / "Nexus-GenV2")
    shutil.copytree(synthetic.flux, tmp_path / "FLUX.1-dev")
    return Synthetic(tmp_path / "Nexus-GenV2", tmp_path / "FLUX.1-dev", synthetic.sizes, synthetic.config)


@pytest.fixture(scope="session")
def opened() -> Callable[[Synthetic], Published]:
    return lambda made: open_published(made.checkpoint, made.flux, made.config)
