/** Multimodal rotary positions: text walks on all three axes together, a picture spans rows and columns (nexus-gen.md 4). */
import { float32, type Float32 } from '../tensor/tensor.js';

export type GridThw = readonly [number, number, number];
/** Temporal, height and width position of one row. */
export type Position = readonly [number, number, number];

export interface RopeShape {
  readonly headDim: number;
  readonly ropeTheta: number;
  /** How many of the headDim / 2 frequencies, fastest first, turn with time, row, column, time again, and so on. */
  readonly mropeSection: readonly number[];
}

const AXES = [0, 1, 2] as const;

/** The same position on all axes. */
export function textPosition(position: number): Position {
  return [position, position, position];
}

/** Rows of a still picture from `start` on: row-major over the merged grid, the temporal axis standing still. */
export function imagePositions(
  start: number,
  [frames, patchRows, patchColumns]: GridThw,
  mergeSize: number,
): Position[] {
  const rows = patchRows / mergeSize;
  const columns = patchColumns / mergeSize;
  const positions: Position[] = [];
  for (let frame = 0; frame < frames; frame++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) positions.push([start, start + row, start + column]);
    }
  }
  return positions;
}

/** How far a picture moves the cursor: its longer merged side. */
export function imageExtent([, patchRows, patchColumns]: GridThw, mergeSize: number): number {
  return Math.max(patchRows, patchColumns) / mergeSize;
}

/**
 * Positions of a whole prompt.
 *
 * @param ids      [S]; `imagePad` stands for a row of a picture, and pictures follow each other in the order of `grids`
 * @returns        `positions` [S] and `next`, where the first row of the answer stands: one behind the greatest position
 * @throws TypeError when placeholders and grids do not match
 */
export function promptPositions(
  ids: readonly number[],
  grids: readonly GridThw[],
  imagePad: number,
  mergeSize: number,
): { positions: Position[]; next: number } {
  const positions: Position[] = [];
  const waiting = [...grids];
  let cursor = 0;
  while (positions.length < ids.length) {
    const start = positions.length;
    if (ids[start] !== imagePad) {
      positions.push(textPosition(cursor++));
      continue;
    }
    const grid = waiting.shift();
    if (grid === undefined) throw new TypeError(`${grids.length} pictures are fewer than the prompt has places for`);
    positions.push(...imagePositions(cursor, grid, mergeSize));
    cursor += imageExtent(grid, mergeSize);
    const places = ids.slice(start, positions.length);
    if (places.length < positions.length - start || places.some((id) => id !== imagePad)) {
      throw new TypeError(`a picture of ${positions.length - start} rows does not fit the place it has in the prompt`);
    }
  }
  if (waiting.length > 0) throw new TypeError(`${waiting.length} pictures have no place in the prompt`);
  return { positions, next: cursor };
}

/**
 * Tables that turn queries and keys: angle m is the position on its axis times theta^(-2m / headDim), the whole repeated
 * once for the `rotate_half` convention. Angles in float64, tables in float32.
 */
export class RotaryTable {
  readonly #headDim: number;
  readonly #frequencies: Float64Array;
  readonly #axes: readonly (0 | 1 | 2)[];

  constructor({ headDim, ropeTheta, mropeSection }: RopeShape) {
    this.#headDim = headDim;
    this.#frequencies = Float64Array.from({ length: headDim / 2 }, (_, m) => ropeTheta ** ((-2 * m) / headDim));
    this.#axes = mropeSection.flatMap((size, index) => new Array<0 | 1 | 2>(size).fill(AXES[index % 3] ?? 0));
  }

  /** Write the angles of `position` into row `row` of `cos` and `sin`, both [rows, headDim]. */
  write(position: Position, row: number, cos: Float32Array, sin: Float32Array): void {
    const half = this.#headDim / 2;
    const start = row * this.#headDim;
    for (let m = 0; m < half; m++) {
      const angle = position[this.#axes[m] ?? 0] * (this.#frequencies[m] as number);
      cos[start + m] = cos[start + half + m] = Math.cos(angle);
      sin[start + m] = sin[start + half + m] = Math.sin(angle);
    }
  }

  /** float32 [positions, headDim] twice. */
  tables(positions: readonly Position[]): { cos: Float32; sin: Float32 } {
    const dims = [positions.length, this.#headDim];
    const [cos, sin] = [float32(dims), float32(dims)];
    positions.forEach((position, row) => {
      this.write(position, row, cos.data, sin.data);
    });
    return { cos, sin };
  }
}
