"""An independent reader of pictures: what objects does this picture show, and are they what was asked for?

It shares no pixel with `draw`: it knows the 3 x 3 grid, the names and rough colours of the palette, and what the shapes look like
as geometry. It fits the background from the borders of the cells, cuts each cell's object out by flooding from the border, and
then classifies: the shape by overlap with ideal outlines, the colour by distance in Lab, the size by the bounding box. What fits
no shape or no colour is `unreadable`, never the nearest guess, so that a blur cannot pass for an object.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .edits import EditSample
from .prompts import PromptSample
from .scene import BACKGROUNDS, CELLS, COLOURS, GRID, LARGE, SHAPES, SMALL, Scene, SceneObject

_SIDE = 288
_CELL = _SIDE // GRID

#: What the colour names look like on a softly lit body, sRGB.
_COLOUR_REFERENCES = {
    "red": (218, 58, 58),
    "orange": (240, 138, 42),
    "yellow": (242, 206, 54),
    "green": (60, 164, 88),
    "blue": (56, 110, 216),
    "purple": (138, 80, 196),
    "pink": (242, 148, 186),
    "brown": (134, 88, 58),
    "black": (40, 40, 44),
    "white": (246, 246, 246),
}

#: What the background names look like in the middle of the picture, sRGB.
_BACKGROUND_REFERENCES = {
    "white": (238, 238, 238),
    "light yellow": (238, 230, 178),
    "light blue": (182, 212, 238),
    "light green": (190, 228, 186),
    "light pink": (238, 198, 212),
    "dark": (44, 48, 64),
}

_OFF_BACKGROUND = 20.0  # levels (Euclidean in RGB) beyond which a pixel is no background, shadow apart
_STANDS_OUT = 130.0  # levels of difference from the background beyond which colour alone finds the outline
_DEEPEST_SHADOW = 0.30  # share of light that a shadow may take away
_EDGE = 15.0  # levels per pixel: steeper than any shadow
_INNER_EDGE = 5.5  # levels per pixel that a picture darkens away from the cell's middle, as at the inner edge of a rim
_SMALLEST_AREA = 260  # pixels; the smallest object covers about 700
_SIZE_BORDER = 56.0  # pixels: small objects are about 40 wide, large ones about 72
_LONGEST = 1.5  # longer side by shorter; a diamond's is 1.3
_LEAST_OVERLAP = 0.80
_FARTHEST_COLOUR = 30.0  # Lab units


@dataclass(frozen=True, slots=True)
class ReadObject:
    """An object that was read, with how sure each attribute is (0..1) and the overlap with its ideal outline."""

    item: SceneObject
    overlap: float
    shape_confidence: float
    colour_confidence: float
    size_confidence: float

    @property
    def confidence(self) -> float:
        """That of the least sure attribute."""
        return min(self.shape_confidence, self.colour_confidence, self.size_confidence)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture shows.

    scene: background and readable objects; unreadable: cells that hold something which fits no shape, colour or size.
    """

    scene: Scene
    objects: tuple[ReadObject, ...]
    unreadable: tuple[int, ...]
    background_confidence: float

    @property
    def confidence(self) -> float:
        """That of the least sure part; 0 when something is unreadable."""
        return 0.0 if self.unreadable else min([self.background_confidence, *(read.confidence for read in self.objects)])

    def shows(self, scene: Scene) -> bool:
        """Whether the picture shows exactly this scene."""
        return not self.unreadable and self.scene == scene


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a picture does what was asked, whether it is the very scene in every attribute, and what is wrong with it."""

    passed: bool
    exact: bool
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.passed


def read_picture(rgb: np.ndarray) -> Reading:
    """Read a picture, uint8 [H, W, 3] of any size (scaled to 288 x 288 where it differs)."""
    picture = _smoothed(_at_reading_size(rgb))
    backdrop, base = _fit_background(picture)
    background, background_confidence = _nearest(_to_lab(base), _background_labs())[:2]
    objects: list[ReadObject] = []
    unreadable: list[int] = []
    cells, backdrops, masks = _cut(picture), _cut(backdrop), _segment(picture, backdrop)
    for cell in range(len(CELLS)):
        if masks[cell].sum() < _SMALLEST_AREA:
            continue
        read = _classify(cells[cell], backdrops[cell], masks[cell], cell)
        if read is None:
            unreadable.append(cell)
        else:
            objects.append(read)
    scene = Scene(background, tuple(read.item for read in objects))
    return Reading(scene, tuple(objects), tuple(unreadable), background_confidence)


def check_prompt(sample: PromptSample, picture: np.ndarray | Reading) -> Verdict:
    """Whether a picture does what a prompt asks, by the rules of its category.

    | category | counts |
    |---|---|
    | single_object | one object, of that shape |
    | two_object | two objects, of those shapes |
    | counting | that many objects and no more, all of that shape and colour |
    | colors | one object, of that shape and colour |
    | position | two objects, of those shapes, in that relation |
    | color_attribution | two objects, each of that shape in that colour |
    | free | every attribute and place of every object |

    In every category an object too many is wrong, and so is another background where the prompt asks for one.
    """
    reading = _as_reading(picture)
    wanted, found = sample.scene, reading.scene
    reasons = _unreadable_reasons(reading)
    if (wanted.background or sample.category == "free") and found.background != wanted.background:
        reasons.append(f"background: wanted {BACKGROUNDS[wanted.background]}, found {BACKGROUNDS[found.background]}")
    if sample.category == "free":
        reasons += _differences(wanted, found)
    else:
        by_colour = sample.category in ("counting", "colors", "color_attribution")
        names = [sorted(_kind(item, by_colour) for item in scene.objects) for scene in (wanted, found)]
        if names[0] != names[1]:
            reasons.append(f"objects: wanted {', '.join(names[0])}; found {', '.join(names[1]) or 'none'}")
        elif sample.category == "position" and not _same_relation(wanted, found):
            reasons.append(f"relation: wanted {wanted}; found {found}")
    return Verdict(not reasons, reading.shows(wanted), tuple(reasons))


def check_edit(source_scene: Scene, edit: EditSample, picture: np.ndarray | Reading) -> Verdict:
    """Whether a picture shows the edit's target exactly; the reasons say so when it still shows the source."""
    reading = _as_reading(picture)
    reasons = _unreadable_reasons(reading)
    if reading.scene.background != edit.target_scene.background:
        reasons.append(f"background: wanted {BACKGROUNDS[edit.target_scene.background]}, found {BACKGROUNDS[reading.scene.background]}")
    reasons += _differences(edit.target_scene, reading.scene)
    if reasons and reading.shows(source_scene):
        reasons.insert(0, "nothing changed")
    return Verdict(not reasons, not reasons, tuple(reasons))


