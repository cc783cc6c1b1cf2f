"""Scenes: what they may hold, their ten-byte form, and what training never sees."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from darkroom_toolkit.world.scene import (
    CELL_CODES,
    CELL_COUNT,
    COLOURS,
    HELD_OUT_COMBINATIONS,
    SHAPES,
    Scene,
    SceneObject,
    codes_to_scene,
    has_held_out,
    is_held_out,
    random_scene,
    scene_to_codes,
)


def test_every_object_has_its_own_code_from_1_to_160() -> None:
    codes = [SceneObject(shape, colour, size, 0).code for shape in range(8) for colour in range(10) for size in range(2)]
    assert codes == list(range(1, CELL_CODES))
    assert all(SceneObject.from_code(code, 3).code == code for code in codes)


def test_a_scene_comes_back_from_its_codes() -> None:
    rng = random.Random(0)
    for _ in range(200):
        scene = random_scene(rng, 0, 9)
        codes = scene_to_codes(scene)
        assert codes.dtype == np.uint8 and codes.shape == (10,)
        assert codes_to_scene(codes) == scene


def test_two_objects_in_one_cell_or_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="sorted by cell"):
        Scene(0, (SceneObject(0, 0, 0, 4), SceneObject(1, 1, 0, 4)))
    with pytest.raises(ValueError, match="sorted by cell"):
        Scene(0, (SceneObject(0, 0, 0, 5), SceneObject(1, 1, 0, 4)))
    assert [item.cell for item in Scene.of(0, (SceneObject(0, 0, 0, 5), SceneObject(1, 1, 0, 4))).objects] == [4, 5]


@pytest.mark.parametrize("codes", [[0] * 9, [6] + [0] * 9, [0, 161] + [0] * 8])
def test_codes_outside_the_world_are_refused(codes: list[int]) -> None:
    with pytest.raises(ValueError):
        codes_to_scene(codes)


def test_a_tenth_of_the_combinations_is_held_out_and_every_pair_is_still_seen() -> None:
    assert 0.07 < len(HELD_OUT_COMBINATIONS) / (len(SHAPES) * len(COLOURS) * CELL_COUNT) < 0.13
    for pair, partners in (((0, 1), CELL_COUNT), ((0, 2), len(COLOURS)), ((1, 2), len(SHAPES))):
        counts = Counter((combination[pair[0]], combination[pair[1]]) for combination in HELD_OUT_COMBINATIONS)
        assert max(counts.values()) < partners


def test_train_scenes_never_show_a_held_out_combination_and_test_scenes_always_do() -> None:
    rng = random.Random(1)
    assert not any(has_held_out(random_scene(rng, 0, 9, "train")) for _ in range(2000))
    assert all(has_held_out(random_scene(rng, 1, 9, "test")) for _ in range(2000))


def test_a_size_does_not_change_whether_an_object_is_held_out() -> None:
    shape, colour, cell = HELD_OUT_COMBINATIONS[0]
    assert is_held_out(SceneObject(shape, colour, 0, cell)) and is_held_out(SceneObject(shape, colour, 1, cell))


def test_the_same_seed_gives_the_same_scenes_with_counts_in_the_range_asked_for() -> None:
    scenes = [random_scene(random.Random(seed), 2, 3) for seed in range(50)]
    assert scenes == [random_scene(random.Random(seed), 2, 3) for seed in range(50)]
    assert {len(scene.objects) for scene in scenes} == {2, 3}


def test_impossible_counts_and_unknown_splits_are_refused() -> None:
    with pytest.raises(ValueError, match="0 <= min"):
        random_scene(random.Random(0), 3, 2)
    with pytest.raises(ValueError, match="split must be"):
        random_scene(random.Random(0), split="validation")
