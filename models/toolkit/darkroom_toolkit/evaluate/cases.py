"""What is asked of a bundle: sentences and layouts that training never saw, with the answers an independent checker holds them to.

Two kinds: sentences from templates kept from training or over combinations kept from it, as many as wanted, and sentences written by
hand that no template produced (`paraphrases`), all of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from ..world.language import EDIT_KINDS, GENEVAL_CATEGORIES, EditSample, PromptSample, QuestionSample, sample_edit, sample_prompt, sample_question
from ..world.scene import Scene, random_scene
from .paraphrases import edits, prompts, questions

#: Question types that are counted; `describe` is a longer caption and counted with it.
QUESTION_TYPES = ("caption", "colour", "shape", "size", "count", "where", "there", "relation")
LANGUAGES = ("en", "zh")
#: The row of sentences written by hand; not counted in a task's share.
PARAPHRASE = "paraphrase"


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
    """`per_row` cases of every category, question type and kind of edit, half of them Chinese, then the paraphrases. The same seed, the
    same cases."""
    rng = random.Random(seed)
    for task, rows in (("generate", GENEVAL_CATEGORIES), ("understand", QUESTION_TYPES), ("edit", EDIT_KINDS)):
        for row in rows:
            for index in range(per_row):
                yield _case(rng, task, row, LANGUAGES[index % 2], f"{task}-{row}-{index:04d}")
    yield from _paraphrases(rng)


def _paraphrases(rng: random.Random) -> Iterator[Case]:
    def case(task: str, index: int, language: str, words: str, source: Scene | None, sample: PromptSample | QuestionSample | EditSample) -> Case:
        return Case(f"{task}-{PARAPHRASE}-{index:04d}", task, PARAPHRASE, language, words, rng.randrange(2**31 - 1), source, sample)

    for index, prompt in enumerate(prompts()):
        yield case("generate", index, prompt.language, prompt.text, None, prompt)
    for index, (language, scene, question) in enumerate(questions()):
        yield case("understand", index, language, question.question, scene, question)
    for index, (language, scene, edit) in enumerate(edits()):
        yield case("edit", index, language, edit.instruction, scene, edit)


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
