"""What a picture of the shapes world holds, as plain values.

A scene is a background and up to nine objects on a 3 x 3 grid, at most one per cell. Everything else in this package maps from
or to it: `draw` turns a scene into pixels, `language` turns sentences into scenes, `checker` reads a scene back from pixels.

Attributes are small integers, indices into the tuples below, so that a scene packs into ten bytes (`scene_to_codes`), the form
in which scenes travel to the batched renderer.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

SHAPES = ("circle", "square", "triangle", "star", "heart", "diamond", "ring", "cross")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")
SIZES = ("large", "small")
CELLS = (
    "top left", "top center", "top right",
    "middle left", "center", "middle right",
    "bottom left", "bottom center", "bottom right",
)  # fmt: skip
BACKGROUNDS = ("white", "light yellow", "light blue", "light green", "light pink", "dark")

GRID = 3
CELL_COUNT = GRID * GRID
LARGE, SMALL = 0, 1
CENTRE = 4

#: Codes of one cell: 0 is empty, the rest is 1 + ((shape * 10 + colour) * 2 + size).
CELL_CODES = 1 + len(SHAPES) * len(COLOURS) * len(SIZES)

#: Every split name the samplers accept: what training may see, and what it never sees.
SPLITS = ("train", "test")


@dataclass(frozen=True, slots=True, order=True)
class SceneObject:
    """One object: indices into SHAPES, COLOURS, SIZES and CELLS."""

    shape: int
    colour: int
    size: int
    cell: int

    @property
    def code(self) -> int:
        """The cell code, 1..160; it leaves out the cell itself."""
        return 1 + ((self.shape * len(COLOURS) + self.colour) * len(SIZES) + self.size)

    @classmethod
    def from_code(cls, code: int, cell: int) -> SceneObject:
        """The object of a cell code in 1..160."""
        if not 1 <= code < CELL_CODES:
            raise ValueError(f"a cell code must be 1..{CELL_CODES - 1}, got {code}")
        rest, size = divmod(code - 1, len(SIZES))
        shape, colour = divmod(rest, len(COLOURS))
        return cls(shape, colour, size, cell)

    def __str__(self) -> str:
        return f"{SIZES[self.size]} {COLOURS[self.colour]} {SHAPES[self.shape]} at {CELLS[self.cell]}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A background (index into BACKGROUNDS) and objects in reading order, at most one per cell."""

    background: int
    objects: tuple[SceneObject, ...]

    def __post_init__(self) -> None:
        previous = -1
        for item in self.objects:
            if item.cell <= previous:
                raise ValueError(f"objects must be sorted by cell, at most one each, got cells {[o.cell for o in self.objects]}")
            previous = item.cell
        if previous >= CELL_COUNT:
            raise ValueError(f"cells must be 0..{CELL_COUNT - 1}, got {previous}")

    @classmethod
    def of(cls, background: int, objects: Iterable[SceneObject]) -> Scene:
        """A scene from objects in any order."""
        return cls(background, tuple(sorted(objects, key=_cell_of)))

    def __str__(self) -> str:
        things = "; ".join(map(str, self.objects)) or "nothing"
        return f"{things} on {BACKGROUNDS[self.background]}"


def _cell_of(item: SceneObject) -> int:
    return item.cell


def scene_to_codes(scene: Scene) -> np.ndarray:
    """uint8 [10]: the background, then one code per cell in reading order (0 = empty)."""
    codes = np.zeros(1 + CELL_COUNT, dtype=np.uint8)
    codes[0] = scene.background
    for item in scene.objects:
        codes[1 + item.cell] = item.code
    return codes


def codes_to_scene(codes: Sequence[int] | np.ndarray) -> Scene:
    """The inverse of `scene_to_codes`."""
    if len(codes) != 1 + CELL_COUNT:
        raise ValueError(f"a scene has {1 + CELL_COUNT} codes, got {len(codes)}")
    background = int(codes[0])
    if background >= len(BACKGROUNDS):
        raise ValueError(f"a background code must be 0..{len(BACKGROUNDS) - 1}, got {background}")
    objects = (SceneObject.from_code(int(code), cell) for cell, code in enumerate(codes[1:]) if code)
    return Scene(background, tuple(objects))


