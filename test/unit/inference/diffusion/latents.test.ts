import { describe, expect, test } from '@jest/globals';
import { estimateX0, eulerStep, guide } from '../../../../src/inference/diffusion/euler.js';
import { pack, unpack } from '../../../../src/inference/diffusion/pack.js';
import { toRgbImage } from '../../../../src/inference/diffusion/pixels.js';
import { linearRgb } from '../../../../src/inference/diffusion/preview.js';
import { float32 } from '../../../../src/inference/tensor/tensor.js';

const vector = (...values: number[]) => float32([1, 1, values.length], Float32Array.from(values));

describe('packing', () => {
  const latents = float32(
    [1, 2, 4, 2],
    Float32Array.from({ length: 16 }, (_, index) => index),
  );

  test('two by two pixels become one token, its features over channel, row and column', () => {
    const packed = pack(latents);
    expect(packed.dims).toEqual([1, 2, 8]);
    expect(Array.from(packed.data)).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15]);
  });

  test('unpacking undoes it', () => {
    expect(unpack(pack(latents), { height: 4, width: 2 })).toEqual(latents);
  });
});

describe('the flow from noise to picture', () => {
  const picture = vector(0.5, -1, 2);
  const noise = vector(1, 1, -1);
  const velocity = vector(0.5, 2, -3); // noise - picture
  const noisyAt = (sigma: number) =>
    float32(
      [1, 1, 3],
      picture.data.map((value, i) => (1 - sigma) * value + sigma * (noise.data[i] ?? 0)),
    );

  test('a true velocity leads from any noise level to the noisy picture of any lower one', () => {
    const stepped = eulerStep(noisyAt(0.75), velocity, 0.75, 0.25);
    stepped.data.forEach((value, i) => {
      expect(value).toBeCloseTo(noisyAt(0.25).data[i] ?? Number.NaN, 6);
    });
  });

  test('the picture can be foretold from any noise level', () => {
    estimateX0(noisyAt(0.75), velocity, 0.75).data.forEach((value, i) => {
      expect(value).toBeCloseTo(picture.data[i] ?? Number.NaN, 6);
    });
  });

  test('guidance goes further away from the negative; at 1 it changes nothing', () => {
    expect(Array.from(guide(vector(3), vector(1), 3).data)).toEqual([7]);
    expect(Array.from(guide(vector(3), vector(1), 1).data)).toEqual([3]);
  });

  test('two shapes that differ are refused with both named', () => {
    expect(() => eulerStep(vector(1), vector(1, 2), 1, 0)).toThrow(/\[1, 1, 1\].*\[1, 1, 2\]/);
  });
});

describe('pixels', () => {
  test('values are cut to the range and truncated, not rounded', () => {
    const planes = float32([1, 3, 1, 2], Float32Array.from([-1, 1, 0, 5, -7, 0.9999]));
    expect(Array.from(toRgbImage(planes).data)).toEqual([0, 127, 0, 255, 255, 254]);
  });

  test('a linear preview is a weighted sum of channels and a bias, one pixel a latent pixel', () => {
    const latents = float32([1, 2, 1, 2], Float32Array.from([1, 2, 10, 20]));
    const rgb = linearRgb(latents, {
      factors: [
        [0.1, 0, 0],
        [0, 0.01, 0],
      ],
      bias: [0, 0, 0.5],
    });
    expect(rgb.dims).toEqual([1, 3, 1, 2]);
    [0.1, 0.2, 0.1, 0.2, 0.5, 0.5].forEach((value, i) => {
      expect(rgb.data[i]).toBeCloseTo(value, 6);
    });
  });
});
