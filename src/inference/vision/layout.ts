/**
 * What the host computes for the vision tower: rotary tables, the order of windows, and who may attend to whom
 * (nexus-gen.md 2.2 and 2.3). A unit is one merged group of patches, which becomes one token.
 */
import { float32, int64, type Float32, type Tensor } from '../tensor/tensor.js';

export type GridThw = readonly [number, number, number];

export interface VisionShape {
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly headDim: number;
  readonly ropeTheta: number;
  /** Side of an attention window in pixels. */
  readonly windowSize: number;
}

export interface VisionLayout {
  /** float32 [N, headDim], in window order. */
  readonly cos: Float32;
  readonly sin: Float32;
  /** int64 [units]: `unitOrder[i]` is the unit at place i of the window order; `unitInverse` undoes it. */
  readonly unitOrder: Tensor;
  readonly unitInverse: Tensor;
  /** float32 [1, N, N], 0 or -inf, in window order: attention inside a window, inside a picture. */
  readonly windowMask: Float32;
  readonly fullMask: Float32;
}

/** Several pictures laid end to end; the masks keep them apart. */
export function visionLayout(grids: readonly GridThw[], shape: VisionShape): VisionLayout {
  const unitPatches = shape.mergeSize ** 2;
  const order: number[] = [];
  const windowLengths: number[] = [];
  const pictureLengths: number[] = [];
  for (const grid of grids) {
    const firstUnit = order.length;
    const windows = windowOrder(grid, shape);
    order.push(...windows.order.map((unit) => firstUnit + unit));
    windowLengths.push(...windows.unitCounts.map((units) => units * unitPatches));
    // Full attention reaches over one frame, not over the whole run.
    for (let frame = 0; frame < grid[0]; frame++) pictureLengths.push(grid[1] * grid[2]);
  }

  const inverse = new Array<number>(order.length);
  order.forEach((unit, place) => {
    inverse[unit] = place;
  });
  const patchCount = order.length * unitPatches;
  return {
    ...rotaryTables(grids, order, shape), // [N, headDim]
    unitOrder: int64(order),
    unitInverse: int64(inverse),
    windowMask: segmentMask(windowLengths, patchCount), // [1, N, N]
    fullMask: segmentMask(pictureLengths, patchCount), // [1, N, N]
  };
}

/**
 * Units of one picture, window by window: windows row by row, units inside a window row by row. Windows at the right and
 * the bottom edge may be smaller; there are no empty ones.
 */
export function windowOrder(grid: GridThw, shape: VisionShape): { order: number[]; unitCounts: number[] } {
  const [frames, patchRows, patchColumns] = grid;
  const rows = patchRows / shape.mergeSize;
  const columns = patchColumns / shape.mergeSize;
  const side = Math.floor(shape.windowSize / shape.patchSize / shape.mergeSize);
  const order: number[] = [];
  const unitCounts: number[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (let top = 0; top < rows; top += side) {
      for (let left = 0; left < columns; left += side) {
        const before = order.length;
        for (let row = top; row < Math.min(top + side, rows); row++) {
          for (let column = left; column < Math.min(left + side, columns); column++) {
            order.push((frame * rows + row) * columns + column);
          }
        }
        unitCounts.push(order.length - before);
      }
    }
  }
  return { order, unitCounts };
}

/**
 * A patch at row i and column j turns by [i * f_0, i * f_1, …, j * f_0, j * f_1, …], the whole repeated once for the
 * `rotate_half` convention.
 */
function rotaryTables(
  grids: readonly GridThw[],
  order: readonly number[],
  shape: VisionShape,
): { cos: Float32; sin: Float32 } {
  const { mergeSize, headDim, ropeTheta } = shape;
  const quarter = headDim / 4;
  const frequencies = Float64Array.from({ length: quarter }, (_, m) => ropeTheta ** (-m / quarter));
  const units = unitPlaces(grids, mergeSize);
  const patchCount = order.length * mergeSize ** 2;
  const cos = new Float32Array(patchCount * headDim);
  const sin = new Float32Array(patchCount * headDim);

  let index = 0;
  for (const unit of order) {
    const place = units[unit] as UnitPlace;
    for (let i = 0; i < mergeSize; i++) {
      for (let j = 0; j < mergeSize; j++) {
        for (let half = 0; half < 2; half++) {
          for (const position of [place.row + i, place.column + j]) {
            for (const frequency of frequencies) {
              const angle = position * frequency;
              cos[index] = Math.cos(angle);
              sin[index] = Math.sin(angle);
              index++;
            }
          }
        }
      }
    }
  }
  return { cos: float32([patchCount, headDim], cos), sin: float32([patchCount, headDim], sin) };
}

interface UnitPlace {
  /** First patch row and column of the unit in its picture. */
  readonly row: number;
  readonly column: number;
}

function unitPlaces(grids: readonly GridThw[], mergeSize: number): UnitPlace[] {
  const places: UnitPlace[] = [];
  for (const [frames, rows, columns] of grids) {
    for (let frame = 0; frame < frames; frame++) {
      for (let row = 0; row < rows; row += mergeSize) {
        for (let column = 0; column < columns; column += mergeSize) places.push({ row, column });
      }
    }
  }
  return places;
}

/** 0 where row and column lie in the same segment, -inf elsewhere. */
function segmentMask(lengths: readonly number[], size: number): Float32 {
  const mask = new Float32Array(size * size).fill(Number.NEGATIVE_INFINITY);
  let start = 0;
  for (const length of lengths) {
    for (let row = start; row < start + length; row++) mask.fill(0, row * size + start, row * size + start + length);
    start += length;
  }
  return float32([1, size, size], mask);
}
