"""Templates: training never meets those of the test half, nor trivial variants of them; openings stay in the train half."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from darkroom_toolkit.world import edits, prompts, questions, talk
from darkroom_toolkit.world.words import LANGUAGES, Pool, Voice, grammar_of, sided


def pools_in(value: object, name: str) -> Iterator[tuple[str, Pool]]:
    """Every Pool inside a module's value, with where it was found."""
    if isinstance(value, Pool):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from pools_in(inner, f"{name}.{key}")
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from pools_in(inner, f"{name}.{index}")


POOLS = [
    found for module in (edits, prompts, questions, talk) for key, value in vars(module).items() for found in pools_in(value, f"{module.__name__}.{key}")
]


def plain(template: str) -> str:
    """A template without case, punctuation, politeness, articles and contractions."""
    text = template.lower().replace("color", "colour").replace("请问", "").replace("请", "")
    for short, long in (("'s", " is"), ("'d", " would"), ("n't", " not")):
        text = text.replace(short, long)
    words = re.sub(r"[^\w{}' ]", " ", text).split()
    return " ".join(word for word in words if word not in ("please", "a", "an", "the"))


@pytest.mark.parametrize(("name", "pool"), POOLS, ids=[name.removeprefix("darkroom_toolkit.world.") for name, _ in POOLS])
def test_no_unseen_template_is_trained_on_however_it_is_dressed(name: str, pool: Pool) -> None:
    known = {plain(template) for template in pool.train}
    assert not [template for template in pool.test if plain(template) in known]


@pytest.mark.parametrize(("name", "pool"), POOLS, ids=[name.removeprefix("darkroom_toolkit.world.") for name, _ in POOLS])
def test_all_templates_of_a_pool_say_the_same_things(name: str, pool: Pool) -> None:
    if name.endswith(("._QUESTIONS.en", "._QUESTIONS.zh")):  # sums among other questions
        return
    assert len({tuple(sorted(re.findall(r"{\w*}", template))) for template in (*pool.train, *pool.test)}) == 1


def test_every_template_is_said_of_every_name_of_a_side() -> None:
    assert sided(("what is {side} {it}?", "{side} {it}?"), "above", "over") == ("what is above {it}?", "what is over {it}?", "above {it}?", "over {it}?")


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_familiar_sentence_in_eight_has_an_opening_and_no_unseen_one(language: str) -> None:
    rng = random.Random(0)
    said = [Voice(rng, language).opened("x") for _ in range(4_000)]
    assert {text.removesuffix("x") for text in said} == {"", *grammar_of(language).openings}
    assert sum(text != "x" for text in said) / 4_000 == pytest.approx(0.12, abs=0.02)
    assert {Voice(rng, language, unseen=True).opened("x") for _ in range(500)} == {"x"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_that_does_not_exist_is_another_one_each_time(language: str) -> None:
    voice = Voice(random.Random(3), language, False)
    said = {voice.pick({language: Pool(("a ~ b",))}) for _ in range(20)}
    assert len(said) > 10
    assert not any("~" in text for text in said)
