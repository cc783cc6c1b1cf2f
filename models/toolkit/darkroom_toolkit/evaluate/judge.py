"""Whether what came of a case is right."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from ..world.checker import Reading, check_edit, check_prompt, read_picture, unedited_psnr
from ..world.draw import draw
from ..world.language import EditSample, PromptSample, QuestionSample, caption
from ..world.scene import CELL_COUNT, COLOURS, SHAPES, Scene
from ..world.words import grammar_of
from .cases import TURNS, WHOLE, Case, Turn


@dataclass(frozen=True)
class Reply:
    """What the model answered in one turn: words, and a picture, uint8 [H, W, 3], where it made one."""

    text: str
    picture: np.ndarray | None


@dataclass(frozen=True)
class Outcome:
    """The replies of a case's turns; fewer where it ended in an error, whose code and message are told then."""

    replies: tuple[Reply, ...]
    error: str | None = None


@dataclass(frozen=True)
class Mark:
    """How one line of the table is served; `why` it is wrong, or empty."""

    row: str
    why: str

    @property
    def right(self) -> bool:
        return self.why == ""


@dataclass(frozen=True)
class Result:
    """How one case went."""

    case: Case
    marks: tuple[Mark, ...]
    #: dB over what an edit should leave alone; infinite elsewhere, and where not a pixel differs.
    psnr: float = math.inf
    error: str | None = None

    @property
    def right(self) -> bool:
        return all(mark.right for mark in self.marks)


def picture_path(folder: Path, case_id: str, turn: int) -> Path:
    """Where the runner leaves the picture of a turn, counted from 1."""
    return folder / f"{case_id}.{turn}.png"


def read_outcome(folder: Path, case: Case, said: Sequence[dict[str, object]], error: str | None) -> Outcome:
    """From what the runner tells, `[{text, picture}]`, and the pictures that it left in `folder`."""
    replies = []
    for turn, reply in enumerate(said, 1):
        picture = np.asarray(Image.open(picture_path(folder, case.id, turn)).convert("RGB")) if reply["picture"] else None
        replies.append(Reply(str(reply["text"]), picture))
    return Outcome(tuple(replies), error)


def judge(case: Case, outcome: Outcome) -> Result:
    """Hold the replies to what was wanted. A case that ended in an error is wrong in every turn that it did not reach."""
    missing = outcome.error or "no reply"
    replies = [*outcome.replies, *[None] * (len(case.turns) - len(outcome.replies))]
    if case.task == "conversation":
        return Result(case, _conversation(case, replies, missing), error=outcome.error)
    first, last = case.turns[0], replies[-1]
    if last is None:
        return Result(case, (Mark(case.row, missing),), error=outcome.error)
    if case.task == "outside":
        return Result(case, (Mark(case.row, _refuses(last, case.language)),))
    if case.task == "round_trip":
        return Result(case, (Mark(case.row, _names_objects(last.text, first.sample, case.language)),))
    why = _wrong(first, last, None if case.source is None else Reading(case.source, (), (), 1.0), case.source, case.language)
    psnr = math.inf
    if isinstance(first.sample, EditSample) and last.picture is not None:
        psnr = unedited_psnr(draw(case.source), last.picture, case.source, first.sample.target_scene)
    return Result(case, (Mark(case.row, why),), psnr)


def _conversation(case: Case, replies: Sequence[Reply | None], missing: str) -> tuple[Mark, ...]:
    """A mark for each turn, held to the picture that was there before it, right or wrong; then one for all of them."""
    marks = []
    shown: Reading | None = None
    intended: Scene | None = None
    for row, turn, reply in zip(TURNS, case.turns, replies, strict=True):
        marks.append(Mark(row, missing if reply is None else _wrong(turn, reply, shown, intended, case.language)))
        if reply is not None and reply.picture is not None:
            shown = read_picture(reply.picture)
        if isinstance(turn.sample, PromptSample):
            intended = turn.sample.scene
        elif isinstance(turn.sample, EditSample):
            intended = turn.sample.target_scene
    wrong = [mark.row for mark in marks if not mark.right]
    return (*marks, Mark(WHOLE, ", ".join(wrong)))


