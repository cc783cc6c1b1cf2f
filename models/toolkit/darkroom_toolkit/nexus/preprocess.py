"""Pictures to patches and back: what the engine must do to a picture before the vision tower and after the VAE."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)

Filter = Literal["bilinear", "bicubic"]
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def smart_resize(
    height: int, width: int, factor: int = 28, min_pixels: int = 3136, max_pixels: int = 262_640
) -> tuple[int, int]:
    """Size nearest to (height, width) with sides that are multiples of `factor` and an area within the limits.

    Rounds half to even, as Python does: 70 px become 56, not 84. Raises ValueError for an empty picture or an aspect
    ratio above 200.
    """
    if height < 1 or width < 1:
        raise ValueError(f"a picture of {height} x {width} px is empty")
    if max(height, width) / min(height, width) > 200:
        raise ValueError(f"aspect ratio of {height} x {width} px is above 200")
    new_height = max(factor, round(height / factor) * factor)
    new_width = max(factor, round(width / factor) * factor)
    if new_height * new_width > max_pixels:
        beta = math.sqrt(height * width / max_pixels)
        new_height = max(factor, math.floor(height / beta / factor) * factor)
        new_width = max(factor, math.floor(width / beta / factor) * factor)
    elif new_height * new_width < min_pixels:
        beta = math.sqrt(min_pixels / (height * width))
        new_height = math.ceil(height * beta / factor) * factor
        new_width = math.ceil(width * beta / factor) * factor
    return new_height, new_width


def to_rgb(image: Image.Image) -> Image.Image:
    """RGB copy of any picture; transparency is dropped, not composited, as the reference does."""
    return image.convert("RGB")


def resize(image: Image.Image, height: int, width: int, filter: Filter = "bicubic") -> Image.Image:
    """Antialiased resize, Pillow's own. The same size comes back unchanged."""
    return image if image.size == (width, height) else image.resize((width, height), _FILTERS[filter])


def resize_and_crop(image: Image.Image, side: int, filter: Filter = "bilinear") -> Image.Image:
    """Shorter side to `side`, then the central square: how the decoders' training pictures are made."""
    width, height = image.size
    if width <= height:
        scaled = resize(image, int(side * height / width), side, filter)
    else:
        scaled = resize(image, side, int(side * width / height), filter)
    left = round((scaled.width - side) / 2)
    top = round((scaled.height - side) / 2)
    return scaled.crop((left, top, left + side, top + side))


def normalise(image: Image.Image | NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB picture (or uint8 [H, W, 3]) -> float32 [3, H, W], each channel (x / 255 - mean) / std."""
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError(f"wanted uint8 [H, W, 3], got {pixels.dtype} {list(pixels.shape)}; call to_rgb first")
    scaled = pixels.astype(np.float32) / np.float32(255)
    scaled = (scaled - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1))


def patchify(
    pixels: NDArray[np.float32], patch: int, merge: int = 2, frames: int = 2
) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
    """Normalised [3, H, W] -> patch rows [gh * gw, 3 * frames * patch^2] and the grid (1, gh, gw).

    Patches of one merge x merge unit are consecutive, units row-major; a row holds channel, frame, y, x. The single
    frame is repeated; `frames=1` leaves the repetition out for a tower that folds its temporal kernel. The leading
    axes may also hold a batch: [B, 3, H, W] -> [B, gh * gw, ...].
    Raises ValueError unless both sides are multiples of patch * merge.
    """
    *batch, channels, height, width = pixels.shape
    unit = patch * merge
    if height % unit or width % unit:
        raise ValueError(f"{height} x {width} px cannot be cut into units of {unit} px; resize first")
    rows, columns = height // patch, width // patch
    blocks = pixels.reshape(-1, channels, rows // merge, merge, patch, columns // merge, merge, patch)
    blocks = blocks.transpose(0, 2, 5, 3, 6, 1, 4, 7)  # B, gh/m, gw/m, m, m, C, p, p
    blocks = np.repeat(blocks[:, :, :, :, :, :, None], frames, axis=6)
    return blocks.reshape(*batch, rows * columns, channels * frames * patch * patch), (1, rows, columns)


def patches_of(
    image: Image.Image, patch: int, merge: int = 2, frames: int = 2
) -> tuple[NDArray[np.float32], tuple[int, int, int]]:
    """`normalise` and `patchify` of a picture that already has its final size."""
    return patchify(normalise(image), patch, merge, frames)


def to_signed(image: Image.Image | NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB picture -> float32 [3, H, W] in [-1, 1], what the VAE encoder takes."""
    pixels = np.asarray(image).astype(np.float32) / np.float32(127.5) - np.float32(1)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def to_pixels(decoded: NDArray[np.float32]) -> NDArray[np.uint8]:
    """VAE output [3, H, W] -> uint8 [H, W, 3]: clip(x / 2 + 0.5, 0, 1) * 255, **truncated** as the reference does."""
    levels = np.clip(decoded / 2 + 0.5, 0, 1) * 255
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))