def unedited_psnr(source_rgb: np.ndarray, result_rgb: np.ndarray, source_scene: Scene, target_scene: Scene) -> float:
    """Peak signal-to-noise ratio in dB over what an edit should leave alone, both pictures uint8 [H, W, 3] of one size.

    That is every cell with the same content in both scenes; when the background changes, the inside of the objects that stay.
    Infinite when the pixels are equal, or when nothing should have stayed.
    """
    if source_rgb.shape != result_rgb.shape:
        raise ValueError(f"both pictures must have one size, got {source_rgb.shape} and {result_rgb.shape}")
    source, result = _at_reading_size(source_rgb), _at_reading_size(result_rgb)
    before, after = ({item.cell: item for item in scene.objects} for scene in (source_scene, target_scene))
    same = np.array([before.get(cell) == after.get(cell) for cell in range(len(CELLS))])
    kept = np.broadcast_to(same[:, None, None], (len(CELLS), _CELL, _CELL))
    if source_scene.background != target_scene.background:
        smoothed = _smoothed(source)
        inside = _segment(smoothed, _fit_background(smoothed)[0])
        for item in source_scene.objects:
            if SHAPES[item.shape] == "ring":
                inside[item.cell] &= ~_disc(0.62 * _extent(inside[item.cell]) / 2)
        kept = kept & _eroded(inside, 4)
    difference = (_cut(source) - _cut(result))[kept]
    error = float(np.mean(difference**2)) if difference.size else 0.0
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


# --- comparing scenes -----------------------------------------------------------------------------------------------------------


def _as_reading(picture: np.ndarray | Reading) -> Reading:
    return picture if isinstance(picture, Reading) else read_picture(picture)


def _unreadable_reasons(reading: Reading) -> list[str]:
    return [f"{CELLS[cell]}: something that is none of the shapes" for cell in reading.unreadable]


def _kind(item: SceneObject, with_colour: bool) -> str:
    return f"{COLOURS[item.colour]} {SHAPES[item.shape]}" if with_colour else SHAPES[item.shape]


