"""What is asked of a bundle: sentences and layouts that training never saw, with what is right.

Two kinds: sentences from templates kept from training or over combinations kept from it, as many as wanted, and sentences written by
hand that no template produced (`paraphrases`, `outside`), all of them.

| task | a case is | asked through |
|---|---|---|
| generate, understand, edit | one request | the pipeline of that name |
| round_trip | a picture is drawn, then described | generate, then understand |
| conversation | draw, recolour, add, ask, each about the picture of the turn before | reply, as `sendMessage` does |
| outside | one request for what the shapes world does not have | reply |
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..world.language import EDIT_KINDS, GENEVAL_CATEGORIES, LANGUAGES, EditSample, PromptSample, QuestionSample, sample_edit, sample_prompt, sample_question
from ..world.scene import Scene, random_scene
from . import outside, paraphrases

#: Question types that are counted; `describe` is a longer caption and counted with it.
QUESTION_TYPES = ("caption", "colour", "shape", "size", "count", "where", "there", "relation")
#: The row of sentences written by hand; not counted in a task's share.
PARAPHRASE = "paraphrase"
#: The turns of a conversation, and the line for conversations in which every turn is right.
TURNS = ("draw", "recolour", "add", "ask")
WHOLE = "whole"

Sample = PromptSample | QuestionSample | EditSample


@dataclass(frozen=True)
class Turn:
    """What the user says, and what is right; no sample where no picture and no answer of the world is."""

    words: str
    sample: Sample | None


@dataclass(frozen=True)
class Case:
    """One thing to ask, or several in turn, perhaps about a picture."""

    id: str
    task: str  # of TASKS
    row: str  # the line of the table it counts in; a conversation counts in one for each turn
    language: str
    seed: int
    turns: tuple[Turn, ...]
    source: Scene | None = None

    @property
    def fingerprint(self) -> str:
        """Tells a result of this very case from one of another case that had its name."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


_ROWS = {
    "generate": GENEVAL_CATEGORIES,
    "understand": QUESTION_TYPES,
    "edit": EDIT_KINDS,
    "round_trip": ("round_trip",),
    "conversation": ("conversation",),
}
TASKS = (*_ROWS, "outside")


def cases(per_row: int, only: Collection[str] = (), seed: int = 20_000) -> list[Case]:
    """`per_row` cases of every row, half of them Chinese, and those written by hand, the rows taking turns: whatever the number of
    cases that are done, rows are measured alike.

    A case depends on its row and number alone, so a longer evaluation begins with the cases of a shorter one. `only` names tasks
    (`edit`), rows (`paraphrase`) or rows of a task (`edit/add`). Raises ValueError for a name that is neither.
    """
    written = [*_written_by_hand(seed)]
    names = [(task, row) for task, rows in _ROWS.items() for row in rows] + [*dict.fromkeys((case.task, case.row) for case in written)]
    known = {name for task, row in names for name in (task, row, f"{task}/{row}")}
    unknown = [name for name in only if name not in known]
    if unknown:
        raise ValueError(f"no row is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")

    def wanted(task: str, row: str) -> bool:
        return not only or not {task, row, f"{task}/{row}"}.isdisjoint(only)

    lines = [[_case(seed, task, row, index) for index in range(per_row)] for task, rows in _ROWS.items() for row in rows if wanted(task, row)]
    lines += [[case for case in written if (case.task, case.row) == name] for name in dict.fromkeys((case.task, case.row) for case in written) if wanted(*name)]
    longest = max(map(len, lines), default=0)
    return [line[index] for index in range(longest) for line in lines if index < len(line)]


def _case(seed: int, task: str, row: str, index: int) -> Case:
    name = f"{task}-{row}-{index:04d}"
    rng = random.Random(f"{seed}/{name}")
    language, noise = LANGUAGES[index % 2], rng.randrange(2**31 - 1)
    while True:
        try:
            turns, source = _TURNS[task](rng, language, row)
        except ValueError:
            continue  # not every scene has a question or an edit of every kind: another scene has
        return Case(name, task, row, language, noise, turns, source)


def _generate(rng: random.Random, language: str, row: str) -> tuple[tuple[Turn, ...], None]:
    return (_draw(sample_prompt(rng, language, "test", 4, row)),), None


def _understand(rng: random.Random, language: str, row: str) -> tuple[tuple[Turn, ...], Scene]:
    scene = random_scene(rng, 1, 4, "test")
    return (_ask(sample_question(rng, scene, language, "test", row)),), scene


def _edit(rng: random.Random, language: str, row: str) -> tuple[tuple[Turn, ...], Scene]:
    scene = random_scene(rng, 1, 4, "test")
    return (_change(sample_edit(rng, scene, language, "test", row)),), scene


def _round_trip(rng: random.Random, language: str, row: str) -> tuple[tuple[Turn, ...], None]:
    prompt = sample_prompt(rng, language, "test")
    return (_draw(prompt), _ask(sample_question(rng, prompt.scene, language, "test", "caption"))), None


def _conversation(rng: random.Random, language: str, row: str) -> tuple[tuple[Turn, ...], None]:
    prompt = sample_prompt(rng, language, "test", 1, rng.choice(("single_object", "colors", "free")))
    recolour = sample_edit(rng, prompt.scene, language, "test", "recolour")
    add = sample_edit(rng, recolour.target_scene, language, "test", "add")
    question = sample_question(rng, add.target_scene, language, "test", "caption")
    return (_draw(prompt), _change(recolour), _change(add), _ask(question)), None


_TURNS = {"generate": _generate, "understand": _understand, "edit": _edit, "round_trip": _round_trip, "conversation": _conversation}


def _written_by_hand(seed: int) -> Iterator[Case]:
    def case(task: str, row: str, index: int, language: str, turn: Turn, source: Scene | None = None) -> Case:
        name = f"{task}-{row}-{index:04d}"
        return Case(name, task, row, language, random.Random(f"{seed}/{name}").randrange(2**31 - 1), (turn,), source)

    for index, prompt in enumerate(paraphrases.prompts()):
        yield case("generate", PARAPHRASE, index, prompt.language, _draw(prompt))
    for index, (language, scene, question) in enumerate(paraphrases.questions()):
        yield case("understand", PARAPHRASE, index, language, _ask(question), scene)
    for index, (language, scene, edit) in enumerate(paraphrases.edits()):
        yield case("edit", PARAPHRASE, index, language, _change(edit), scene)
    for index, (language, words) in enumerate(outside.PROMPTS):
        yield case("outside", "outside", index, language, Turn(words, None))


def _draw(prompt: PromptSample) -> Turn:
    return Turn(prompt.text, prompt)


def _ask(question: QuestionSample) -> Turn:
    return Turn(question.question, question)


def _change(edit: EditSample) -> Turn:
    return Turn(edit.instruction, edit)
