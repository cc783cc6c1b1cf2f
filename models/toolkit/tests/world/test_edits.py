"""Edits: one target per instruction, the asked change and no other."""

from __future__ import annotations

import random

import pytest

from darkroom_toolkit.world.edits import DEFAULT_ORDER
from darkroom_toolkit.world.language import EDIT_KINDS, LANGUAGES, EditSample, sample_edit
from darkroom_toolkit.world.prompts import BLUE
from darkroom_toolkit.world.scene import LARGE, Scene, SceneObject, has_held_out, random_scene

ONE = Scene(0, (SceneObject(0, 0, 0, 4),))  # a red circle in the center


def edits(scene: Scene, kind: str, language: str = "en", count: int = 300) -> list[EditSample]:
    rng = random.Random(0)
    return [sample_edit(rng, scene, language, "train", kind) for _ in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_instruction_for_one_picture_never_has_two_targets(language: str) -> None:
    rng = random.Random(0)
    for _ in range(80):
        scene, targets = random_scene(rng, 1, 4), {}
        for _ in range(150):
            edit = sample_edit(rng, scene, language, "train")
            assert targets.setdefault(edit.instruction.lower(), edit.target_scene) == edit.target_scene, (edit.instruction, str(scene))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_each_kind_changes_only_what_it_says(language: str, kind: str) -> None:
    rng = random.Random(1)
    for _ in range(200):
        scene = random_scene(rng, 1, 3)
        target = sample_edit(rng, scene, language, "train", kind).target_scene
        gone, come = set(scene.objects) - set(target.objects), set(target.objects) - set(scene.objects)
        if kind == "background":
            assert target.objects == scene.objects and target.background != scene.background
            continue
        assert target.background == scene.background
        assert (len(gone), len(come)) == {"remove": (1, 0), "add": (0, 1)}.get(kind, (1, 1))
        if gone and come:
            (old,), (new,) = gone, come
            changed = {name for name in ("shape", "colour", "size", "cell") if getattr(old, name) != getattr(new, name)}
            allowed = {"recolour": [{"colour"}], "resize": [{"size"}], "move": [{"cell"}], "replace": [{"shape"}, {"shape", "colour"}]}
            assert changed in allowed[kind]


def test_a_lone_object_may_be_called_it() -> None:
    assert any(edit.instruction.lower().startswith("make it green") for edit in edits(ONE, "recolour", count=2000))
    assert any("它" in edit.instruction for edit in edits(ONE, "recolour", "zh"))


def test_among_several_objects_nothing_is_called_it() -> None:
    two = Scene(0, (SceneObject(0, 0, 0, 0), SceneObject(1, 1, 0, 8)))
    assert not [edit for edit in edits(two, "recolour") if " it " in f" {edit.instruction.lower()} "]


def test_what_is_added_without_colour_size_or_place_takes_the_defaults() -> None:
    empty = Scene(0, ())
    plain = [edit for edit in edits(empty, "add", count=40_000) if edit.instruction.lower().rstrip(".") == "add a star"]
    assert plain and {edit.target_scene for edit in plain} == {Scene(0, (SceneObject(3, BLUE, LARGE, DEFAULT_ORDER[0]),))}


def test_a_picture_never_grows_beyond_four_objects() -> None:
    four = Scene(0, tuple(SceneObject(cell, cell, 0, cell) for cell in range(4)))
    with pytest.raises(ValueError, match="no unambiguous edit of kind 'add'"):
        sample_edit(random.Random(0), four, "en", "train", "add")


def test_objects_move_to_free_cells_inside_the_grid() -> None:
    corner = Scene(0, (SceneObject(0, 0, 0, 0), SceneObject(1, 1, 0, 1)))
    targets = {edit.target_scene for edit in edits(corner, "move", count=500)}
    assert all(len(target.objects) == 2 for target in targets)
    ups = [edit for edit in edits(ONE, "move", count=1000) if edit.instruction.lower().rstrip(".") == "move it up"]
    assert ups and {edit.target_scene.objects[0].cell for edit in ups} == {1}


def test_train_edits_bring_nothing_held_out() -> None:
    rng = random.Random(4)
    for _ in range(2000):
        assert not has_held_out(sample_edit(rng, random_scene(rng), "en", "train").target_scene)


def test_test_edits_of_familiar_pictures_use_templates_that_training_never_uses() -> None:
    rng = random.Random(0)
    known = {sample_edit(rng, ONE, "en", "train").instruction.lower().rstrip(".?") for _ in range(20_000)}
    assert not [e for _ in range(500) if (e := sample_edit(rng, ONE, "en", "test").instruction.lower().rstrip(".?")) in known]


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="kind must be one of"):
        sample_edit(random.Random(0), ONE, "en", "train", "blur")