def _same_relation(wanted: Scene, found: Scene) -> bool:
    """Whether the two shapes stand to each other as wanted: above in rows or left in columns, wherever they are."""
    rows, columns = [], []
    for scene in (wanted, found):
        first, second = sorted(scene.objects, key=lambda item: item.shape)
        rows.append(np.sign(first.cell // GRID - second.cell // GRID))
        columns.append(np.sign(first.cell % GRID - second.cell % GRID))
    return bool(rows[0] == rows[1] if rows[0] else columns[0] == columns[1])


def _differences(wanted: Scene, found: Scene) -> list[str]:
    before, after = ({item.cell: item for item in scene.objects} for scene in (wanted, found))
    return [
        f"{CELLS[cell]}: wanted {before.get(cell, 'nothing')}, found {after.get(cell, 'nothing')}"
        for cell in range(len(CELLS))
        if before.get(cell) != after.get(cell)
    ]


# --- pixels: background and cutting out -------------------------------------------------------------------------------------------


def _at_reading_size(rgb: np.ndarray) -> np.ndarray:
    """float32 [288, 288, 3], levels 0..255."""
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"a picture must be uint8 [H, W, 3], got {rgb.dtype} {list(rgb.shape)}")
    if rgb.shape[:2] != (_SIDE, _SIDE):
        rgb = np.asarray(Image.fromarray(rgb).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC))
    return rgb.astype(np.float32)


def _smoothed(picture: np.ndarray) -> np.ndarray:
    """Binomial 3 x 3 smoothing: takes away most noise and leaves two-pixel rims."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    down = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    return (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 16


def _cut(picture: np.ndarray) -> np.ndarray:
    """[288, 288, ...] -> [9, 96, 96, ...], cells in reading order."""
    rows = picture.reshape(GRID, _CELL, GRID, _CELL, *picture.shape[2:])
    return rows.swapaxes(1, 2).reshape(GRID * GRID, _CELL, _CELL, *picture.shape[2:])


@cache
def _border_pixels() -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the outermost two pixels of every cell, where no object reaches."""
    place = np.arange(_SIDE) % _CELL
    border = (place < 2) | (place >= _CELL - 2)
    rows, columns = np.nonzero(border[:, None] | border[None, :])
    return rows, columns


