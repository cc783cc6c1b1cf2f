"""Pictures to patches against Qwen2-VL's image processor."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from transformers.models.qwen2_vl.image_processing_qwen2_vl import Qwen2VLImageProcessor
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize as reference_size

from ..nexus.preprocess import patches_of, resize, smart_resize, to_rgb
from .piece import Errors, Section, absolute

SECTION = Section("Pictures to patches")

#: Patch size and limits of area: Nexus-Gen's, the library's own, the embedded model's.
LIMITS = ((14, 3_136, 262_640), (14, 3_136, 12_845_056), (8, 4 * 16**2, 81 * 16**2))


@SECTION.piece("`smart_resize`, sides of at least half a unit", "transformers, `smart_resize`", "values")
def sizes() -> Errors:
    # Thinner pictures than that are rounded to 0 by transformers and to one unit by Qwen's own vision utilities, as here.
    rng = np.random.default_rng(0)
    for patch, least, most in LIMITS:
        for _ in range(1000):
            height, width = (int(side) for side in np.exp(rng.uniform(math.log(patch + 1), math.log(5000), 2)))
            if max(height, width) / min(height, width) > 200:
                continue
            wanted = reference_size(height, width, 2 * patch, least, most)
            yield float(smart_resize(height, width, 2 * patch, least, most) != wanted)


@SECTION.piece("Resize, normalise, cut into patches", "transformers, `Qwen2VLImageProcessor`", "absolute", 1e-6, "float32")
def patches() -> Errors:
    for patch, least, most in LIMITS[::2]:
        processor = Qwen2VLImageProcessor(patch_size=patch, merge_size=2, min_pixels=least, max_pixels=most)
        for height, width in ((200, 300), (70, 70), (700, 500), (33, 140), (28, 28), (512, 512)):
            yield _difference([_noise(height, width, "RGB")], patch, least, most, processor)
        yield _difference([_noise(90, 120, "RGB"), _noise(300, 64, "RGB")], patch, least, most, processor)


@SECTION.piece("Pictures that are not RGB: transparency, palette, grey", "transformers, `Qwen2VLImageProcessor`", "absolute", 1e-6, "float32")
def modes() -> Errors:
    patch, least, most = LIMITS[0]
    processor = Qwen2VLImageProcessor(patch_size=patch, merge_size=2, min_pixels=least, max_pixels=most)
    for mode in ("RGBA", "LA", "P", "L", "1"):
        yield _difference([_noise(100, 150, mode)], patch, least, most, processor)


def _difference(pictures: list[Image.Image], patch: int, least: int, most: int, processor: Qwen2VLImageProcessor) -> float:
    wanted = processor(images=pictures, return_tensors="np")
    rows, grids = [], []
    for picture in pictures:
        size = smart_resize(picture.height, picture.width, 2 * patch, least, most)
        pixels, grid = patches_of(resize(to_rgb(picture), *size), patch)
        rows.append(pixels)
        grids.append(list(grid))
    return absolute(np.concatenate(rows), wanted["pixel_values"]) if grids == wanted["image_grid_thw"].tolist() else math.inf


def _noise(height: int, width: int, mode: str) -> Image.Image:
    channels = np.random.default_rng(height * width).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(channels, "RGBA").convert("RGBA" if mode == "RGBA" else "LA" if mode == "LA" else "RGB").convert(mode)
