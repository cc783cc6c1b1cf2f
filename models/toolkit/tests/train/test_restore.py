"""From the shipped bundle back to checkpoints: what it holds is there, what it does not hold cannot be taken for trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from darkroom_toolkit.train.language import load_parts
from darkroom_toolkit.train.restore import restore

BUNDLE = Path(__file__).resolve().parents[3] / "nexus-nano"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("restored") / "runs"
    restore(BUNDLE, folder)
    return folder


def test_a_readout_that_no_bundle_holds_is_refused_until_it_was_trained(runs: Path) -> None:
    with pytest.raises(ValueError, match=r"the readout in .*tower\.pt is not trained yet: darkroom-toolkit train tower --only readout"):
        load_parts(runs)
    state = torch.load(runs / "tower.pt", weights_only=True)
    torch.save({name: value for name, value in state.items() if name != "untrained"}, runs / "tower.pt")  # as a stage saves it
    load_parts(runs)


def test_every_stage_can_go_on(runs: Path) -> None:
    assert {path.stem for path in runs.glob("*.pt")} == {"tower", "autoencoder", "language", "generation", "teacher", "editing", "preview", "latents"}
