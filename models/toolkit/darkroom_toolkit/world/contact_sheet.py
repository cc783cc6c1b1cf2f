"""A sheet with every shape in every colour, every background and some random scenes, for looking at.

    python -m darkroom_toolkit.world.contact_sheet out.png
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
from PIL import Image

from .draw import CELL_PIXELS, draw
from .scene import BACKGROUNDS, CELL_COUNT, COLOURS, LARGE, SHAPES, SMALL, Scene, SceneObject, random_scene


def contact_sheet(seed: int = 0) -> np.ndarray:
    """uint8 [H, W, 3]: all objects (white, then dark background, sizes alternating), then one row per two backgrounds."""
    rng = random.Random(seed)
    palette = [_palette_row(background, size) for background in (0, len(BACKGROUNDS) - 1) for size in (LARGE, SMALL)]
    pictures = [draw(_on(background, random_scene(rng, 1, 4))) for background in range(len(BACKGROUNDS)) for _ in range(2)]
    pictures += [draw(random_scene(rng, 5, 9)) for _ in range(3)]
    columns = 5
    rows = [np.concatenate(pictures[i : i + columns], axis=1) for i in range(0, len(pictures), columns)]
    width = max(part.shape[1] for part in palette + rows)
    return np.concatenate([_pad(part, width) for part in palette + rows])


def _on(background: int, scene: Scene) -> Scene:
    return Scene(background, scene.objects)


def _palette_row(background: int, size: int) -> np.ndarray:
    """All shapes (down) in all colours (across) on one background, uint8 [8 * 96, 10 * 96, 3]."""
    lines = []
    for shape in range(len(SHAPES)):
        tiles = []
        for colour in range(len(COLOURS)):
            cell = (shape + colour) % CELL_COUNT
            top, left = (CELL_PIXELS * place for place in divmod(cell, 3))
            picture = draw(Scene(background, (SceneObject(shape, colour, size, cell),)))
            tiles.append(picture[top : top + CELL_PIXELS, left : left + CELL_PIXELS])
        lines.append(np.concatenate(tiles, axis=1))
    return np.concatenate(lines)


def _pad(part: np.ndarray, width: int) -> np.ndarray:
    return np.pad(part, ((0, 0), (0, width - part.shape[1]), (0, 0)), constant_values=255)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description="Draw a contact sheet of the shapes world.")
    parser.add_argument("output", type=Path, help="where to write the PNG")
    parser.add_argument("--seed", type=int, default=0, help="seed of the random scenes (default 0)")
    arguments = parser.parse_args()
    Image.fromarray(contact_sheet(arguments.seed)).save(arguments.output)


if __name__ == "__main__":
    main()
