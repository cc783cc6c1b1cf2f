"""Sizes, resampling and patch order of the specification's section 3."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from darkroom_toolkit.nexus.preprocess import (
    MEAN,
    STD,
    normalise,
    patchify,
    resize,
    resize_and_crop,
    smart_resize,
    to_pixels,
    to_signed,
)


def test_smart_resize_refuses_what_has_no_sensible_size() -> None:
    with pytest.raises(ValueError, match="aspect ratio"):
        smart_resize(10, 2001)
    with pytest.raises(ValueError, match="empty"):
        smart_resize(0, 10)


def test_patches_of_one_unit_are_consecutive() -> None:
    # A 4 x 4 grid of 2 px patches whose every pixel holds its patch's number.
    numbers = np.arange(16, dtype=np.float32).reshape(4, 4).repeat(2, axis=0).repeat(2, axis=1)
    patches, grid = patchify(np.stack([numbers] * 3), patch=2)
    assert grid == (1, 4, 4)
    places = [divmod(int(row[0]), 4) for row in patches]
    assert places[:9] == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 0)]


def test_a_patch_row_is_channel_then_frame_then_pixels() -> None:
    pixels = np.arange(3 * 4 * 4, dtype=np.float32).reshape(3, 4, 4)
    patches, _ = patchify(pixels, patch=2)
    row = patches[0].reshape(3, 2, 2, 2)
    for channel in range(3):
        for frame in range(2):
            np.testing.assert_array_equal(row[channel, frame], pixels[channel, :2, :2])


def test_a_single_frame_is_the_row_without_its_repetition() -> None:
    pixels = np.random.default_rng(0).normal(size=(3, 8, 8)).astype(np.float32)
    twice, _ = patchify(pixels, patch=4)
    once, _ = patchify(pixels, patch=4, frames=1)
    np.testing.assert_array_equal(twice.reshape(4, 3, 2, 16)[:, :, 1], once.reshape(4, 3, 16))


def test_a_batch_is_patchified_like_each_of_its_pictures() -> None:
    pixels = np.random.default_rng(0).normal(size=(2, 3, 8, 12)).astype(np.float32)
    batch, grid = patchify(pixels, patch=2)
    assert grid == (1, 4, 6)
    for index in range(2):
        np.testing.assert_array_equal(batch[index], patchify(pixels[index], patch=2)[0])


def test_a_picture_that_does_not_fit_the_units_is_refused() -> None:
    with pytest.raises(ValueError, match="12 x 14 px cannot be cut into units of 4 px"):
        patchify(np.zeros((3, 12, 14), np.float32), patch=2)


def test_pixels_are_normalised_per_channel() -> None:
    picture = np.zeros((1, 2, 3), np.uint8)
    picture[0, 1] = 255
    normal = normalise(picture)
    np.testing.assert_allclose(normal[:, 0, 0], [-mean / std for mean, std in zip(MEAN, STD)], rtol=1e-6)
    np.testing.assert_allclose(normal[:, 0, 1], [(1 - mean) / std for mean, std in zip(MEAN, STD)], rtol=1e-6)


def test_only_rgb_bytes_are_normalised() -> None:
    with pytest.raises(ValueError, match="call to_rgb first"):
        normalise(np.zeros((4, 4), np.uint8))


def test_resizing_to_the_same_size_changes_nothing() -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8))
    assert resize(picture, 6, 8) is picture


def test_shrinking_is_antialiased() -> None:
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 255
    small = np.asarray(resize(Image.fromarray(stripes), 2, 2, "bilinear"))
    assert small.min() > 90 and small.max() < 170  # picking single pixels would give 0 or 255


def test_a_cropped_picture_is_the_square_in_the_middle() -> None:
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 200
    square = np.asarray(resize_and_crop(Image.fromarray(wide), 4))
    assert square.shape == (4, 4, 3)
    assert (square == 200).all()


def test_decoded_values_are_clipped_and_truncated() -> None:
    decoded = np.array([-2.0, -1.0, 0.0, 0.999, 1.0, 3.0], np.float32).reshape(1, 1, 6).repeat(3, axis=0)
    assert to_pixels(decoded)[0, :, 0].tolist() == [0, 0, 127, 254, 255, 255]


def test_bytes_survive_the_way_to_the_autoencoder_and_back_within_truncation() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    back = to_pixels(to_signed(levels))
    assert np.abs(back.astype(int) - levels).max() <= 1
