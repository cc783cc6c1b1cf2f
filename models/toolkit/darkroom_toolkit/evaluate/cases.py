"""What is asked of a bundle: sentences and layouts that training never saw, with the answers an independent checker holds them to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ..world.language import EDIT_KINDS, GENEVAL_CATEGORIES, EditSample, PromptSample, QuestionSample, sample_edit, sample_prompt, sample_question
from ..world.scene import Scene, random_scene

#: Question types that are counted; `describe` is a longer caption and counted with it.
QUESTION_TYPES = ("caption", "colour", "shape", "size", "count", "where", "there", "relation")
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Case:
    """One thing to ask: words, perhaps a picture, and what is right."""

    id: str
    task: str  # generate, understand, edit
    row: str  # the line of the table it counts in
    language: str
    words: str
    seed: int
    source: Scene | None
    sample: PromptSample | QuestionSample | EditSample


def cases(per_row: int, seed: int = 20_000) -> Iterator[Case]:
    """`per_row` cases of every category, question type and kind of edit, half of them Chinese. The same seed, the same cases."""
    rng = random.Random(seed)
    for task, rows in (("generate", GENEVAL_CATEGORIES), ("understand", QUESTION_TYPES), ("edit", EDIT_KINDS)):
        for row in rows:
            for index in range(per_row):
                yield _case(rng, task, row, LANGUAGES[index % 2], f"{task}-{row}-{index:04d}")


def _case(rng: random.Random, task: str, row: str, language: str, name: str) -> Case:
    seed = rng.randrange(2**31 - 1)
    if task == "generate":
        prompt = sample_prompt(rng, language, "test", 4, row)
        return Case(name, task, row, language, prompt.text, seed, None, prompt)
    while True:
        scene = random_scene(rng, 1, 4, "test")
        try:
            if task == "understand":
                question = sample_question(rng, scene, language, "test", row)
                return Case(name, task, row, language, question.question, seed, scene, question)
            edit = sample_edit(rng, scene, language, "test", row)
            return Case(name, task, row, language, edit.instruction, seed, scene, edit)
        except ValueError:
            continue  # not every scene has a question or an edit of every kind: another scene has
