"""Running cases through the engine, judging each as it comes, and going on where an interrupted run was."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from ..world.draw import draw
from .cases import Case
from .judge import Mark, Result, judge, read_outcome

REPOSITORY = Path(__file__).resolve().parents[4]
RESULTS = "results.jsonl"


def evaluate(cases: Sequence[Case], folder: Path, bundle: Path, steps: int | None, workers: int | None = None) -> list[Result]:
    """The results of all cases, in their order: those that `folder` holds already, and the others from the engine.

    Raises RuntimeError when the engine cannot start or breaks off; what was judged until then stays in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    identity = {"bundle": identity_of(bundle), "steps": steps}
    done = kept_results(cases, folder, identity)
    missing = [case for case in cases if case.id not in done]
    if missing:
        _write_results(folder, identity, done)
        _write_cases(missing, folder)
        with (folder / RESULTS).open("a", encoding="utf-8") as file:
            for result in _run(missing, folder, bundle, steps, workers, len(cases)):
                done[result.case.id] = result
                file.write(_line(result))
                file.flush()
    return [done[case.id] for case in cases]


def identity_of(bundle: Path) -> str:
    """A short hash of a bundle: its manifest holds the hash of every other file."""
    return hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest()[:16]


def kept_results(cases: Sequence[Case], folder: Path, identity: dict[str, Any]) -> dict[str, Result]:
    """By id, the results in `folder` of these very cases, where bundle and steps were the same; a line cut off by a crash is left out."""
    path = folder / RESULTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if not lines or json.loads(lines[0]) != identity:
        return {}
    asked = {case.id: case for case in cases}
    done = {}
    for line in lines[1:]:
        try:
            kept = json.loads(line)
        except json.JSONDecodeError:
            continue
        case = asked.get(kept["id"])
        if case is not None and kept["case"] == case.fingerprint:
            marks = tuple(Mark(**mark) for mark in kept["marks"])
            done[case.id] = Result(case, marks, math.inf if kept["psnr"] is None else kept["psnr"], kept["error"])
    return done


def _write_results(folder: Path, identity: dict[str, Any], done: dict[str, Result]) -> None:
    """The file anew, with what is kept; whole or not at all."""
    partial = folder / f"{RESULTS}.partial"
    partial.write_text("".join([json.dumps(identity) + "\n", *map(_line, done.values())]), encoding="utf-8")
    partial.replace(folder / RESULTS)


def _line(result: Result) -> str:
    kept = {
        "id": result.case.id,
        "case": result.case.fingerprint,
        "marks": [asdict(mark) for mark in result.marks],
        "psnr": None if math.isinf(result.psnr) else round(result.psnr, 2),
        "error": result.error,
    }
    return json.dumps(kept, ensure_ascii=False) + "\n"


def _write_cases(cases: Sequence[Case], folder: Path) -> None:
    """`cases.jsonl` for the runner, and a PNG for every picture that is read."""
    with (folder / "cases.jsonl").open("w", encoding="utf-8") as file:
        for case in cases:
            if case.source is not None:
                Image.fromarray(draw(case.source)).save(folder / f"{case.id}.source.png", compress_level=1)
            asked = {"id": case.id, "task": case.task, "words": [turn.words for turn in case.turns], "seed": case.seed}
            file.write(json.dumps(asked, ensure_ascii=False) + "\n")


def _run(cases: Sequence[Case], folder: Path, bundle: Path, steps: int | None, workers: int | None, total: int) -> Iterator[Result]:
    """Results as they come, in the order in which the engine is done with them."""
    command = ["node", str(REPOSITORY / "scripts" / "evaluate.mjs"), str(folder), str(bundle)]
    command += [f"--steps={steps}"] if steps else []
    command += [f"--workers={workers}"] if workers else []
    asked = {case.id: case for case in cases}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as engine,
        tqdm(total=total, initial=total - len(cases), unit="case", desc="evaluate", mininterval=1, smoothing=0.05) as bar,
    ):
        try:
            for line in engine.stdout:
                said = json.loads(line)
                case = asked.pop(said["id"])
                yield judge(case, read_outcome(folder, case, said["replies"], said.get("error")))
                bar.update()
        except BaseException:
            engine.terminate()
            raise
    if engine.returncode != 0 or asked:
        raise RuntimeError(f"the engine ended with status {engine.returncode} and left {len(asked)} of {len(cases)} cases; run the same command again to go on")
