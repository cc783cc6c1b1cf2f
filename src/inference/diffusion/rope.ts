/** Places of the denoiser's rows, and the tables that turn them (nexus-gen.md 5.3 and 6.2); and those of the merger (6.1). */
import type { DecoderManifest } from '../bundle/manifest.js';
import { type Float32, float32 } from '../tensor/tensor.js';

export type GridThw = readonly [number, number, number];
/** Place of a row on the three rope axes. */
export type RopeId = readonly [number, number, number];

/** Size of a picture in latent pixels; both even. */
export interface LatentSize {
  readonly height: number;
  readonly width: number;
}

/** Rows of the picture that develops: token (y, x) stands at (0, y, x). */
export function imageIds({ height, width }: LatentSize): RopeId[] {
  const ids: RopeId[] = [];
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < width / 2; x++) ids.push([0, y, x]);
  }
  return ids;
}

/** Context rows that have no place. */
export function zeroIds(count: number): RopeId[] {
  return Array.from({ length: count }, () => [0, 0, 0]);
}

/**
 * Context rows on the latent grid: the embeddings of a whole picture span the picture that develops, whatever their own
 * resolution.
 *
 * @param plane     place on the first axis: 0 for the target, where the picture itself is, 1 for the reference
 * @param precision bfloat16 where a decoder was trained with ids rounded to it
 */
export function gridIds(
  [, patchRows, patchColumns]: GridThw,
  mergeSize: number,
  { height, width }: LatentSize,
  plane: number,
  precision: DecoderManifest['rope']['idPrecision'],
): RopeId[] {
  const rounded = precision === 'bfloat16' ? toBfloat16 : (id: number) => id;
  const ids: RopeId[] = [];
  for (let i = 0; i < patchRows / mergeSize; i++) {
    for (let j = 0; j < patchColumns / mergeSize; j++) {
      ids.push([plane, rounded((i * height) / patchRows), rounded((j * width) / patchColumns)]);
    }
  }
  return ids;
}

/**
 * float32 [rows, headDim / 2] twice: axis a of size d turns its d / 2 pairs by id * theta^(-2j / d). Angles in float64.
 */
export function denoiserRotaryTables(
  ids: readonly RopeId[],
  { axes, theta }: Pick<DecoderManifest['rope'], 'axes' | 'theta'>,
): { cos: Float32; sin: Float32 } {
  const width = axes.reduce((sum, size) => sum + size, 0) / 2;
  const [cos, sin] = [float32([ids.length, width]), float32([ids.length, width])];
  let index = 0;
  for (const id of ids) {
    axes.forEach((size, axis) => {
      for (let j = 0; j < size / 2; j++) {
        const angle = (id[axis] ?? 0) * theta ** ((-2 * j) / size);
        cos.data[index] = Math.cos(angle);
        sin.data[index] = Math.sin(angle);
        index++;
      }
    });
  }
  return { cos, sin };
}

/** Positions of one picture's rows in the merger: all grids are stretched over one base grid of patches. */
export function mergerPositions([, patchRows, patchColumns]: GridThw, mergeSize: number, baseGrid: number): RopeId[] {
  const ids: RopeId[] = [];
  for (let i = 0; i < patchRows / mergeSize; i++) {
    for (let j = 0; j < patchColumns / mergeSize; j++)
      ids.push([0, (i * baseGrid) / patchRows, (j * baseGrid) / patchColumns]);
  }
  return ids;
}

/** The nearest number that bfloat16 holds, ties to even. */
function toBfloat16(value: number): number {
  const floats = new Float32Array([value]);
  const bits = new Uint32Array(floats.buffer);
  const raw = bits[0] ?? 0;
  bits[0] = (raw + 0x7fff + ((raw >>> 16) & 1)) & 0xffff0000;
  return floats[0] ?? 0;
}
