"""The table and its place in a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from darkroom_toolkit.evaluate import PAGE
from darkroom_toolkit.evaluate.cases import cases
from darkroom_toolkit.evaluate.judge import Mark, Result
from darkroom_toolkit.evaluate.report import splice, steps_table, table


def test_a_row_shows_share_bar_interval_and_languages() -> None:
    asked = cases(10, ("counting", "conversation"))
    results = [Result(case, tuple(Mark(row, "" if case.language == "en" else "wrong") for row in ("draw", "whole"))) for case in asked if case.task == "conversation"]
    results += [Result(case, (Mark(case.row, ""),)) for case in asked if case.task == "generate"]
    lines = table(results).splitlines()
    assert "| conversation | draw | 5 | 10 | 50.0% | 95% | 23.7% to 76.3% | 100.0% | 0.0% |" in lines
    assert "| conversation | **whole** | 5 | 10 | 50.0% |  | 23.7% to 76.3% | 100.0% | 0.0% |" in lines
    assert "| generate | counting | 10 | 10 | 100.0% | 95% | 72.2% to 100.0% | 100.0% | 100.0% |" in lines


def test_numbers_of_steps_stand_below_each_other() -> None:
    results = [Result(case, (Mark(case.row, "wrong" if case.task == "edit" else ""),)) for case in cases(2, ("counting", "edit/add"))]
    assert "| 4 | 100.0% of 2 | 34.2% to 100.0% | 0.0% of 2 | 0.0% to 65.8% |" in steps_table({1: results, 4: results}).splitlines()


def test_only_what_stands_between_the_marks_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- results: by hand? no -->\nold\n<!-- /results -->\nafter\n", encoding="utf-8")
    splice(page, "results", r"new \1 text")
    splice(page, "results", r"newer \1 text")
    assert page.read_text(encoding="utf-8") == "before\n<!-- results: by hand? no -->\n\nnewer \\1 text\n\n<!-- /results -->\nafter\n"
    with pytest.raises(ValueError, match="steps"):
        splice(page, "steps", "")


def test_the_page_of_the_model_has_a_place_for_everything(tmp_path: Path) -> None:
    copy = tmp_path / PAGE.name
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("results", "pictures", "steps"):
        splice(copy, name, "there")
