"""Tables, contact sheets, and the page that shows them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ..world.draw import draw
from .cases import PARAPHRASE, WHOLE
from .judge import Mark, Result, picture_path

#: Least share of right cases, by task, or by row where a row has its own.
BARS = {"generate": 0.95, "understand": 0.97, "edit": 0.90, "round_trip": 0.95, "outside": 1.0, "draw": 0.95, "recolour": 0.90, "add": 0.90, "ask": 0.97}
#: Unedited pixels of a good edit, in dB.
MIN_UNEDITED_PSNR = 30.0

_TILE = 108
_COLUMNS = 8
_LINES = 3


def wilson(right: int, total: int) -> tuple[float, float]:
    """95 % confidence interval of a share."""
    z, share = 1.96, right / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(centre - spread, 0) / (1 + z * z / total), (centre + spread) / (1 + z * z / total)


def bar_of(task: str, row: str) -> float | None:
    """The least share that is good; None for a whole conversation, which has none of its own."""
    return BARS.get(row if task == "conversation" else task)


# --- tables ---------------------------------------------------------------------------------------------------------------------

Counted = Sequence[tuple[Result, Mark]]


def table(results: Sequence[Result]) -> str:
    """Markdown: a line per row, one per task that has several, then what the lines leave out."""
    lines = ["| task | row | right | of | share | bar | 95 % interval | English | Chinese |", "|---|---|--:|--:|--:|--:|---|--:|--:|"]
    for task in dict.fromkeys(result.case.task for result in results):
        counted = [(result, mark) for result in results if result.case.task == task for mark in result.marks]
        for row in dict.fromkeys(mark.row for _, mark in counted):
            of_row = [(result, mark) for result, mark in counted if mark.row == row]
            lines.append(_line(task, f"**{row}**" if row == WHOLE else row, of_row, bar_of(task, row)))
        sampled = [(result, mark) for result, mark in counted if mark.row != PARAPHRASE]
        if task in ("generate", "understand", "edit") and sampled:
            lines.append(_line(task, "**all but paraphrases**", sampled, None))
    edits = [result.psnr for result in results if result.case.task == "edit" and math.isfinite(result.psnr)]
    if edits:
        kept = sum(value >= MIN_UNEDITED_PSNR for value in edits) / len(edits)
        lines += ["", f"Pixels that an edit should leave alone: median {np.median(edits):.1f} dB, {kept:.0%} of edits at {MIN_UNEDITED_PSNR:g} dB or more."]
    errors = sum(result.error is not None for result in results)
    lines += ["", f"{errors} of {len(results)} cases ended in an error."]
    return "\n".join(lines)


def _line(task: str, row: str, counted: Counted, bar: float | None) -> str:
    right, total = _right(counted), len(counted)
    low, high = wilson(right, total)
    by_language = []
    for language in ("en", "zh"):
        some = [(result, mark) for result, mark in counted if result.case.language == language]
        by_language.append(f"{_right(some) / len(some):.1%}" if some else "")
    wanted = "" if bar is None else f"{bar:.0%}"
    return f"| {task} | {row} | {right} | {total} | {right / total:.1%} | {wanted} | {low:.1%} to {high:.1%} | {' | '.join(by_language)} |"


def _right(counted: Counted) -> int:
    return sum(mark.right for _, mark in counted)


def steps_table(by_steps: Mapping[int, Sequence[Result]]) -> str:
    """Markdown: a line per number of denoising steps, a column per task that draws; the same cases in every line."""
    tasks = list(dict.fromkeys(result.case.task for results in by_steps.values() for result in results))
    lines = [f"| steps | {' | '.join(f'{task}, right | 95 % interval' for task in tasks)} |", f"|--:|{'--:|---|' * len(tasks)}"]
    for steps, results in by_steps.items():
        cells = [str(steps)]
        for task in tasks:
            some = [result.right for result in results if result.case.task == task]
            low, high = wilson(sum(some), len(some))
            cells += [f"{sum(some) / len(some):.1%} of {len(some)}", f"{low:.1%} to {high:.1%}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


# --- contact sheets -------------------------------------------------------------------------------------------------------------


def sheet(results: Sequence[Result], folder: Path, right: bool) -> Image.Image | None:
    """Pictures that were right or wrong, evenly over all rows: drawn ones first, then edits below their sources. None without any."""
    blocks = []
    for task in ("generate", "edit"):
        some = [result for result in results if result.case.task == task and result.right == right and picture_path(folder, result.case.id, 1).exists()]
        tiles = [_tile(result, folder) for result in _spread(some, _COLUMNS * _LINES)]
        if tiles:
            blocks.append(_grid(tiles))
    if not blocks:
        return None
    gap = _TILE // 12
    picture = Image.new("RGB", (_COLUMNS * _TILE, sum(block.height for block in blocks) + gap * (len(blocks) - 1)), "white")
    top = 0
    for block in blocks:
        picture.paste(block, (0, top))
        top += block.height + gap
    return picture


def _spread(results: Iterable[Result], count: int) -> list[Result]:
    """Up to `count` of the results, row by row and evenly over all of them."""
    ordered = sorted(results, key=lambda result: result.case.id)
    step = max(len(ordered) / count, 1)
    return [ordered[int(index * step)] for index in range(min(count, len(ordered)))]


def _tile(result: Result, folder: Path) -> Image.Image:
    drawn = Image.open(picture_path(folder, result.case.id, 1)).convert("RGB")
    parts = ([Image.fromarray(draw(result.case.source))] if result.case.source else []) + [drawn]
    tile = Image.new("RGB", (_TILE, _TILE * len(parts)))
    for index, part in enumerate(parts):
        tile.paste(part.resize((_TILE, _TILE), Image.Resampling.LANCZOS), (0, _TILE * index))
    return tile


def _grid(tiles: Sequence[Image.Image]) -> Image.Image:
    height = tiles[0].height
    picture = Image.new("RGB", (_COLUMNS * _TILE, -(-len(tiles) // _COLUMNS) * height), "white")
    for index, tile in enumerate(tiles):
        picture.paste(tile, (index % _COLUMNS * _TILE, index // _COLUMNS * height))
    return picture


# --- the page -------------------------------------------------------------------------------------------------------------------


def splice(page: Path, name: str, text: str) -> None:
    """Put text between `<!-- NAME: … -->` and `<!-- /NAME -->` of a page; all else stays.

    Raises ValueError when the page does not have each of the two marks once.
    """
    found = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    old = page.read_text(encoding="utf-8")
    new, count = found.subn(lambda marks: f"{marks[1]}\n{text}\n\n{marks[2]}", old)
    if count != 1:
        raise ValueError(f"{page} should have one place between <!-- {name}: … --> and <!-- /{name} -->, but it has {count}")
    page.write_text(new, encoding="utf-8")
