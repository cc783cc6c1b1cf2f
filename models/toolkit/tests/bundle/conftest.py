"""The tiny model, built once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from darkroom_toolkit.fixtures.tiny import Tiny, build_tiny


@pytest.fixture(scope="session")
def tokenizer_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokenizer")


@pytest.fixture(scope="session")
def tiny(tokenizer_dir: Path) -> Tiny:
    torch.set_num_threads(1)
    return build_tiny(tokenizer_dir)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parents[4]
