"""Pictures: exact, alike in numpy and PyTorch, and placed where the scene says."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from darkroom_toolkit.world.draw import CELL_PIXELS, PICTURE_PIXELS, TileAtlas, draw, draw_batch, tile_atlas
from darkroom_toolkit.world.scene import BACKGROUNDS, CELL_COUNT, COLOURS, SHAPES, Scene, SceneObject, random_scene, scene_to_codes


def test_the_batched_renderer_draws_the_same_bytes() -> None:
    rng = random.Random(0)
    scenes = [random_scene(rng, 0, 9) for _ in range(24)]
    singly = np.stack([draw(scene) for scene in scenes])
    batch = draw_batch(np.stack([scene_to_codes(scene) for scene in scenes]))
    assert tuple(batch.shape) == (24, 3, PICTURE_PIXELS, PICTURE_PIXELS)
    assert np.array_equal(batch.permute(0, 2, 3, 1).numpy(), singly)


def test_an_atlas_built_again_is_the_same_and_so_is_one_read_from_its_cache(tmp_path: Path) -> None:
    again = TileAtlas.build()
    assert np.array_equal(again.sprites, tile_atlas().sprites) and np.array_equal(again.backgrounds, tile_atlas().backgrounds)
    path = tmp_path / "atlas.npz"
    written = tile_atlas(path)
    assert path.exists() and np.array_equal(TileAtlas.load(path).sprites, written.sprites)


def test_composing_agrees_with_exact_division() -> None:
    scene = random_scene(random.Random(5), 9, 9)
    atlas = tile_atlas()
    picture = draw(scene)
    for item in scene.objects:
        top, left = (CELL_PIXELS * place for place in divmod(item.cell, 3))
        area = np.s_[top : top + CELL_PIXELS, left : left + CELL_PIXELS]
        sprite = atlas.sprites[item.code].astype(np.float64)
        exact = sprite[..., :3] + np.rint(atlas.backgrounds[scene.background][area] * (255 - sprite[..., 3:]) / 255)
        assert np.array_equal(picture[area], exact)


def test_no_sprite_reaches_its_cells_edge_and_none_clips() -> None:
    sprites = tile_atlas().sprites
    edges = np.concatenate([sprites[:, [0, -1]].reshape(len(sprites), -1), sprites[:, :, [0, -1]].reshape(len(sprites), -1)], axis=1)
    assert not edges.any()
    assert (sprites[..., :3] <= sprites[..., 3:]).all()  # premultiplied: a colour never exceeds its alpha
    assert not sprites[0].any()


def test_large_objects_are_about_72_pixels_wide_and_small_ones_about_40() -> None:
    for shape in range(len(SHAPES)):
        for size, low, high in ((0, 60, 78), (1, 33, 44)):
            opaque = tile_atlas().sprites[SceneObject(shape, 0, size, 0).code, ..., 3] > 200
            assert low <= max(opaque.any(axis=0).sum(), opaque.any(axis=1).sum()) <= high, SHAPES[shape]


def test_an_object_changes_only_its_own_cell() -> None:
    empty = draw(Scene(2, ()))
    picture = draw(Scene(2, (SceneObject(3, 4, 0, 5),)))
    changed = (picture != empty).any(axis=-1)
    assert changed[CELL_PIXELS : 2 * CELL_PIXELS, 2 * CELL_PIXELS :].any()
    changed[CELL_PIXELS : 2 * CELL_PIXELS, 2 * CELL_PIXELS :] = False
    assert not changed.any()


def test_white_on_white_and_black_on_dark_stay_visible() -> None:
    for background, colour in (("white", "white"), ("dark", "black")):
        scene = Scene(BACKGROUNDS.index(background), (SceneObject(0, COLOURS.index(colour), 0, 4),))
        difference = np.abs(draw(scene).astype(int) - draw(Scene(scene.background, ())).astype(int)).max(axis=-1)
        assert (difference > 45).sum() > 200  # a rim two to three pixels wide around a circle of 71


@pytest.mark.parametrize("background", range(len(BACKGROUNDS)), ids=BACKGROUNDS)
def test_a_patch_of_bare_background_tells_where_it_is(background: int) -> None:
    picture = draw(Scene(background, ())).astype(np.float64)
    assert 0 < picture.min() and picture.max() <= 255
    patches = picture.reshape(9, 32, 9, 32, 3).mean(axis=(1, 3)).reshape(-1, 3)
    distances = np.linalg.norm(patches[:, None] - patches[None], axis=-1) + 1e3 * np.eye(81)
    assert distances.min() > 1
    rows, columns = picture.mean(axis=(1, 2)), picture.mean(axis=0)
    assert rows[0] - rows[-1] == pytest.approx(18, abs=1)  # brighter at the top
    assert columns[0, 0] - columns[-1, 0] == pytest.approx(16, abs=1)  # warm at the left
    assert columns[-1, 2] - columns[0, 2] == pytest.approx(16, abs=1)  # cool at the right


def test_every_cell_takes_every_object() -> None:
    sheet = draw(Scene(0, tuple(SceneObject(cell % 8, cell, 0, cell) for cell in range(CELL_COUNT))))
    bare = draw(Scene(0, ()))
    tiles = (sheet != bare).reshape(3, CELL_PIXELS, 3, CELL_PIXELS, 3).any(axis=(1, 3, 4))
    assert tiles.all()
