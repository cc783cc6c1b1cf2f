"""Every part lies within its tolerance of its reference, and docs/parity.md says which parts these are.

Needs the extra `parity` (transformers and diffusers).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from darkroom_toolkit.nexus.rope import MropePositions, mrope_positions
from darkroom_toolkit.parity import flux, module_pieces, qwen
from darkroom_toolkit.bundle.precision import PRECISIONS
from darkroom_toolkit.parity.engine import CONVERTED
from darkroom_toolkit.parity.engine import TITLE as ENGINE
from darkroom_toolkit.parity.page import row
from darkroom_toolkit.parity.piece import Piece, Result, run

REPOSITORY = Path(__file__).resolve().parents[4]
PIECES = module_pieces()


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: f"{piece.name}, {piece.precision}")
def test_within_its_tolerance_of_the_reference(piece: Piece) -> None:
    result = run(piece)
    assert result.within, row(result)


# Mistakes that are easily made are far beyond every tolerance.


def test_a_denoiser_whose_output_takes_shift_before_scale_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def swapped(*arguments: object) -> dict[str, torch.Tensor]:
        names = flux_names(*arguments)
        for kind in ("weight", "bias"):
            scale, shift = names[f"final_norm_out.linear.{kind}"].chunk(2)
            names[f"final_norm_out.linear.{kind}"] = torch.cat((shift, scale))
        return names

    flux_names = flux.published_names
    monkeypatch.setattr(flux, "published_names", swapped)
    flux._denoisers.cache_clear()
    assert _error("Denoiser, context at the origin (generation)") > 1e-2
    flux._denoisers.cache_clear()


def test_positions_that_count_every_row_of_a_picture_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_text(ids: list[int], grids: object, *_: object, padding: int = 0) -> MropePositions:
        return mrope_positions([0] * len(ids), [], image_token=-1, padding=padding)

    monkeypatch.setattr(qwen, "mrope_positions", as_text)
    assert _error("Language model, picture and text") > 1e-2
    assert _error("M-RoPE positions of prompts", "exact") > 0
    assert _error("Language model, text") < 2e-6  # text stands where it stood


def _error(name: str, precision: str = "float64") -> float:
    (piece,) = [piece for piece in PIECES if (piece.name, piece.precision) == (name, precision)]
    return run(piece).error


# The page


def test_the_page_has_a_row_for_every_piece_with_its_reference_and_tolerance() -> None:
    page = (REPOSITORY / "docs" / "parity.md").read_text(encoding="utf-8")
    of_modules, _, rest = page.partition(f"## {ENGINE}\n")
    of_the_engine, _, of_checkpoints = rest.partition(f"## {CONVERTED}\n")
    assert _rows(of_modules) == _rows("\n".join(row(Result(piece, 1, 0.0)) for piece in PIECES))
    named = set(re.findall(r"fixture `([\w-]+)`", of_the_engine))
    assert named == {path.stem for path in (REPOSITORY / "test" / "fixtures" / "parity").glob("*.json")}
    assert {name.partition(":")[0] for name, *_ in _rows(of_checkpoints)} == set(PRECISIONS)


def test_the_page_shows_nothing_beyond_its_tolerance() -> None:
    assert "**" not in (REPOSITORY / "docs" / "parity.md").read_text(encoding="utf-8")


def _rows(page: str) -> list[tuple[str, ...]]:
    """Name, reference, precision and tolerance of each row of six cells; cases and errors are measured."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")]
    rows = [cells for cells in lines if len(cells) == 6 and cells[0] not in ("piece", "---")]
    return [(name, reference, precision, tolerance) for name, reference, _, precision, _, tolerance in rows]
