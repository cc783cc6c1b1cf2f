"""Measure a bundle through the shipped engine: `darkroom-toolkit evaluate`.

Cases are made here, run by `scripts/evaluate.mjs` (the TypeScript engine with its plugin hosts, the way the command line runs
them), and held to an independent checker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "nexus-nano", help="bundle to measure (default: the embedded one)")
    parser.add_argument("--cases", type=int, default=100, help="cases per row of the table (default: 100; 500 for a standard error of two points)")
    parser.add_argument("--steps", type=int, help="denoiser steps (default: the bundle's)")
    parser.add_argument("--out", type=Path, default=Path("runs/evaluation"), help="folder for cases, pictures, answers and results (default: runs/evaluation)")


def main(arguments: argparse.Namespace) -> None:
    """Write cases, run the engine over them, print and keep the table."""
    from .cases import cases
    from .score import score, sheet, table

    folder: Path = arguments.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    asked = list(cases(arguments.cases))
    _write_cases(asked, folder)
    command = ["node", str(REPOSITORY / "scripts" / "evaluate.mjs"), str(folder), str(arguments.bundle.resolve())]
    subprocess.run([*command, *([str(arguments.steps)] if arguments.steps else [])], check=True)
    answers = dict(json.loads(line) for line in (folder / "answers.jsonl").read_text(encoding="utf-8").splitlines())
    results = [score(case, folder, answers.get(case.id)) for case in asked]
    text = table(results)
    (folder / "results.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    drawn = [result for result in results if result.case.task != "understand"]
    for task in ("generate", "edit"):
        for name, right in (("successes", True), ("failures", False)):
            some = _spread([result for result in drawn if result.case.task == task and result.right == right], 24)
            if some:
                sheet(some, folder).save(folder / f"{task}-{name}.png")


def _write_cases(asked: Sequence[Any], folder: Path) -> None:
    """`cases.jsonl` for the runner, and a PNG for every picture that is read."""
    from PIL import Image

    from ..world.draw import draw

    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        for case in asked:
            (folder / f"{case.id}.png").unlink(missing_ok=True)
            if case.source is not None:
                Image.fromarray(draw(case.source)).save(folder / f"{case.id}.source.png", compress_level=1)
            file.write(json.dumps({"id": case.id, "task": case.task, "words": case.words, "seed": case.seed}, ensure_ascii=False) + "\n")


def _spread(results: Sequence[Any], count: int) -> list[Any]:
    """Up to `count` of the results, evenly over all of them."""
    step = max(len(results) / count, 1)
    return [results[int(index * step)] for index in range(min(count, len(results)))]
