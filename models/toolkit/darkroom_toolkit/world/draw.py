"""Pictures of scenes: 288 x 288 RGB, nine cells of 96 x 96, the same bytes on every call.

Everything that costs time is done once, in the `TileAtlas`: one sprite for each of the 160 objects (anti-aliased, softly lit from
the top left, with a rim and a drop shadow) and one picture for each background. A picture is then nine tiles laid over a
background in integer arithmetic, so that `draw` (numpy) and `draw_batch` (PyTorch, any device) agree byte for byte.

Backgrounds carry a soft gradient that differs at every place: brighter to the top, warm at the left, cool at the right. A patch
of bare background therefore tells where it lies, which a vision tower needs for pictures that are mostly bare.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .scene import BACKGROUNDS, CELL_CODES, CELL_COUNT, COLOURS, GRID, SHAPES, SIZES, Scene, SceneObject

if TYPE_CHECKING:
    import torch

CELL_PIXELS = 96
PICTURE_PIXELS = GRID * CELL_PIXELS

#: Body colours, sRGB 0..255, before light and shade.
BODY_RGB = {
    "red": (224, 52, 52),
    "orange": (247, 138, 30),
    "yellow": (252, 212, 44),
    "green": (52, 168, 83),
    "blue": (48, 108, 224),
    "purple": (138, 74, 200),
    "pink": (250, 146, 186),
    "brown": (134, 84, 50),
    "black": (28, 28, 32),
    "white": (252, 252, 252),
}

#: Rims are darker than the body; black alone gets a lighter one, or it would vanish on the dark background.
RIM_RGB = {
    "red": (158, 28, 36),
    "orange": (196, 92, 8),
    "yellow": (204, 150, 12),
    "green": (26, 114, 52),
    "blue": (24, 66, 160),
    "purple": (92, 42, 144),
    "pink": (208, 92, 138),
    "brown": (88, 52, 28),
    "black": (114, 116, 130),
    "white": (172, 176, 188),
}

#: Background base colours: the gradient adds up to 17 and takes away up to 17, so nothing clips.
BACKGROUND_RGB = {
    "white": (238, 238, 238),
    "light yellow": (238, 230, 178),
    "light blue": (182, 212, 238),
    "light green": (190, 228, 186),
    "light pink": (238, 198, 212),
    "dark": (44, 48, 64),
}
VERTICAL_LEVELS = 9
HORIZONTAL_LEVELS = 8

_SUPERSAMPLING = 4
_SMALL_SCALE = 40 / 72


@dataclass
class TileAtlas:
    """Everything a picture is made of.

    sprites: uint8 [161, 96, 96, 4], RGB premultiplied with alpha; index 0 is the empty cell.
    backgrounds: uint8 [6, 288, 288, 3].
    """

    sprites: np.ndarray
    backgrounds: np.ndarray
    _composed: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)

    @classmethod
    def build(cls) -> TileAtlas:
        """Draw every sprite and background; a few seconds."""
        sprites = np.zeros((CELL_CODES, CELL_PIXELS, CELL_PIXELS, 4), dtype=np.uint8)
        for shape in range(len(SHAPES)):
            for size in range(len(SIZES)):
                layers = _layers(SHAPES[shape], 1.0 if size == 0 else _SMALL_SCALE)
                for colour in range(len(COLOURS)):
                    sprites[SceneObject(shape, colour, size, 0).code] = _sprite(layers, COLOURS[colour])
        return cls(sprites, np.stack([_background(BACKGROUND_RGB[name]) for name in BACKGROUNDS]))

    @classmethod
    def load(cls, path: Path) -> TileAtlas:
        """Read an atlas written by `save`."""
        with np.load(path) as arrays:
            return cls(arrays["sprites"], arrays["backgrounds"])

    def save(self, path: Path) -> None:
        """Write a compressed .npz."""
        np.savez_compressed(path, sprites=self.sprites, backgrounds=self.backgrounds)

    def composed(self, device: torch.device | str) -> torch.Tensor:
        """Every sprite over every background at every cell, uint8 [6 * 9 * 161, 3, 96, 96] on `device` (240 MB, made once)."""
        import torch

        key = str(device)
        if key not in self._composed:
            sprites = torch.from_numpy(self.sprites).to(device).permute(0, 3, 1, 2).int()  # [161, 4, 96, 96]
            colour, uncovered = sprites[:, :3], 255 - sprites[:, 3:]
            cells = torch.from_numpy(_cut_into_cells(self.backgrounds)).to(device).permute(0, 3, 1, 2).int()  # [54, 3, 96, 96]
            tiles = torch.empty((len(cells), CELL_CODES, 3, CELL_PIXELS, CELL_PIXELS), dtype=torch.uint8, device=device)
            for index, cell in enumerate(cells):
                scaled = cell * uncovered + 128
                tiles[index] = (colour + ((scaled + (scaled >> 8)) >> 8)).to(torch.uint8)
            self._composed[key] = tiles.flatten(0, 1)
        return self._composed[key]


@cache
def _built_atlas() -> TileAtlas:
    return TileAtlas.build()


@cache
def _stored_atlas(path: Path) -> TileAtlas:
    if path.exists():
        return TileAtlas.load(path)
    built = _built_atlas()
    built.save(path)
    return built


def tile_atlas(cache_path: Path | str | None = None) -> TileAtlas:
    """The atlas, built on first use and kept in memory; `cache_path` (.npz) also keeps it on disk between runs."""
    return _built_atlas() if cache_path is None else _stored_atlas(Path(cache_path))


def draw(scene: Scene, atlas: TileAtlas | None = None) -> np.ndarray:
    """The picture of a scene, uint8 [288, 288, 3]."""
    atlas = atlas or tile_atlas()
    picture = atlas.backgrounds[scene.background].copy()
    for item in scene.objects:
        top, left = (CELL_PIXELS * place for place in divmod(item.cell, GRID))
        tile = picture[top : top + CELL_PIXELS, left : left + CELL_PIXELS]
        tile[...] = _over(atlas.sprites[item.code], tile)
    return picture


def draw_batch(codes: torch.Tensor | np.ndarray, atlas: TileAtlas | None = None, device: torch.device | str | None = None) -> torch.Tensor:
    """The pictures of many scenes, uint8 [B, 3, 288, 288], from codes [B, 10] (see `scene_to_codes`).

    Runs on `device`, or where `codes` lies; the first call on a device prepares 240 MB of tiles there.
    """
    import torch

    codes = torch.as_tensor(codes)
    device = codes.device if device is None else torch.device(device)
    codes = codes.to(device=device, dtype=torch.long)
    tiles = (atlas or tile_atlas()).composed(device)
    cells = torch.arange(CELL_COUNT, device=device)
    picked = tiles[(codes[:, :1] * CELL_COUNT + cells) * CELL_CODES + codes[:, 1:]]  # [B, 9, 3, 96, 96]
    grid = picked.unflatten(1, (GRID, GRID)).permute(0, 3, 1, 4, 2, 5)  # [B, 3, row, 96, column, 96]
    return grid.reshape(len(codes), 3, PICTURE_PIXELS, PICTURE_PIXELS)


def _over(sprite: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Premultiplied `sprite` [h, w, 4] over `under` [h, w, 3]; (x + 128 + (x + 128 >> 8)) >> 8 is x / 255 rounded, exactly."""
    scaled = under.astype(np.int32) * (255 - sprite[..., 3:].astype(np.int32)) + 128
    return (sprite[..., :3] + ((scaled + (scaled >> 8)) >> 8)).astype(np.uint8)


