"""The mean of two runs: their weights, and nothing when they are not of one model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from darkroom_toolkit.train.average import average


def run(folder: Path, **tensors: list[float]) -> Path:
    """A folder of checkpoints whose language stage holds these tensors."""
    folder.mkdir()
    state = {"language": {name: torch.tensor(values) for name, values in tensors.items()}}
    torch.save({"modules": state, "averages": state, "optimisers": [{"state": 1}], "step": 7, "elapsed": 9.0}, folder / "language.pt")
    (folder / "latents.pt").write_bytes(folder.name.encode())
    return folder


def test_every_weight_is_the_mean_and_a_new_budget_begins(tmp_path: Path) -> None:
    average("language", [run(tmp_path / "a", w=[1.0, 2.0]), run(tmp_path / "b", w=[3.0, 0.0])], tmp_path / "c")
    state = torch.load(tmp_path / "c" / "language.pt", weights_only=True)
    assert state["averages"]["language"]["w"].tolist() == state["modules"]["language"]["w"].tolist() == [2.0, 1.0]
    assert (state["optimisers"], state["step"], state["elapsed"]) == ([], 0, 0.0)


def test_everything_else_comes_from_the_first(tmp_path: Path) -> None:
    average("language", [run(tmp_path / "a", w=[1.0]), run(tmp_path / "b", w=[3.0])], tmp_path / "c")
    assert (tmp_path / "c" / "latents.pt").read_bytes() == b"a"


def test_runs_of_different_models_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"hold different models: language\.w is not in both, or of another shape"):
        average("language", [run(tmp_path / "a", w=[1.0]), run(tmp_path / "b", w=[1.0, 2.0])], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_one_run_is_no_average(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two folders of checkpoints or more, got 1"):
        average("language", [run(tmp_path / "a", w=[1.0])], tmp_path / "c")


def test_a_stage_that_was_not_trained_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a/editing\.pt; train the stage first"):
        average("editing", [run(tmp_path / "a", w=[1.0]), run(tmp_path / "b", w=[1.0])], tmp_path / "c")
