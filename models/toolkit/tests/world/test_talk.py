"""Refusals, small talk and conversations."""

from __future__ import annotations

import random

import pytest

from darkroom_toolkit.world.language import LANGUAGES, REFUSALS, sample_conversation, sample_prompt, sample_refusal, sample_smalltalk
from darkroom_toolkit.world.scene import Scene, has_held_out


@pytest.mark.parametrize("language", LANGUAGES)
def test_requests_beyond_the_world_get_one_of_three_honest_sentences(language: str) -> None:
    rng = random.Random(0)
    answers = {sample_refusal(rng, language)[1] for _ in range(500)}
    assert answers == set(REFUSALS[language].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_can_be_drawn_is_refused(language: str) -> None:
    rng = random.Random(0)
    drawable = {sample_prompt(rng, language, "train").text.lower() for _ in range(20_000)}
    refused = {sample_refusal(rng, language)[0].lower() for _ in range(5_000)}
    assert not drawable & refused


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_and_small_talk_of_the_test_split_are_new(language: str) -> None:
    rng = random.Random(0)
    for sampler in (sample_refusal, sample_smalltalk):
        known = {sampler(rng, language)[0].lower().rstrip("?.。？") for _ in range(20_000)}
        assert not [said for _ in range(300) if (said := sampler(rng, language, "test")[0].lower().rstrip("?.。？")) in known]


@pytest.mark.parametrize("language", LANGUAGES)
def test_small_talk_always_has_the_same_answer_to_the_same_words(language: str) -> None:
    rng = random.Random(0)
    answers: dict[str, str] = {}
    for _ in range(2_000):
        said, answer = sample_smalltalk(rng, language)
        assert answers.setdefault(said.lower().rstrip("?.。？"), answer) == answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conversation_draws_then_goes_on_with_the_latest_picture(language: str) -> None:
    rng = random.Random(0)
    kinds = set()
    for _ in range(500):
        turns = sample_conversation(rng, language, "train")
        assert 2 <= len(turns) <= 4
        assert any(turn.scene is not None for turn in turns)
        for turn in turns:
            kind, content = turn.reply
            kinds.add(kind)
            assert isinstance(content, Scene if kind == "image" else str)
            assert turn.user and (turn.scene is None) == (kind == "text") and (turn.text is None) == (kind == "image")
            assert turn.scene is None or not has_held_out(turn.scene)
    assert kinds == {"image", "text"}


def test_the_same_seed_holds_the_same_conversation() -> None:
    assert sample_conversation(random.Random(5), "en", "train") == sample_conversation(random.Random(5), "en", "train")
