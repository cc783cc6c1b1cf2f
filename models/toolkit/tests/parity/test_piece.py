"""What counts as an error, and what a row of the table says."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from darkroom_toolkit.parity.engine import CONVERTED, TITLE, engine_results
from darkroom_toolkit.parity.page import row
from darkroom_toolkit.parity.piece import Piece, absolute, differing, differing_sequences, relative, run


def piece(errors: Sequence[float], tolerance: float = 1e-5) -> Piece:
    return Piece("Section", "Name", "library, `function`", "float32", "relative", tolerance, lambda: iter(errors))


def test_the_largest_error_of_all_cases_counts() -> None:
    result = run(piece([1e-7, 9e-6, 0]))
    assert (result.cases, result.error, result.within) == (3, 9e-6, True)


@pytest.mark.parametrize("errors", [[1e-7, 2e-5], [math.nan], [1e-7, math.nan, 0], [math.inf], []], ids=str)
def test_beyond_the_tolerance_are_large_errors_numbers_that_are_none_and_no_cases_at_all(errors: list[float]) -> None:
    assert not run(piece(errors)).within


def test_relative_errors_are_measured_by_the_root_mean_square() -> None:
    assert relative([3.0, 4.5], [3.0, 4.0]) == pytest.approx(0.5 / math.sqrt(12.5))
    assert absolute([3.0, 4.5], [3.0, 4.0]) == 0.5
    assert differing([3.0, 4.5], [3.0, 4.0]) == 1


def test_other_shapes_are_infinitely_far() -> None:
    for measure in (relative, absolute, differing):
        assert measure([1.0, 2.0], [1.0]) == math.inf


def test_missing_and_surplus_entries_of_a_list_differ() -> None:
    assert differing_sequences([1, 2, 3], [1, 5]) == 2
    assert differing_sequences([1, 2], [1, 2]) == 0


def test_a_row_shows_an_error_beyond_its_tolerance_in_bold() -> None:
    assert row(run(piece([3.14e-7]))) == "| Name | library, `function` | 1 | float32 | 3.1e-7 relative | 1e-5 |"
    assert "| **inf** relative |" in row(run(piece([math.nan])))


def test_rows_of_the_engine_are_read_as_it_left_them(tmp_path: Path) -> None:
    left = {"piece": "Pixels", "reference": "torch 1", "cases": 4, "tolerance": 1, "measure": "levels"}
    rows = [{**left, "error": 1}, {**left, "error": None}]
    for name, found in (("numbers", []), ("model", rows), ("converted", [{**left, "error": 1}])):
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    good, bad, converted = engine_results(tmp_path)
    assert good.within and row(good) == "| Pixels | torch 1 | 4 | uint8 | 1 levels | 1 |"
    assert not bad.within  # JSON has no infinity
    assert (good.piece.section, converted.piece.section) == (TITLE, CONVERTED)


def test_an_engine_that_was_not_measured_is_an_error_that_says_what_to_run(tmp_path: Path) -> None:
    for name in ("numbers", "model"):
        (tmp_path / f"{name}.json").write_text("[]", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match=r"lacks converted\.json.*npm run parity"):
        engine_results(tmp_path)