def _cut_into_cells(backgrounds: np.ndarray) -> np.ndarray:
    """[6, 288, 288, 3] -> [54, 96, 96, 3], background by background, cells in reading order."""
    rows = backgrounds.reshape(-1, GRID, CELL_PIXELS, GRID, CELL_PIXELS, 3)
    return np.ascontiguousarray(rows.transpose(0, 1, 3, 2, 4, 5)).reshape(-1, CELL_PIXELS, CELL_PIXELS, 3)


def _background(base: tuple[int, int, int]) -> np.ndarray:
    """One background, uint8 [288, 288, 3]."""
    ramp = np.linspace(1.0, -1.0, PICTURE_PIXELS)
    vertical = VERTICAL_LEVELS * ramp[:, None, None]
    horizontal = HORIZONTAL_LEVELS * ramp[None, :, None] * np.array([1.0, 0.0, -1.0])
    return np.rint(np.array(base) + vertical + horizontal).astype(np.uint8)


# --- sprites ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Layers:
    """How much of each ingredient a sprite's pixels hold, each float [96, 96] in 0..1; what is left of `coverage` is black."""

    coverage: np.ndarray
    body: np.ndarray
    rim: np.ndarray
    gleam: np.ndarray
    shadow: np.ndarray


def _sprite(layers: _Layers, colour: str) -> np.ndarray:
    """The sprite of one colour, uint8 [96, 96, 4], premultiplied."""
    body, rim = np.array(BODY_RGB[colour]), np.array(RIM_RGB[colour])
    rgb = layers.body[..., None] * body + layers.rim[..., None] * rim + layers.gleam[..., None] * 255
    alpha = layers.coverage + layers.shadow * (1 - layers.coverage)
    alpha_level = np.rint(255 * alpha)
    return np.concatenate([np.minimum(np.rint(rgb), alpha_level[..., None]), alpha_level[..., None]], axis=-1).astype(np.uint8)


