"""Measure a bundle through the shipped engine: `darkroom-toolkit evaluate`.

Cases are made here, run by `scripts/evaluate.mjs` (the TypeScript engine with its plugin hosts, the way the command line runs
them), and held to an independent checker as they come. The folder keeps a line for each result, so that an interrupted run goes on
where it was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .judge import Result

REPOSITORY = Path(__file__).resolve().parents[4]
PAGE = REPOSITORY / "docs" / "nexus-nano.md"
#: What the number of denoising steps changes.
DRAWING = ("generate", "edit")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "models" / "nexus-nano", help="bundle to measure (default: the embedded one)")
    parser.add_argument("--cases", type=_at_least_one, default=100, metavar="N", help="cases per row of the table (default: 100; 500 for a standard error of two points)")
    parser.add_argument("--only", type=_names, default=(), metavar="ROW,...", help="tasks (edit), rows (counting) or rows of a task (edit/add) to measure (default: all)")
    parser.add_argument("--steps", type=_at_least_one, metavar="N", help="denoising steps (default: the bundle's)")
    parser.add_argument("--sweep-steps", type=_numbers, metavar="N,...", help="measure the rows that draw at each of these numbers of steps instead, and make that table")
    parser.add_argument("--workers", type=_at_least_one, metavar="N", help="engines at once, of one thread each (default: one per core)")
    parser.add_argument("--out", type=Path, default=Path("runs/evaluation"), help="folder for cases, pictures and results (default: runs/evaluation)")
    parser.add_argument("--report", action="store_true", help="run nothing: make the table of what the folder holds")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=PAGE, help="write table and contact sheets into this page too, between its marks (default without a name: docs/nexus-nano.md)"
    )


def main(arguments: argparse.Namespace) -> None:
    """Run what is not there yet, print the table, and write it beside the results and into the page.

    Raises FileNotFoundError without a bundle, ValueError for an unknown row and when there is nothing to tell of, RuntimeError when
    the engine breaks off.
    """
    from .report import splice, steps_table

    manifest = arguments.bundle / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"{arguments.bundle} is no bundle: it has no manifest.json; name one with --bundle")
    folder: Path = arguments.out.resolve()
    if arguments.sweep_steps is None:
        _report(_measured(arguments, folder, arguments.steps, arguments.only), arguments, folder)
        return
    by_steps = {}
    for steps in arguments.sweep_steps:
        by_steps[steps] = _measured(arguments, folder / f"steps-{steps}", steps, arguments.only or DRAWING)
    text = steps_table(by_steps)
    (folder / "steps.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    if arguments.page:
        splice(arguments.page, "steps", text)


def _measured(arguments: argparse.Namespace, folder: Path, steps: int | None, only: Sequence[str]) -> list[Result]:
    from .cases import cases
    from .run import evaluate, identity_of, kept_results

    asked = cases(arguments.cases, only)
    if not arguments.report:
        return evaluate(asked, folder, arguments.bundle.resolve(), steps, arguments.workers)
    kept = kept_results(asked, folder, {"bundle": identity_of(arguments.bundle), "steps": steps})
    if not kept:
        raise ValueError(f"{folder} holds no results of this bundle at these steps; leave --report out to make some")
    return [kept[case.id] for case in asked if case.id in kept]


def _report(results: list[Result], arguments: argparse.Namespace, folder: Path) -> None:
    from .report import sheet, splice, table

    text = table(results)
    (folder / "results.md").write_text(text + "\n", encoding="utf-8")
    print(text)
    if arguments.page:
        manifest = json.loads((arguments.bundle / "manifest.json").read_text(encoding="utf-8"))
        steps = arguments.steps or manifest["decoders"]["generation"]["defaults"]["numInferenceSteps"]
        made = f"`darkroom-toolkit evaluate --cases {arguments.cases} --page`: revision `{manifest['source']['revision']}`, {steps} denoising steps, {arguments.cases} cases a row."
        splice(arguments.page, "results", f"{made}\n\n{text}")
    shown = []
    for name, right, words in (("successes", True, "Right, by the checker."), ("failures", False, "Wrong.")):
        picture = sheet(results, folder, right)
        if picture is None:
            continue
        picture.save(folder / f"{name}.png")
        if arguments.page:
            path = arguments.page.parent / "images" / f"nano-{name}.png"
            path.parent.mkdir(exist_ok=True)
            picture.save(path, optimize=True)
            shown.append(f"![Pictures that were {'right' if right else 'wrong'}](images/{path.name})\n\n*{words}*")
    if shown:
        splice(arguments.page, "pictures", "\n\n".join(shown))


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"should be a whole number from 1, not {text!r}")
    return int(text)


def _numbers(text: str) -> list[int]:
    return [_at_least_one(part) for part in text.split(",")]


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
