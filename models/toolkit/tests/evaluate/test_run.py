"""Through the real engine and the embedded model: needs `npm run build`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from darkroom_toolkit.evaluate.cases import cases
from darkroom_toolkit.evaluate.run import REPOSITORY, RESULTS, evaluate
from darkroom_toolkit.cli import main

BUNDLE = REPOSITORY / "models" / "nexus-nano"
ROWS = ("single_object", "caption", "recolour", "conversation")


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def test_a_case_has_the_same_result_alone_and_in_company_and_is_not_run_twice(tmp_path: Path) -> None:
    asked = cases(2, ROWS)
    together = evaluate(asked, tmp_path / "together", BUNDLE, 2, workers=2)
    alone = evaluate(asked[:4], tmp_path / "alone", BUNDLE, 2, workers=1)
    assert together[:4] == alone
    assert pictures(tmp_path / "alone").items() <= pictures(tmp_path / "together").items()

    # Cut off in the middle of a line: that case and the missing ones are run, the others are kept as they are.
    path = tmp_path / "together" / RESULTS
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = json.loads(lines[1])
    marked["marks"][0]["why"] = "kept from before"
    path.write_text("\n".join([lines[0], json.dumps(marked), lines[2][:20]]), encoding="utf-8")
    resumed = {result.case.id: result for result in evaluate(asked, tmp_path / "together", BUNDLE, 2, workers=2)}
    assert resumed.pop(marked["id"]).marks[0].why == "kept from before"
    assert resumed == {result.case.id: result for result in together if result.case.id != marked["id"]}


def test_results_of_another_number_of_steps_are_not_taken(tmp_path: Path) -> None:
    asked = cases(1, ("single_object",))
    evaluate(asked, tmp_path, BUNDLE, 1)
    before = pictures(tmp_path)
    evaluate(asked, tmp_path, BUNDLE, 3)
    assert pictures(tmp_path) != before


def test_an_engine_that_cannot_start_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "manifest.json").write_text("{}", encoding="utf-8")
    assert main(["evaluate", "--bundle", str(broken), "--out", str(tmp_path / "out"), "--cases", "1", "--only", "counting"]) == 1
    assert "manifest.json" in capfd.readouterr().err


def test_a_folder_without_results_has_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--out", str(tmp_path / "none"), "--report"]) == 1
    assert "holds no results" in capsys.readouterr().err
    assert main(["evaluate", "--bundle", str(tmp_path), "--out", str(tmp_path)]) == 1
    assert "is no bundle" in capsys.readouterr().err
