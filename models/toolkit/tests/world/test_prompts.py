"""Drawing prompts: text determines the picture, and the splits keep apart."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from darkroom_toolkit.world.language import CATEGORIES, GENEVAL_CATEGORIES, LANGUAGES, PromptSample, sample_prompt
from darkroom_toolkit.world.prompts import DEFAULT_CELLS, RELATION_CELLS
from darkroom_toolkit.world.scene import COLOURS, LARGE, SHAPES, has_held_out

BLUE = COLOURS.index("blue")


def plain(text: str) -> str:
    """A prompt without the variations that mean nothing."""
    return text.lower().rstrip(".?。？").replace("colour", "color").replace("centre", "center")


def samples(count: int, language: str = "en", split: str = "train", category: str | None = None, seed: int = 0) -> list[PromptSample]:
    rng = random.Random(seed)
    return [sample_prompt(rng, language, split, category=category) for _ in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_text_never_asks_for_two_pictures(language: str) -> None:
    scenes: dict[str, object] = {}
    for split in ("train", "test"):
        for sample in samples(12_000, language, split):
            assert scenes.setdefault(plain(sample.text), sample.scene) == sample.scene, sample.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_train_prompts_show_nothing_held_out(language: str) -> None:
    assert not any(has_held_out(sample.scene) for sample in samples(5_000, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_test_prompts_are_new_in_words_or_in_picture(language: str) -> None:
    known = {plain(sample.text) for sample in samples(30_000, language)}
    tests = samples(3_000, language, "test", seed=1)
    assert not [sample.text for sample in tests if plain(sample.text) in known]
    assert 0.3 < sum(has_held_out(sample.scene) for sample in tests) / len(tests) < 0.8


def test_half_of_the_prompts_are_free_and_the_rest_is_spread_over_genevals_categories() -> None:
    shares = Counter(sample.category for sample in samples(6_000))
    assert shares["free"] / 6_000 == pytest.approx(0.5, abs=0.03)
    assert all(shares[category] / 6_000 == pytest.approx(1 / 12, abs=0.02) for category in GENEVAL_CATEGORIES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("category", ["single_object", "two_object", "position"])
def test_categories_about_shapes_leave_colours_and_sizes_at_their_defaults(language: str, category: str) -> None:
    for sample in samples(200, language, category=category):
        assert all((item.colour, item.size) == (BLUE, LARGE) for item in sample.scene.objects)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_its_number_of_objects(category: str) -> None:
    numbers = {
        "single_object": {1}, "colors": {1}, "two_object": {2}, "position": {2}, "color_attribution": {2}, "counting": {2, 3, 4}, "free": {1, 2, 3, 4},
    }  # fmt: skip
    assert {len(sample.scene.objects) for sample in samples(400, category=category)} == numbers[category]


def test_objects_without_places_stand_at_the_default_cells() -> None:
    for sample in samples(300, category="counting"):
        cells = tuple(item.cell for item in sample.scene.objects)
        assert cells == DEFAULT_CELLS[len(cells)]
    assert all(sample.scene.objects[0].cell == 4 for sample in samples(100, category="colors"))


def test_a_relation_puts_the_first_named_shape_where_it_says() -> None:
    words = {"above": " above a", "below": " below a", "left": " left of a", "right": " right of a"}
    checked = 0
    for sample in samples(600, category="position"):
        for relation, between in words.items():
            first, found, second = plain(sample.text).partition(between)
            if not found or " with " in first or "background" in first:
                continue
            a = [index for index, name in enumerate(SHAPES) if name in first]
            b = [index for index, name in enumerate(SHAPES) if name in second.partition("background")[0]]
            if len(a) == 1 and len(b) == 1:  # no synonyms
                cells = {item.shape: item.cell for item in sample.scene.objects}
                assert (cells[a[0]], cells[b[0]]) == RELATION_CELLS[relation], sample.text
                checked += 1
    assert checked > 50


def test_color_attribution_names_two_shapes_in_two_colours() -> None:
    for sample in samples(200, category="color_attribution"):
        first, second = sample.scene.objects
        assert first.shape != second.shape and first.colour != second.colour
        assert COLOURS[first.colour] in sample.text.lower() and COLOURS[second.colour] in sample.text.lower()


def test_a_curriculum_can_start_with_one_object() -> None:
    rng = random.Random(0)
    assert {len(sample_prompt(rng, "en", "train", max_objects=1).scene.objects) for _ in range(500)} == {1}
    assert max(len(sample_prompt(rng, "zh", "train", max_objects=2).scene.objects) for _ in range(500)) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_says_the_same(language: str) -> None:
    assert samples(50, language, seed=9) == samples(50, language, seed=9)


def test_each_language_keeps_to_its_script() -> None:
    assert all(sample.text.isascii() for sample in samples(500, "en"))
    assert not any(character.isascii() and character.isalpha() for sample in samples(500, "zh") for character in sample.text)


def test_unknown_languages_splits_and_categories_are_refused() -> None:
    rng = random.Random(0)
    for arguments in (("fr", "train", "free"), ("en", "dev", "free"), ("en", "train", "cats")):
        with pytest.raises(ValueError, match="must be one of"):
            sample_prompt(rng, arguments[0], arguments[1], category=arguments[2])
