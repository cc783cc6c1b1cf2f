"""Positions and rotary tables that the host computes and every graph takes as inputs.

Plain and slow on purpose: this file is what the TypeScript engine is tested against. Angles are taken in float64 and
the tables handed out in float32. Section numbers refer to the specification of Nexus-Gen V2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .config import DenoiserConfig, LanguageConfig, MergerConfig, VisionConfig
from .layers import MASKED

Grid = tuple[int, int, int]
"""A picture's patch grid (frames, rows, columns), before merging."""


# Vision tower (2.2, 2.3)


@dataclass(frozen=True)
class VisionTables:
    """Everything beside the patches that `VisionTower.forward` takes. N patches, U = N / merge_area units."""

    order: Tensor  # int64 [U]: the unit that stands at each place of the window order
    inverse: Tensor  # int64 [U]: order[inverse] = 0..U-1
    cos: Tensor  # float32 [N, head_dim], rows in window order
    sin: Tensor
    window_mask: Tensor  # float32 [N, N], additive, in window order
    full_mask: Tensor
    window_lengths: tuple[int, ...]  # patches of each window, in order; empty windows are dropped
    full_lengths: tuple[int, ...]  # patches of each frame of each picture

    @property
    def windows(self) -> int:
        """Number of windows when all have the same length, else 1: the value for `VisionTower.forward`."""
        return len(self.window_lengths) if len(set(self.window_lengths)) == 1 else 1


def vision_tables(grids: Sequence[Grid], config: VisionConfig) -> VisionTables:
    """Tables for one or several pictures that go through the tower as one sequence."""
    order: list[int] = []
    window_lengths: list[int] = []
    full_lengths: list[int] = []
    positions: list[Tensor] = []
    for grid in grids:
        frames, rows, columns = _checked_grid(grid, config.merge_size)
        unit_rows, unit_columns = rows // config.merge_size, columns // config.merge_size
        for _ in range(frames):
            start = len(order)
            for window in window_units(unit_rows, unit_columns, config.window_units):
                order += [start + unit for unit in window]
                window_lengths.append(len(window) * config.merge_area)
            full_lengths.append(rows * columns)
            positions.append(patch_positions(rows, columns, config.merge_size))
    unit_order = torch.tensor(order, dtype=torch.int64)
    cos, sin = vision_rotary(torch.cat(positions), config)
    return VisionTables(
        order=unit_order,
        inverse=unit_order.argsort(),
        cos=_permute_units(cos, unit_order, config.merge_area),
        sin=_permute_units(sin, unit_order, config.merge_area),
        window_mask=segment_mask(window_lengths),
        full_mask=segment_mask(full_lengths),
        window_lengths=tuple(window_lengths),
        full_lengths=tuple(full_lengths),
    )


def window_units(rows: int, columns: int, side: int) -> list[list[int]]:
    """Cuts a grid of units into side x side windows, row-major; each lists its units (row-major numbers)."""
    return [
        [
            row * columns + column
            for row in range(top, min(top + side, rows))
            for column in range(left, min(left + side, columns))
        ]
        for top in range(0, rows, side)
        for left in range(0, columns, side)
    ]