def _fit_background(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A plane per channel through the cells' borders: [288, 288, 3], and its colour in the middle of the picture [3]."""
    rows, columns = _border_pixels()
    values = picture[rows, columns]
    terms = np.stack([np.ones(len(rows)), rows / _SIDE - 0.5, columns / _SIDE - 0.5], axis=1)
    trusted = np.linalg.norm(values - np.median(values, axis=0), axis=1) < 60
    for _ in range(2):  # the second time without what the first plane does not explain
        plane = np.linalg.lstsq(terms[trusted], values[trusted], rcond=None)[0]
        misfit = np.linalg.norm(values - terms @ plane, axis=1)
        trusted = misfit <= max(12.0, float(np.quantile(misfit, 0.7)))
    axis = np.arange(_SIDE) / _SIDE - 0.5
    backdrop = plane[0] + axis[:, None, None] * plane[1] + axis[None, :, None] * plane[2]
    return np.clip(backdrop, 1, 255).astype(np.float32), plane[0]


def _segment(picture: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """The filled outline of each cell's object, bool [9, 96, 96].

    What can be reached from the cell's border over background or shadow lies outside. An object whose colour stands out ends
    where the difference falls below a third, however soft its edge. Where object and background look alike, rims stop the
    flood: edges steeper than any shadow's are walls, and so are gentler ones that darken outwards or away from the light, which
    shadows do not (the shaded rim of a white object on white fades into its shadow).
    """
    shade = 1 - (picture * backdrop).sum(-1) / (backdrop * backdrop).sum(-1)
    lit = backdrop * (1 - np.clip(shade, 0, _DEEPEST_SHADOW))[..., None]
    difference = _cut(np.linalg.norm(picture - lit, axis=-1))
    contrast = np.array([np.quantile(cell[cell > _OFF_BACKGROUND], 0.7) if (cell > _OFF_BACKGROUND).any() else 0 for cell in difference])
    alike = (contrast < _STANDS_OUT)[:, None, None]
    walls = difference > np.where(alike, _OFF_BACKGROUND, 0.32 * contrast[:, None, None])
    slope_y, slope_x = np.gradient(picture.mean(axis=-1))
    outward_y, outward_x = _outward()
    darkening = -np.minimum(np.minimum(slope_y, slope_x), slope_y * outward_y + slope_x * outward_x)
    edges = _cut((np.hypot(slope_x, slope_y) > _EDGE) | (darkening > _INNER_EDGE))
    walls |= edges & alike
    walls[:, [0, -1], :] = False
    walls[:, :, [0, -1]] = False
    inside = ~_flooded(~np.where(alike, _dilated(walls, 1), walls))  # closes gaps in rims
    inside = np.where(alike, _eroded(inside, 1), inside)
    return _dilated(_eroded(inside, 1), 1)  # without specks


@cache
def _outward() -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors away from the middle of each cell, as y and x parts [288, 288]."""
    axis = np.arange(_SIDE) % _CELL - (_CELL - 1) / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    length = np.hypot(y, x)
    return y / length, x / length


def _flooded(free: np.ndarray) -> np.ndarray:
    """What is connected to each cell's border over free pixels, bool [9, 96, 96]."""
    reached = free.copy()
    reached[:, 1:-1, 1:-1] = False
    while True:
        grown = _grown(reached) & free
        if (grown == reached).all():
            return reached
        reached = grown


def _grown(mask: np.ndarray) -> np.ndarray:
    grown = mask.copy()
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    grown[:, :, 1:] |= mask[:, :, :-1]
    grown[:, :, :-1] |= mask[:, :, 1:]
    return grown


def _dilated(mask: np.ndarray, pixels: int) -> np.ndarray:
    for _ in range(pixels):
        mask = _grown(mask)
    return mask


def _eroded(mask: np.ndarray, pixels: int) -> np.ndarray:
    return ~_dilated(~mask, pixels)


# --- classifying ----------------------------------------------------------------------------------------------------------------


def _classify(cell_pixels: np.ndarray, cell_backdrop: np.ndarray, mask: np.ndarray, cell: int) -> ReadObject | None:
    """Read one object [96, 96, 3] from its filled outline [96, 96]; None when it fits nothing."""
    ys, xs = np.nonzero(mask)
    top, bottom, left, right = ys.min(), ys.max() + 1, xs.min(), xs.max() + 1
    if not 1 / _LONGEST < (right - left) / (bottom - top) < _LONGEST:
        return None
    outline = Image.fromarray(mask[top:bottom, left:right].astype(np.uint8) * 255)
    square = np.asarray(outline.resize((_IDEAL, _IDEAL), Image.Resampling.BILINEAR)) / 255.0
    overlaps = {name: max(_overlap(square, ideal) for ideal in ideals) for name, ideals in _ideal_outlines().items()}
    best, second = sorted(overlaps, key=overlaps.__getitem__, reverse=True)[:2]
    overlap = overlaps[best]
    centre, radius = ((top + bottom - 1) / 2, (left + right - 1) / 2), max(bottom - top, right - left) / 2
    body = _eroded(mask[None], 4 if radius > _SIZE_BORDER / 2 else 3)[0]
    shape_confidence = min(1.0, (overlap - overlaps[second]) / 0.08)
    if best == "circle":
        hole = _hole(cell_pixels, cell_backdrop, centre, radius)
        if hole > 0.5:
            best = "ring"
            body = _annulus(centre, 0.64 * radius, 0.84 * radius)
        shape_confidence = min(shape_confidence, abs(hole - 0.5) * 2)
    if overlap < _LEAST_OVERLAP or not body.any():
        return None
    colour, colour_confidence, distance = _nearest(_to_lab(np.median(cell_pixels[body], axis=0)), _colour_labs())
    if distance > _FARTHEST_COLOUR:
        return None
    width = 2 * radius
    item = SceneObject(SHAPES.index(best), colour, LARGE if width > _SIZE_BORDER else SMALL, cell)
    return ReadObject(item, overlap, shape_confidence, colour_confidence, min(1.0, float(abs(width - _SIZE_BORDER)) / 10))


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two soft masks."""
    return float(np.minimum(one, other).sum() / np.maximum(one, other).sum())


def _hole(cell_pixels: np.ndarray, cell_backdrop: np.ndarray, centre: tuple[float, float], radius: float) -> float:
    """How likely a round object is a ring, 0..1: is its middle like the background, or like the band around it?

    Where both look alike (white on white, black on dark) the rim around the hole decides, at half the radius.
    """
    middle, rim, band = (_annulus(centre, inner * radius, outer * radius) for inner, outer in ((0, 0.32), (0.48, 0.56), (0.64, 0.78)))
    at_middle, at_rim, at_band = (np.median(cell_pixels[part], axis=0) for part in (middle, rim, band))
    under = np.median(cell_backdrop[middle], axis=0)
    shade = np.clip(1 - (at_middle @ under) / (under @ under), 0, _DEEPEST_SHADOW)
    from_backdrop = float(np.linalg.norm(at_middle - (1 - shade) * under))
    from_band = float(np.linalg.norm(at_middle - at_band))
    if max(from_backdrop, from_band) > 40:
        return min(1.0, max(0.0, 0.5 + (from_band - from_backdrop) / 80))
    return min(1.0, float(min(np.linalg.norm(at_rim - at_band), np.linalg.norm(at_rim - at_middle))) / 36)


def _annulus(centre: tuple[float, float], inner: float, outer: float) -> np.ndarray:
    y, x = np.mgrid[:_CELL, :_CELL]
    distance = np.hypot(y - centre[0], x - centre[1])
    return (distance >= inner) & (distance <= outer)


def _disc(radius: float) -> np.ndarray:
    return _annulus(((_CELL - 1) / 2, (_CELL - 1) / 2), 0, radius)


def _extent(mask: np.ndarray) -> int:
    return int(max(mask.any(axis=0).sum(), mask.any(axis=1).sum()))


def _nearest(lab: np.ndarray, references: np.ndarray) -> tuple[int, float, float]:
    """The nearest reference, how clearly it is nearer than the second (0..1), and its distance."""
    distances = np.linalg.norm(references - lab, axis=1)
    order = np.argsort(distances)
    first, second = float(distances[order[0]]), float(distances[order[1]])
    return int(order[0]), min(1.0, (second - first) / 12), first


def _to_lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of sRGB levels [..., 3]."""
    level = np.clip(rgb, 0, 255) / 255.0
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)
    xyz = linear @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    ratio = xyz / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


@cache
def _colour_labs() -> np.ndarray:
    return _to_lab(np.array([_COLOUR_REFERENCES[name] for name in COLOURS], dtype=np.float64))


@cache
def _background_labs() -> np.ndarray:
    return _to_lab(np.array([_BACKGROUND_REFERENCES[name] for name in BACKGROUNDS], dtype=np.float64))


# --- ideal outlines, each stretched to its bounding box ---------------------------------------------------------------------------

_IDEAL = 48
_FINE = _IDEAL * 8


@cache
def _ideal_outlines() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Filled outlines, sharp and as a soft picture shows them, float [48, 48] in 0..1 each.

    A ring's outline is a circle: `_hole` tells them apart.
    """
    low, high = 1 / 3, 2 / 3
    arms = [(low, 0), (high, 0), (high, low), (1, low), (1, high), (high, high)]
    arms += [(high, 1), (low, 1), (low, high), (0, high), (0, low), (low, low)]
    turns = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    heart_y = -(13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns))
    spikes = np.pi * (np.arange(10) / 5 - 0.5)
    reach = np.where(np.arange(10) % 2 == 0, 1.0, 0.475)
    outlines = {
        "circle": list(zip(np.cos(turns), np.sin(turns), strict=True)),
        "square": [(0, 0), (1, 0), (1, 1), (0, 1)],
        "triangle": [(0.5, 0), (1, 1), (0, 1)],
        "star": list(zip(reach * np.cos(spikes), reach * np.sin(spikes), strict=True)),
        "heart": list(zip(16 * np.sin(turns) ** 3, heart_y, strict=True)),
        "diamond": [(0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)],
        "cross": arms,
    }
    return {name: (_filled(corners, 0.05, 0.5), _filled(corners, 0.07, 0.18)) for name, corners in outlines.items()}


def _filled(corners: Sequence[tuple[float, float]], blur: float, cut: float) -> np.ndarray:
    """A polygon, blurred (by a share of its side), cut at a level, and stretched to the square: corners round, lower cuts fatten."""
    points = np.array(corners, dtype=np.float64)
    points = (points - points.min(axis=0)) / np.ptp(points, axis=0) * (_FINE - 1) + _FINE / 2
    canvas = Image.new("L", (2 * _FINE, 2 * _FINE))
    ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in points], fill=255)
    blurred = canvas.filter(ImageFilter.GaussianBlur(_FINE * blur))
    solid = blurred.point([255 if level > 255 * cut else 0 for level in range(256)])
    stretched = solid.crop(solid.getbbox()).resize((_FINE, _FINE))
    return np.asarray(stretched).reshape(_IDEAL, 8, _IDEAL, 8).mean(axis=(1, 3)) / 255.0