def _layers(shape: str, scale: float) -> _Layers:
    """Ingredients of a shape, computed at four times the resolution and averaged down."""
    fine = CELL_PIXELS * _SUPERSAMPLING
    axis = (np.arange(fine) + 0.5) / _SUPERSAMPLING - CELL_PIXELS / 2  # pixels from the centre of the cell
    x, y = np.meshgrid(axis / scale, axis / scale)
    distance = _SIGNED_DISTANCE[shape](x, y) * scale  # pixels, negative inside

    inside = np.clip(0.5 - distance * _SUPERSAMPLING, 0, 1)
    rim_width = 1.4 + 1.2 * scale
    rim = 1 - _smoothstep(rim_width - 0.7, rim_width + 0.7, -distance)
    slope_y, slope_x = np.gradient(distance, 1 / _SUPERSAMPLING)
    facing = (-slope_x - slope_y) / np.sqrt(2)  # 1 where the edge faces the light, at the top left
    bevel = 1 - _smoothstep(rim_width, rim_width + 9 * scale, -distance)
    slant = np.clip((-x - y) / 72, -1, 1)  # 1 towards the light
    gleam = 0.06 + 0.09 * slant + 0.22 * bevel * np.clip(facing, 0, 1)
    shade = 0.05 - 0.09 * slant + 0.14 * bevel * np.clip(-facing, 0, 1)
    gleam, shade = np.clip(gleam, 0, 1) * (1 - rim), np.clip(shade, 0, 1) * (1 - rim)

    coverage = _average_down(inside)
    return _Layers(
        coverage=coverage,
        body=_average_down(inside * (1 - rim - gleam - shade)),
        rim=_average_down(inside * rim * 0.9),
        gleam=_average_down(inside * gleam),
        shadow=_drop_shadow(coverage, scale),
    )


def _drop_shadow(coverage: np.ndarray, scale: float) -> np.ndarray:
    """The coverage, blurred and moved down and to the right; fades to nothing before the cell's edge."""
    sigma, down, right = 1.2 + 1.4 * scale, 1.5 + 1.5 * scale, 1.0 + 0.5 * scale
    reach = np.arange(-9, 10)
    blurred = coverage
    for axis, offset in ((0, down), (1, right)):
        kernel = np.exp(-0.5 * ((reach - offset) / sigma) ** 2)
        kernel /= kernel.sum()
        blurred = np.apply_along_axis(np.convolve, axis, blurred, kernel, mode="same")
    edge = np.minimum(np.arange(CELL_PIXELS), np.arange(CELL_PIXELS)[::-1])
    fade = np.clip((edge - 1) / 4, 0, 1)
    return 0.34 * blurred * np.minimum(fade[:, None], fade[None, :])


def _average_down(fine: np.ndarray) -> np.ndarray:
    """[384, 384] -> [96, 96]."""
    return fine.reshape(CELL_PIXELS, _SUPERSAMPLING, CELL_PIXELS, _SUPERSAMPLING).mean(axis=(1, 3))


def _smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


# --- shapes as signed distances, in pixels of a large object; x to the right, y down, the cell's centre at 0, 0 ------------------


def _polygon_distance(x: np.ndarray, y: np.ndarray, corners: np.ndarray, rounding: float) -> np.ndarray:
    """Signed distance to a polygon [N, 2] grown by `rounding`, which rounds its corners."""
    nearest = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge_x, edge_y = bx - ax, by - ay
        along = np.clip(((x - ax) * edge_x + (y - ay) * edge_y) / (edge_x**2 + edge_y**2), 0, 1)
        nearest = np.minimum(nearest, (x - ax - along * edge_x) ** 2 + (y - ay - along * edge_y) ** 2)
        if edge_y != 0:
            inside ^= ((ay > y) != (by > y)) & (x < ax + (y - ay) * edge_x / edge_y)
    return np.where(inside, -1.0, 1.0) * np.sqrt(nearest) - rounding


def _circle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.hypot(x, y) - 35.5


def _ring(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.abs(np.hypot(x, y) - 27) - 9.5


def _square(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _polygon_distance(x, y, np.array([(-27, -27), (27, -27), (27, 27), (-27, 27)]), 5)


def _diamond(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _polygon_distance(x, y, np.array([(0, -36), (28, 0), (0, 36), (-28, 0)]), 2.5)


def _triangle(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return _polygon_distance(x, y, np.array([(0, -29), (32.5, 27), (-32.5, 27)]), 4.5)


def _star(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    angles = np.pi * (np.arange(10) / 5 - 0.5)
    radii = np.where(np.arange(10) % 2 == 0, 35.5, 16.0)
    return _polygon_distance(x, y - 2.5, np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1), 3)


def _cross(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    arm, half = 31.5, 8.5
    quarter = [(half, -arm), (half, -half), (arm, -half)]
    corners = [(x, y) for x, y in quarter]
    for _ in range(3):
        corners += [(-y, x) for x, y in corners[-3:]]
    return _polygon_distance(x, y, np.array(corners), 3.5)


def _heart(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    across = 16 * np.sin(turn) ** 3
    up = 13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)
    return _polygon_distance(x, y, np.stack([across * 2.16, (-2.5 - up) * 2.16], axis=1), 1.5)


_SIGNED_DISTANCE = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "heart": _heart,
    "diamond": _diamond,
    "ring": _ring,
    "cross": _cross,
}