def _wrong(turn: Turn, reply: Reply, shown: Reading | None, intended: Scene | None, language: str) -> str:
    """Why a reply is wrong, or an empty text.

    `shown` is the picture that the turn is about, as it is; `intended` as it was when the turn was thought of.
    """
    sample = turn.sample
    if isinstance(sample, QuestionSample):
        answer = sample.answer
        if shown is None or shown.unreadable:
            return "the picture before cannot be read"
        if shown.scene != intended:
            answer = caption(shown.scene, language)
        return "" if _plain(reply.text) == _plain(answer) else f"wanted {answer!r}, found {reply.text!r}"
    if reply.picture is None:
        return f"words instead of a picture: {reply.text!r}"
    if isinstance(sample, PromptSample):
        return "; ".join(check_prompt(sample, reply.picture).reasons)
    if shown is None or shown.unreadable:
        return "the picture before cannot be read"
    target = applied(sample, intended, shown.scene)
    if target is None:
        return f"cannot be done to the picture before: {shown.scene}"
    return "; ".join(check_edit(shown.scene, replace(sample, target_scene=target), reply.picture).reasons)


def applied(edit: EditSample, intended: Scene, shown: Scene) -> Scene | None:
    """What an edit that was thought of for one scene makes of another: each changed object is found by its place, a lone one
    wherever it is. None where it cannot be carried out there."""
    if shown == intended:
        return edit.target_scene
    before, after, there = ({item.cell: item for item in scene.objects} for scene in (intended, edit.target_scene, shown))
    for cell in range(CELL_COUNT):
        old, new = before.get(cell), after.get(cell)
        if old == new:
            continue
        if old is None:
            if cell in there:
                return None
            there[cell] = new
            continue
        at = next(iter(there)) if len(before) == len(there) == 1 else cell
        if at not in there:
            return None
        if new is None:
            del there[at]
            continue
        changed = {name: getattr(new, name) for name in ("shape", "colour", "size") if getattr(new, name) != getattr(old, name)}
        there[at] = replace(there[at], **changed)
    background = shown.background if edit.target_scene.background == intended.background else edit.target_scene.background
    return Scene.of(background, there.values())


def _plain(words: str) -> str:
    return re.sub(r"[\s.。!！]+$", "", words.strip()).lower()


#: What an honest refusal speaks of, by language.
_ABILITY = {"en": "shape", "zh": "图形"}


def _refuses(reply: Reply, language: str) -> str:
    """Right is words without a picture that speak, in the prompt's language, of shapes: what the model can draw."""
    if reply.picture is not None:
        return f"a picture, with {reply.text!r}"
    return "" if _ABILITY[language] in reply.text.lower() else f"does not say what it can draw in the language of the request: {reply.text!r}"


def _names_objects(text: str, prompt: PromptSample, language: str) -> str:
    """Right is a description with just the prompt's objects, and their colours where the prompt says them."""
    with_colour = prompt.category not in ("single_object", "two_object", "position")
    wanted = sorted((item.colour if with_colour else 0, item.shape) for item in prompt.scene.objects)
    found = sorted((colour if with_colour else 0, shape) for colour, shape in named_objects(text, language))
    return "" if wanted == found else f"wanted {_listed(wanted, with_colour)}; found {text!r}"


def named_objects(text: str, language: str) -> list[tuple[int, int]]:
    """(colour, shape) of every object that a description names in the words of captions."""
    grammar = grammar_of(language)
    colours, shapes = ("|".join(map(re.escape, words)) for words in (grammar.colours, grammar.shapes))
    between = " " if language == "en" else "的小?"
    return [(grammar.colours.index(colour), grammar.shapes.index(shape)) for colour, shape in re.findall(f"({colours}){between}({shapes})", text.lower())]


def _listed(kinds: Sequence[tuple[int, int]], with_colour: bool) -> str:
    return ", ".join(f"{COLOURS[colour]} {SHAPES[shape]}" if with_colour else SHAPES[shape] for colour, shape in kinds)