def patch_positions(rows: int, columns: int, merge: int) -> Tensor:
    """int64 [rows * columns, 2]: row and column of each patch, patches of one unit consecutive (3.3)."""
    row = torch.arange(rows).reshape(rows // merge, 1, merge, 1).expand(-1, columns // merge, -1, merge)
    column = torch.arange(columns).reshape(1, columns // merge, 1, merge).expand(rows // merge, -1, merge, -1)
    return torch.stack((row.flatten(), column.flatten()), dim=-1)


def vision_rotary(positions: Tensor, config: VisionConfig) -> tuple[Tensor, Tensor]:
    """Positions [N, 2] -> cos and sin [N, head_dim]: a quarter of the frequencies' places each for row and column,
    then the same again for `rotate_half`."""
    quarter = config.head_dim // 4
    frequencies = config.rope_theta ** (-torch.arange(quarter, dtype=torch.float64) / quarter)
    angles = (positions.double().unsqueeze(-1) * frequencies).flatten(1)  # [N, head_dim / 2]
    return _cos_sin(torch.cat((angles, angles), dim=-1))


def segment_mask(lengths: Sequence[int]) -> Tensor:
    """float32 [N, N], N = sum of lengths: 0 inside a segment, MASKED between segments."""
    segment = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    return torch.where(segment.unsqueeze(0) == segment.unsqueeze(1), 0.0, MASKED)


# Language model (4)


@dataclass(frozen=True)
class MropePositions:
    """M-RoPE positions of a prompt."""

    positions: Tensor  # int64 [3, S]: time, row, column
    delta: int  # the row after the prompt, at sequence index s, takes s + delta on every axis


def mrope_positions(
    ids: Sequence[int],
    grids: Sequence[Grid],
    image_token: int,
    merge_size: int = 2,
    padding: int = 0,
) -> MropePositions:
    """Walks the ids with a cursor: text takes one place per token on all axes, a picture takes its unit grid (4.1).

    `grids` are the patch grids of the pictures in order of appearance; their units must match the runs of
    `image_token` exactly. The first `padding` ids are left padding: position 1, not counted. A picture of the answer
    counts like any other, so the token behind it continues after the grid's longer side.
    Raises ValueError when runs and grids do not match.
    """
    columns: list[tuple[int, int, int]] = [(1, 1, 1)] * padding
    remaining = list(grids)
    cursor = 0
    index = padding
    while index < len(ids):
        if ids[index] != image_token:
            columns.append((cursor, cursor, cursor))
            cursor += 1
            index += 1
            continue
        if not remaining:
            raise ValueError(f"image token at index {index} has no grid: {len(grids)} grid(s) were given")
        frames, rows, cols = _checked_grid(remaining.pop(0), merge_size)
        rows, cols = rows // merge_size, cols // merge_size
        count = frames * rows * cols
        if any(token != image_token for token in ids[index : index + count]) or index + count > len(ids):
            raise ValueError(f"grid {frames} x {rows} x {cols} needs {count} image tokens from index {index}")
        columns += [(cursor, cursor + row, cursor + col) for _ in range(frames) for row in range(rows) for col in range(cols)]
        cursor += max(rows, cols)
        index += count
    if remaining:
        raise ValueError(f"{len(remaining)} grid(s) have no image tokens")
    positions = torch.tensor(columns, dtype=torch.int64).reshape(-1, 3).T.contiguous()
    return MropePositions(positions, cursor - len(ids))


def image_block_positions(start: int, rows: int, columns: int) -> Tensor:
    """int64 [3, 1 + rows*columns]: `<|vision_start|>` at `start`, then the image tokens of a rows x columns grid (2.5)."""
    base = start + 1
    places = [(start, start, start)]
    places += [(base, base + row, base + column) for row in range(rows) for column in range(columns)]
    return torch.tensor(places, dtype=torch.int64).T.contiguous()


def mrope_tables(positions: Tensor, config: LanguageConfig | MergerConfig) -> tuple[Tensor, Tensor]:
    """Positions [3, ..., S] (whole or fractional) -> cos and sin [..., S, head_dim] for `rotate_half` (4.2).

    The first section's frequencies follow time, the second's the row, the third's the column, the fourth's time again, and so on.
    """
    half = config.head_dim // 2
    frequencies = config.rope_theta ** (-torch.arange(half, dtype=torch.float64) / half)
    parts = frequencies.split(list(config.mrope_section))
    angles = torch.cat([positions[axis % 3].double().unsqueeze(-1) * part for axis, part in enumerate(parts)], dim=-1)
    return _cos_sin(torch.cat((angles, angles), dim=-1))


# Editing merger (6.1)


def merger_positions(grids: Sequence[Grid], base_grid: int, merge_size: int = 2) -> Tensor:
    """float64 [3, L]: unit (i, j) of a grid of gh x gw patches stands at (0, i * base / gh, j * base / gw).

    So grids of different size cover the same area; the target's grid comes first.
    """
    places = []
    for grid in grids:
        _, rows, columns = _checked_grid(grid, merge_size)
        places += [
            (0.0, row * base_grid / rows, column * base_grid / columns)
            for row in range(rows // merge_size)
            for column in range(columns // merge_size)
        ]
    return torch.tensor(places, dtype=torch.float64).T.contiguous()


def merger_tables(
    grids: Sequence[Grid], config: MergerConfig, merge_size: int = 2
) -> tuple[Tensor, Tensor]:
    """cos and sin [L, head_dim] for `EmbeddingMerger.forward`."""
    return mrope_tables(merger_positions(grids, config.base_grid, merge_size), config)


# Denoiser (5.3, 6.2)


def image_ids(rows: int, columns: int) -> Tensor:
    """float64 [rows * columns, 3]: (0, y, x) of each packed latent token. rows = latent height / 2."""
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return torch.stack((torch.zeros_like(y), y, x), dim=-1).reshape(-1, 3).double()


def zero_context_ids(length: int) -> Tensor:
    """float64 [length, 3]: all context rows at the origin, as the generation decoder has them."""
    return torch.zeros(length, 3, dtype=torch.float64)


def grid_context_ids(
    unit_rows: int, unit_columns: int, rows: int, columns: int, plane: int = 0, bfloat16: bool = False
) -> Tensor:
    """float64 [unit_rows * unit_columns, 3]: units spread over the packed latent grid of rows x columns (6.2).

    plane 0 holds the target (and the picture itself), plane 1 the reference. `bfloat16` rounds as the reference
    implementation stores them.
    """
    ids = image_ids(unit_rows, unit_columns)
    ids = ids * torch.tensor([0.0, rows / unit_rows, columns / unit_columns], dtype=torch.float64)
    ids[:, 0] = plane
    return ids.float().bfloat16().double() if bfloat16 else ids


def flux_tables(ids: Tensor, config: DenoiserConfig) -> tuple[Tensor, Tensor]:
    """ids [S, axes] (context rows first) -> cos and sin [S, head_dim / 2] for interleaved pairs (5.3, step 4)."""
    angles = torch.cat(
        [
            ids[:, axis].double().unsqueeze(-1)
            * config.rope_theta ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
            for axis, size in enumerate(config.rope_axes)
        ],
        dim=-1,
    )
    return _cos_sin(angles)


def _cos_sin(angles: Tensor) -> tuple[Tensor, Tensor]:
    return angles.cos().float(), angles.sin().float()


def _permute_units(rows: Tensor, order: Tensor, area: int) -> Tensor:
    return rows.unflatten(0, (-1, area))[order].flatten(0, 1)


def _checked_grid(grid: Grid, merge_size: int) -> Grid:
    frames, rows, columns = grid
    if frames < 1 or rows < merge_size or columns < merge_size or rows % merge_size or columns % merge_size:
        raise ValueError(f"patch grid {tuple(grid)}: rows and columns must be positive multiples of {merge_size}")
    return frames, rows, columns
