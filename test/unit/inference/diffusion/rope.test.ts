import { describe, expect, test } from '@jest/globals';
import {
  denoiserRotaryTables,
  gridIds,
  imageIds,
  mergerPositions,
  zeroIds,
} from '../../../../src/inference/diffusion/rope.js';

describe('places of the rows of an edit (nexus-gen.md 6.2)', () => {
  const columns = (ids: readonly (readonly [number, number, number])[], count: number) =>
    ids.slice(0, count).map((id) => id[2]);

  test('the picture to draw spans the latents in steps of 3.56 at 512 pixels', () => {
    const ids = gridIds([1, 18, 18], 2, { height: 64, width: 64 }, 0, 'float32');
    expect(ids).toHaveLength(81);
    expect(columns(ids, 3)).toEqual([0, 64 / 18, 128 / 18]);
  });

  test('rounded to bfloat16 as the published decoder was trained', () => {
    const target = gridIds([1, 18, 18], 2, { height: 64, width: 64 }, 0, 'bfloat16');
    expect(columns(target, 9)).toEqual([0, 3.5625, 7.125, 10.6875, 14.25, 17.75, 21.375, 24.875, 28.5]);
    const reference = gridIds([1, 36, 36], 2, { height: 64, width: 64 }, 1, 'bfloat16');
    expect(columns(reference, 4)).toEqual([0, 1.78125, 3.5625, 5.34375]);
    expect(reference.at(-1)).toEqual([1, 30.25, 30.25]);
  });

  test('at 1024 pixels the steps are twice as wide', () => {
    const ids = gridIds([1, 18, 18], 2, { height: 128, width: 128 }, 0, 'bfloat16');
    expect(columns(ids, 9)).toEqual([0, 7.125, 14.25, 21.375, 28.5, 35.5, 42.75, 49.75, 57]);
  });

  test('the merger stretches all grids over its base grid: steps of 4 for 9 x 9, of 2 for 18 x 18', () => {
    expect(mergerPositions([1, 18, 18], 2, 72).at(-1)).toEqual([0, 32, 32]);
    expect(mergerPositions([1, 36, 36], 2, 72)[19]).toEqual([0, 2, 2]);
  });
});

describe('rotary tables of the denoiser', () => {
  const rope = { axes: [16, 56, 56], theta: 10_000 };

  test('each axis turns its own pairs, the first with frequency 1', () => {
    const { cos, sin } = denoiserRotaryTables([[1, 2, 3]], rope);
    expect(cos.dims).toEqual([1, 64]);
    expect([cos.data[0], cos.data[8], sin.data[36]]).toEqual([Math.cos(1), Math.cos(2), Math.sin(3)].map(Math.fround));
    expect(sin.data[63]).toBeCloseTo(Math.sin(3 * 10_000 ** (-54 / 56)), 6);
  });

  test('context without a place is not turned at all', () => {
    const { cos, sin } = denoiserRotaryTables(zeroIds(2), rope);
    expect(cos.data.every((value) => value === 1)).toBe(true);
    expect(sin.data.every((value) => value === 0)).toBe(true);
  });

  test('tokens of the picture stand at their row and column', () => {
    expect(imageIds({ height: 4, width: 6 })).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 2],
      [0, 1, 0],
      [0, 1, 1],
      [0, 1, 2],
    ]);
  });
});
