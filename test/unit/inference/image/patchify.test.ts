import { describe, expect, test } from '@jest/globals';
import { type PatchLayout, patchify } from '../../../../src/inference/image/patchify.js';

/** Values come out as they go in, divided by 255. */
const plain: PatchLayout = { patchSize: 2, mergeSize: 2, temporalPatchSize: 2, mean: [0, 0, 0], std: [1, 1, 1] };

/** 8 x 8 pixels, 4 x 4 patches: red holds the patch's row, green its column, blue the place inside the patch. */
function numbered() {
  const data = new Uint8Array(8 * 8 * 3);
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) data.set([y >> 1, x >> 1, (y & 1) * 2 + (x & 1)], (y * 8 + x) * 3);
  }
  return { width: 8, height: 8, data };
}

const in255ths = (values: Float32Array) => Array.from(values, (value) => Math.round(value * 255));

describe('patchify', () => {
  test('patches of one unit lie together, units row by row (nexus-gen.md 3.3)', () => {
    const { patches, gridThw } = patchify(numbered(), plain);
    expect(gridThw).toEqual([1, 4, 4]);
    expect(patches.dims).toEqual([16, 24]);
    const places = Array.from({ length: 16 }, (_, patch) =>
      in255ths(patches.data.subarray(patch * 24)).filter((_, i) => i === 0 || i === 8),
    );
    expect(places.slice(0, 9)).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 0],
    ]);
  });

  test('a row holds channel, then frame, then pixels; both frames are the same picture', () => {
    const { patches } = patchify(numbered(), plain);
    const patch = in255ths(patches.data.subarray(3 * 24, 4 * 24));
    expect(patch).toEqual([...[1, 1, 1, 1, 1, 1, 1, 1], ...[1, 1, 1, 1, 1, 1, 1, 1], ...[0, 1, 2, 3, 0, 1, 2, 3]]);
  });

  test('each channel is normalised with its own mean and deviation', () => {
    const image = { width: 4, height: 4, data: new Uint8Array(48).fill(255) };
    const { patches } = patchify(image, { ...plain, mean: [0.5, 0.25, 0], std: [0.5, 0.25, 2] });
    expect([0, 8, 16].map((index) => patches.data[index])).toEqual([1, 3, 0.5]);
  });

  test('a picture that is not a whole number of units is a mistake of the caller', () => {
    expect(() => patchify({ width: 6, height: 4, data: new Uint8Array(72) }, plain)).toThrow(TypeError);
  });
});
