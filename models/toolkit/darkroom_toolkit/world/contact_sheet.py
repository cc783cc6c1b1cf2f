"""A sheet with every shape in every colour, every background and some random scenes, for looking at.

    python -m darkroom_toolkit.world.contact_sheet out.png
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .draw import CELL_PIXELS, draw
from .scene import BACKGROUNDS, CENTRE, COLOURS, LARGE, SHAPES, SMALL, Scene, SceneObject, random_scene


_SCENES_PER_ROW = 6
_GAP = 32


def contact_sheet(seed: int = 0) -> np.ndarray:
    """uint8 [H, W, 3]: all objects in both sizes on white and on dark, then scenes: two per background, and six dense ones."""
    rng = random.Random(seed)
    palettes = [np.concatenate([_palette(background, size) for size in (LARGE, SMALL)]) for background in (0, len(BACKGROUNDS) - 1)]
    scenes = [Scene(background, random_scene(rng, 1, 4).objects) for _ in range(2) for background in range(len(BACKGROUNDS))]
    scenes += [random_scene(rng, 5, 9) for _ in range(_SCENES_PER_ROW)]
    pictures = [draw(scene) for scene in scenes]
    rows = [_side_by_side(pictures[first : first + _SCENES_PER_ROW]) for first in range(0, len(pictures), _SCENES_PER_ROW)]
    parts = [_side_by_side(palettes), *rows]
    width = max(part.shape[1] for part in parts)
    return np.concatenate([_centred(part, width) for part in parts])


def _palette(background: int, size: int) -> np.ndarray:
    """All shapes (down) in all colours (across) on one background, uint8 [8 * 96, 10 * 96, 3]."""
    lines = []
    for shape in range(len(SHAPES)):
        tiles = []
        for colour in range(len(COLOURS)):
            picture = draw(Scene(background, (SceneObject(shape, colour, size, CENTRE),)))
            tiles.append(picture[CELL_PIXELS : 2 * CELL_PIXELS, CELL_PIXELS : 2 * CELL_PIXELS])
        lines.append(np.concatenate(tiles, axis=1))
    return np.concatenate(lines)


def _side_by_side(pictures: Sequence[np.ndarray]) -> np.ndarray:
    gap = np.full((len(pictures[0]), _GAP, 3), 255, dtype=np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=1)


def _centred(part: np.ndarray, width: int) -> np.ndarray:
    left = (width - part.shape[1]) // 2
    return np.pad(part, ((_GAP // 2, _GAP // 2), (left, width - part.shape[1] - left), (0, 0)), constant_values=255)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description="Draw a contact sheet of the shapes world.")
    parser.add_argument("output", type=Path, help="where to write the PNG")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random scenes (default 0)")
    arguments = parser.parse_args()
    Image.fromarray(contact_sheet(arguments.seed)).save(arguments.output)


if __name__ == "__main__":
    main()
