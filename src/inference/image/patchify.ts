/** Pixels to the rows that the vision tower reads (nexus-gen.md 3.3). */
import type { RgbImage } from '../../plugin/contract.js';
import { float32, type Float32 } from '../tensor/tensor.js';

export interface PatchLayout {
  /** Side of a patch in pixels. */
  readonly patchSize: number;
  /** Patches per side of a unit, which becomes one token. */
  readonly mergeSize: number;
  /** Frames per patch; a still picture is repeated. */
  readonly temporalPatchSize: number;
  /** Per channel, of pixels in [0, 1]. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

export interface Patches {
  /** float32 [N, 3 * temporalPatchSize * patchSize^2]; the patches of one unit lie together, units row by row. */
  readonly patches: Float32;
  /** [t, h, w] in patches. */
  readonly gridThw: readonly [number, number, number];
}

/**
 * @param image sides are multiples of patchSize * mergeSize
 * @throws TypeError when they are not
 */
export function patchify(image: RgbImage, layout: PatchLayout): Patches {
  const { patchSize, mergeSize, temporalPatchSize } = layout;
  const rows = image.height / patchSize;
  const columns = image.width / patchSize;
  if (!Number.isInteger(rows / mergeSize) || !Number.isInteger(columns / mergeSize)) {
    throw new TypeError(
      `${image.width} x ${image.height} is not a whole number of units of ${patchSize * mergeSize} pixels`,
    );
  }
  const values = normaliser(layout);
  const patchArea = patchSize * patchSize;
  const length = 3 * temporalPatchSize * patchArea;
  const data = new Float32Array(rows * columns * length);

  let patch = 0;
  for (let unitRow = 0; unitRow < rows; unitRow += mergeSize) {
    for (let unitColumn = 0; unitColumn < columns; unitColumn += mergeSize) {
      for (let i = 0; i < mergeSize; i++) {
        for (let j = 0; j < mergeSize; j++) {
          const top = (unitRow + i) * patchSize;
          const left = (unitColumn + j) * patchSize;
          for (let channel = 0; channel < 3; channel++) {
            const start = patch * length + channel * temporalPatchSize * patchArea;
            for (let y = 0; y < patchSize; y++) {
              for (let x = 0; x < patchSize; x++) {
                const pixel = image.data[((top + y) * image.width + left + x) * 3 + channel] as number;
                data[start + y * patchSize + x] = values[channel * 256 + pixel] as number;
              }
            }
            for (let frame = 1; frame < temporalPatchSize; frame++)
              data.copyWithin(start + frame * patchArea, start, start + patchArea);
          }
          patch++;
        }
      }
    }
  }
  return { patches: float32([rows * columns, length], data), gridThw: [1, rows, columns] };
}

/** [3, 256]: the network's value of each 8-bit value of each channel, with the reference's float32 roundings. */
function normaliser({ mean, std }: PatchLayout): Float32Array {
  const table = new Float32Array(3 * 256);
  for (let channel = 0; channel < 3; channel++) {
    for (let value = 0; value < 256; value++) {
      const unit = Math.fround(value / 255);
      table[channel * 256 + value] =
        Math.fround(unit - Math.fround(mean[channel] as number)) / Math.fround(std[channel] as number);
    }
  }
  return table;
}
