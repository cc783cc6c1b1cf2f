"""From pictures and answers to a table."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..world.checker import check_edit, check_prompt, unedited_psnr
from ..world.draw import draw
from .cases import PARAPHRASE, Case

#: Unedited pixels of a good edit.
MIN_UNEDITED_PSNR = 30.0


@dataclass(frozen=True)
class Result:
    """How one case went."""

    case: Case
    right: bool
    #: dB over what an edit should leave alone; infinite elsewhere.
    psnr: float = math.inf


def score(case: Case, folder: Path, answer: str | None) -> Result:
    """Hold what came of a case, `ID.png` in `folder` or words, to what was wanted. Nothing there counts as wrong."""
    if case.task == "understand":
        return Result(case, answer is not None and _plain(answer) == _plain(case.sample.answer))
    path = folder / f"{case.id}.png"
    if not path.exists():
        return Result(case, False)
    picture = np.asarray(Image.open(path).convert("RGB"))
    if case.task == "generate":
        return Result(case, check_prompt(case.sample, picture).passed)
    source = draw(case.source)
    return Result(case, check_edit(case.source, case.sample, picture).passed, unedited_psnr(source, picture, case.source, case.sample.target_scene))


def _plain(words: str) -> str:
    return re.sub(r"[\s.。!！]+$", "", words.strip()).lower()


def wilson(right: int, total: int) -> tuple[float, float]:
    """95 % confidence interval of a share."""
    z, share = 1.96, right / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return (centre - spread) / (1 + z * z / total), (centre + spread) / (1 + z * z / total)


def table(results: Sequence[Result]) -> str:
    """Markdown: one line per row, one per task, with intervals."""
    lines = ["| task | row | right | of | share | 95 % interval | English | Chinese |", "|---|---|---|---|---|---|---|---|"]
    for task in dict.fromkeys(result.case.task for result in results):
        of_task = [result for result in results if result.case.task == task]
        for row in dict.fromkeys(result.case.row for result in of_task):
            lines.append(_line(task, row, [result for result in of_task if result.case.row == row]))
        lines.append(_line(task, "**all but paraphrases**", [result for result in of_task if result.case.row != PARAPHRASE]))
    edits = [result.psnr for result in results if result.case.task == "edit" and math.isfinite(result.psnr)]
    if edits:
        kept = sum(value >= MIN_UNEDITED_PSNR for value in edits) / len(edits)
        lines += ["", f"Pixels that an edit should leave alone: median {np.median(edits):.1f} dB, {kept:.0%} of edits at {MIN_UNEDITED_PSNR:g} dB or more."]
    return "\n".join(lines)


def _line(task: str, row: str, results: Sequence[Result]) -> str:
    right, total = sum(result.right for result in results), len(results)
    low, high = wilson(right, total)
    by_language = []
    for language in ("en", "zh"):
        some = [result for result in results if result.case.language == language]
        by_language.append(f"{sum(result.right for result in some) / len(some):.1%}" if some else "")
    return f"| {task} | {row} | {right} | {total} | {right / total:.1%} | {low:.1%} to {high:.1%} | {' | '.join(by_language)} |"


def sheet(results: Sequence[Result], folder: Path, columns: int = 8, side: int = 144) -> Image.Image:
    """Pictures of cases side by side; an edit's source above its result."""
    tiles = []
    for result in results:
        path = folder / f"{result.case.id}.png"
        drawn = Image.open(path).convert("RGB") if path.exists() else Image.new("RGB", (side, side))
        parts = ([Image.fromarray(draw(result.case.source))] if result.case.task == "edit" else []) + [drawn]
        tile = Image.new("RGB", (side, side * len(parts)))
        for index, part in enumerate(parts):
            tile.paste(part.resize((side, side), Image.Resampling.LANCZOS), (0, side * index))
        tiles.append(tile)
    height = max(tile.height for tile in tiles)
    picture = Image.new("RGB", (columns * side, -(-len(tiles) // columns) * height), "white")
    for index, tile in enumerate(tiles):
        picture.paste(tile, (index % columns * side, index // columns * height))
    return picture