# --- splits -------------------------------------------------------------------------------------------------------------------

HELD_OUT_SHARE = 0.1


def _mix(value: int) -> float:
    """A fixed hash of a small integer, uniform in [0, 1) (the 32-bit finaliser of MurmurHash3)."""
    value = (value + 0x9E3779B9) & 0xFFFFFFFF
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return (value ^ (value >> 16)) / 2**32


#: Held-out combinations as a table [shape][colour][cell] of booleans; sizes share one fate.
_HELD_OUT = tuple(
    tuple(
        tuple(_mix((shape * len(COLOURS) + colour) * CELL_COUNT + cell) < HELD_OUT_SHARE for cell in range(CELL_COUNT))
        for colour in range(len(COLOURS))
    )
    for shape in range(len(SHAPES))
)

#: The same combinations as a list of (shape, colour, cell).
HELD_OUT_COMBINATIONS = tuple(
    (shape, colour, cell)
    for shape in range(len(SHAPES))
    for colour in range(len(COLOURS))
    for cell in range(CELL_COUNT)
    if _HELD_OUT[shape][colour][cell]
)


def is_held_out(item: SceneObject) -> bool:
    """Whether no training picture ever shows this shape in this colour at this place."""
    return _HELD_OUT[item.shape][item.colour][item.cell]


def has_held_out(scene: Scene) -> bool:
    """Whether a scene shows at least one combination that training never sees."""
    return any(_HELD_OUT[item.shape][item.colour][item.cell] for item in scene.objects)


# --- sampling -----------------------------------------------------------------------------------------------------------------

_WHITE_SHARE = 0.3
_ALL_CELLS = range(CELL_COUNT)


def random_background(rng: random.Random) -> int:
    """White in three of ten pictures, else one of the other five alike."""
    return 0 if rng.random() < _WHITE_SHARE else 1 + int(rng.random() * (len(BACKGROUNDS) - 1))


def random_object(rng: random.Random, cell: int, allow_held_out: bool = False) -> SceneObject:
    """An object at `cell`, its attributes uniform over what the split allows."""
    while True:
        shape = int(rng.random() * len(SHAPES))
        colour = int(rng.random() * len(COLOURS))
        if allow_held_out or not _HELD_OUT[shape][colour][cell]:
            return SceneObject(shape, colour, int(rng.random() * len(SIZES)), cell)


def random_scene(rng: random.Random, min_objects: int = 1, max_objects: int = 4, split: str = "train") -> Scene:
    """A scene with a uniform count of objects (0 to 9) in distinct random cells.

    A train scene shows no held-out combination; a test scene with any object shows at least one.
    """
    if split not in SPLITS:
        raise ValueError(f"split must be one of {SPLITS}, got {split!r}")
    if not 0 <= min_objects <= max_objects <= CELL_COUNT:
        raise ValueError(f"object counts must satisfy 0 <= min <= max <= {CELL_COUNT}, got {min_objects} and {max_objects}")
    count = rng.randint(min_objects, max_objects)
    held_out = split == "test"
    cells = rng.sample(_ALL_CELLS, count)
    objects = [random_object(rng, cell, held_out) for cell in cells]
    if held_out and objects and not any(map(is_held_out, objects)):
        objects[0] = _held_out_object(rng, {item.cell for item in objects[1:]})
    return Scene.of(random_background(rng), objects)


def _held_out_object(rng: random.Random, taken_cells: set[int]) -> SceneObject:
    while True:
        shape, colour, cell = rng.choice(HELD_OUT_COMBINATIONS)
        if cell not in taken_cells:
            return SceneObject(shape, colour, int(rng.random() * len(SIZES)), cell)
