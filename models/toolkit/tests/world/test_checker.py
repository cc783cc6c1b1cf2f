"""The independent reader: right on everything the world can show, wary of everything else."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from darkroom_toolkit.world import checker
from darkroom_toolkit.world.checker import check_edit, check_prompt, read_picture, unedited_psnr
from darkroom_toolkit.world.draw import draw
from darkroom_toolkit.world.edits import EditSample
from darkroom_toolkit.world.language import CATEGORIES, EDIT_KINDS, PromptSample, sample_edit, sample_prompt
from darkroom_toolkit.world.scene import BACKGROUNDS, CELL_CODES, CELL_COUNT, Scene, SceneObject, random_scene

BLUE = 4


def blurred(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(0.8)))


def noisy(picture: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(picture[::16].sum()).normal(0, 5, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def compressed(picture: np.ndarray) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=75)
    return np.asarray(Image.open(buffer))


def halved(picture: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((144, 144), Image.Resampling.BOX))


@pytest.mark.parametrize("background", range(len(BACKGROUNDS)), ids=BACKGROUNDS)
def test_every_object_is_read_on_every_background(background: int) -> None:
    for first in range(0, CELL_CODES - 1, 4):
        codes = [1 + (first + cell * 37) % (CELL_CODES - 1) for cell in range(CELL_COUNT)]
        scene = Scene(background, tuple(SceneObject.from_code(code, cell) for cell, code in enumerate(codes)))
        assert read_picture(draw(scene)).shows(scene), str(scene)


def test_random_pictures_are_read_without_a_mistake() -> None:
    rng = random.Random(0)
    for _ in range(150):
        scene = random_scene(rng, 0, 4)
        reading = read_picture(draw(scene))
        assert reading.shows(scene), str(scene)
        assert reading.confidence > 0.4


@pytest.mark.parametrize("damage", [blurred, noisy, compressed, halved])
def test_slightly_damaged_pictures_are_still_read(damage: Callable[[np.ndarray], np.ndarray]) -> None:
    rng = random.Random(1)
    scenes = [random_scene(rng, 1, 4) for _ in range(80)]
    wrong = [str(scene) for scene in scenes if not read_picture(damage(draw(scene))).shows(scene)]
    assert not wrong


def test_the_reader_does_not_look_at_the_renderer() -> None:
    assert not [name for name, value in vars(checker).items() if getattr(value, "__module__", "").endswith(".draw")]


def test_an_empty_picture_is_empty() -> None:
    for background in range(len(BACKGROUNDS)):
        assert read_picture(draw(Scene(background, ()))).shows(Scene(background, ()))


def test_what_is_no_shape_of_the_world_is_unreadable_rather_than_guessed() -> None:
    image = Image.fromarray(draw(Scene(0, ())))
    pen = ImageDraw.Draw(image)
    pen.rectangle((10, 40, 86, 52), fill=(220, 50, 50))  # a bar stretches to a square, but is a bar
    pen.polygon([(110, 110), (180, 110), (180, 125), (125, 125), (125, 180), (110, 180)], fill=(50, 100, 220))  # an L
    pen.ellipse((205, 205, 275, 275), fill=(60, 230, 220))  # turquoise
    reading = read_picture(np.asarray(image))
    assert reading.unreadable == (0, 4, 8) and not reading.scene.objects
    assert reading.confidence == 0 and not reading.shows(Scene(0, ()))


def test_a_picture_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match=r"uint8 \[H, W, 3\]"):
        read_picture(np.zeros((288, 288, 3), dtype=np.float32))
    with pytest.raises(ValueError, match=r"uint8 \[H, W, 3\]"):
        read_picture(np.zeros((288, 288), dtype=np.uint8))


# --- prompts ------------------------------------------------------------------------------------------------------------------


def prompt(category: str, *objects: SceneObject, background: int = 0) -> PromptSample:
    return PromptSample("", Scene.of(background, objects), "en", category)


def picture(*objects: SceneObject, background: int = 0) -> np.ndarray:
    return draw(Scene.of(background, objects))


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_picture_asked_for_passes_exactly_and_a_bare_one_fails(category: str) -> None:
    rng = random.Random(0)
    for _ in range(15):
        sample = sample_prompt(rng, "en", "test", category=category)
        verdict = check_prompt(sample, draw(sample.scene))
        assert verdict and verdict.exact and not verdict.reasons
        assert not check_prompt(sample, draw(Scene(sample.scene.background, ())))


def test_single_object_wants_the_shape_whatever_its_colour_size_and_place() -> None:
    asked = prompt("single_object", SceneObject(3, BLUE, 0, 4))
    verdict = check_prompt(asked, picture(SceneObject(3, 0, 1, 7)))
    assert verdict and not verdict.exact
    assert not check_prompt(asked, picture(SceneObject(4, BLUE, 0, 4)))
    assert not check_prompt(asked, picture(SceneObject(3, BLUE, 0, 4), SceneObject(0, 0, 0, 0)))


def test_two_object_wants_both_shapes() -> None:
    asked = prompt("two_object", SceneObject(0, BLUE, 0, 3), SceneObject(3, BLUE, 0, 5))
    assert check_prompt(asked, picture(SceneObject(3, 1, 0, 0), SceneObject(0, 2, 0, 8)))
    assert not check_prompt(asked, picture(SceneObject(0, BLUE, 0, 3), SceneObject(0, BLUE, 0, 5)))


def test_counting_wants_as_many_and_no_more() -> None:
    three = [SceneObject(3, 0, 0, cell) for cell in (3, 4, 5)]
    asked = prompt("counting", *three)
    assert check_prompt(asked, picture(*(SceneObject(3, 0, 1, cell) for cell in (0, 1, 8))))
    assert not check_prompt(asked, picture(*three[:2]))
    assert not check_prompt(asked, picture(*three, SceneObject(3, 0, 0, 0)))


def test_colors_wants_shape_and_colour() -> None:
    asked = prompt("colors", SceneObject(6, 7, 0, 4))
    assert check_prompt(asked, picture(SceneObject(6, 7, 1, 0)))
    verdict = check_prompt(asked, picture(SceneObject(6, 6, 0, 4)))
    assert not verdict and verdict.reasons == ("objects: wanted brown ring; found pink ring",)


def test_position_wants_the_relation_between_the_two_shapes() -> None:
    asked = prompt("position", SceneObject(0, BLUE, 0, 1), SceneObject(1, BLUE, 0, 7))  # a circle above a square
    assert check_prompt(asked, picture(SceneObject(0, 0, 0, 0), SceneObject(1, 0, 0, 5)))
    assert not check_prompt(asked, picture(SceneObject(1, BLUE, 0, 1), SceneObject(0, BLUE, 0, 7)))
    assert not check_prompt(asked, picture(SceneObject(0, BLUE, 0, 3), SceneObject(1, BLUE, 0, 5)))


def test_color_attribution_wants_each_colour_on_its_own_shape() -> None:
    asked = prompt("color_attribution", SceneObject(0, 0, 0, 3), SceneObject(1, 3, 0, 5))
    assert check_prompt(asked, picture(SceneObject(1, 3, 0, 0), SceneObject(0, 0, 1, 2)))
    assert not check_prompt(asked, picture(SceneObject(0, 3, 0, 3), SceneObject(1, 0, 0, 5)))


def test_free_wants_everything_as_asked() -> None:
    asked = prompt("free", SceneObject(0, 0, 1, 3), background=2)
    assert check_prompt(asked, picture(SceneObject(0, 0, 1, 3), background=2))
    for other in (picture(SceneObject(0, 0, 0, 3), background=2), picture(SceneObject(0, 0, 1, 4), background=2), picture(SceneObject(0, 0, 1, 3))):
        assert not check_prompt(asked, other)


def test_a_background_that_was_asked_for_counts_in_every_category() -> None:
    asked = prompt("single_object", SceneObject(3, BLUE, 0, 4), background=5)
    assert not check_prompt(asked, picture(SceneObject(3, BLUE, 0, 4)))
    assert check_prompt(asked, picture(SceneObject(3, BLUE, 0, 4), background=5))


# --- edits --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_the_target_of_an_edit_passes_and_its_source_does_not(kind: str) -> None:
    rng = random.Random(2)
    for _ in range(8):
        source = random_scene(rng, 2, 3)
        edit = sample_edit(rng, source, "en", "test", kind)
        assert check_edit(source, edit, draw(edit.target_scene))
        verdict = check_edit(source, edit, draw(source))
        assert not verdict and verdict.reasons[0] == "nothing changed"


def test_an_edit_that_changes_something_else_too_fails() -> None:
    source = Scene(0, (SceneObject(0, 0, 0, 0), SceneObject(1, 3, 0, 8)))
    target = Scene(0, (SceneObject(0, 4, 0, 0), SceneObject(1, 3, 0, 8)))
    spoilt = Scene(0, (SceneObject(0, 4, 0, 0), SceneObject(1, 3, 1, 8)))
    verdict = check_edit(source, EditSample("make the circle blue", target, "recolour"), draw(spoilt))
    assert verdict.reasons == ("bottom right: wanted large green square at bottom right, found small green square at bottom right",)


def test_unedited_psnr_looks_only_at_what_should_have_stayed() -> None:
    source = Scene(0, (SceneObject(0, 0, 0, 0), SceneObject(1, 3, 0, 8)))
    target = Scene(0, (SceneObject(0, 4, 0, 0), SceneObject(1, 3, 0, 8)))
    before, after = draw(source), draw(target)
    assert unedited_psnr(before, after, source, target) == math.inf
    shifted = np.where(np.arange(288)[:, None, None] >= 96, after.astype(int) - 5, after).clip(0, 255).astype(np.uint8)
    expected = 10 * math.log10(255**2 / (25 * 6 / 8))  # six of the eight unedited cells are off by 5
    assert unedited_psnr(before, shifted, source, target) == pytest.approx(expected, abs=0.05)


def test_a_new_background_leaves_the_inside_of_objects_to_compare() -> None:
    objects = (SceneObject(0, 0, 0, 0), SceneObject(6, 3, 0, 8))
    source, target = Scene(0, objects), Scene(5, objects)
    assert unedited_psnr(draw(source), draw(target), source, target) == math.inf
    recoloured = draw(Scene(5, (SceneObject(0, 1, 0, 0), objects[1])))
    assert unedited_psnr(draw(source), recoloured, source, target) < 25


def test_pictures_of_two_sizes_cannot_be_compared() -> None:
    scene = Scene(0, ())
    with pytest.raises(ValueError, match="one size"):
        unedited_psnr(draw(scene), halved(draw(scene)), scene, scene)
