"""The sentences written by hand: their scenes can be read, their answers are the ones that training taught to give."""

from __future__ import annotations

import random

import pytest
from darkroom_toolkit.evaluate.cases import PARAPHRASE, cases
from darkroom_toolkit.evaluate.paraphrases import edits, prompts, questions, scene_of
from darkroom_toolkit.world.language import sample_question
from darkroom_toolkit.world.scene import BACKGROUNDS, CELLS, COLOURS, LARGE, SHAPES, SMALL, Scene, SceneObject


def test_a_line_is_read_as_a_scene() -> None:
    star = SceneObject(SHAPES.index("star"), COLOURS.index("blue"), SMALL, CELLS.index("center"))
    circle = SceneObject(SHAPES.index("circle"), COLOURS.index("red"), LARGE, CELLS.index("top left"))
    assert scene_of("small blue star @ center, red circle @ top left | dark") == Scene(BACKGROUNDS.index("dark"), (circle, star))
    with pytest.raises(ValueError, match="huge red circle"):
        scene_of("huge red circle @ center")


def test_every_task_has_paraphrases_in_both_languages() -> None:
    found = cases(1, (PARAPHRASE,))
    for task in ("generate", "understand", "edit"):
        languages = [case.language for case in found if case.task == task]
        assert min(languages.count("en"), languages.count("zh")) >= 12, task
    assert len({case.id for case in found}) == len(found)


def test_every_edit_changes_something() -> None:
    assert all(source != edit.target_scene for _, source, edit in edits())


def test_answers_are_words_that_the_model_was_taught() -> None:
    rng = random.Random(3)
    for language, scene, question in questions():
        taught = {sample_question(rng, scene, language, "train").answer for _ in range(600)}
        assert question.answer in taught, f"{question.question} -> {question.answer}"


def test_no_sentence_is_asked_twice() -> None:
    words = [(p.language, p.text) for p in prompts()] + [(lang, str(scene) + q.question) for lang, scene, q in questions()]
    assert len(set(words)) == len(words)
