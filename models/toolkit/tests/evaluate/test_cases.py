"""What is asked: enough of everything, in both languages, never what training saw, and the same however many are asked for."""

from __future__ import annotations

import random

import pytest
from darkroom_toolkit.evaluate.cases import TASKS, cases
from darkroom_toolkit.evaluate.outside import PROMPTS
from darkroom_toolkit.world.language import EditSample, PromptSample, QuestionSample, sample_refusal


def test_a_longer_evaluation_has_the_cases_of_a_shorter_one() -> None:
    longer = {case.id: case for case in cases(6)}
    assert all(longer[case.id] == case and longer[case.id].fingerprint == case.fingerprint for case in cases(2))


def test_rows_take_turns_so_that_a_part_of_the_cases_measures_all_of_them() -> None:
    first = cases(40)[:60]
    assert {case.task for case in first} == set(TASKS)


def test_every_row_is_asked_in_both_languages() -> None:
    found = cases(4)
    for row in {(case.task, case.row) for case in found}:
        languages = [case.language for case in found if (case.task, case.row) == row]
        assert 0.4 <= languages.count("zh") / len(languages) <= 0.6, row


def test_only_the_rows_that_are_named_are_asked() -> None:
    assert {(case.task, case.row) for case in cases(1, ("edit/add", "counting"))} == {("edit", "add"), ("generate", "counting")}
    assert {case.task for case in cases(1, ("conversation", "outside"))} == {"conversation", "outside"}
    with pytest.raises(ValueError, match="no row is called colour_attribution.*color_attribution"):
        cases(1, ("colour_attribution",))


def test_a_conversation_draws_recolours_adds_and_asks_about_what_was_made() -> None:
    talks = cases(40, ("conversation",))
    for talk in talks:
        prompt, recolour, add, question = (turn.sample for turn in talk.turns)
        assert isinstance(prompt, PromptSample) and len(prompt.scene.objects) == 1
        assert isinstance(recolour, EditSample) and recolour.kind == "recolour"
        assert isinstance(add, EditSample) and set(recolour.target_scene.objects) < set(add.target_scene.objects)
        assert isinstance(question, QuestionSample) and question.type == "caption"
    assert len({talk.turns[0].sample.scene for talk in talks}) > 20


def test_what_lies_outside_is_nothing_that_training_says() -> None:
    rng = random.Random(1)
    for language in ("en", "zh"):
        taught = {sample_refusal(rng, language, split)[0].lower() for split in ("train", "test") for _ in range(5_000)}
        written = [words for said, words in PROMPTS if said == language]
        assert len(set(written)) == 40
        assert not {words.lower() for words in written} & taught
