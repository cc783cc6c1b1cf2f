import { describe, expect, test } from '@jest/globals';
import { resize } from '../../../../src/inference/image/resample.js';

/** One row of grey pixels. */
function row(...greys: number[]) {
  return { width: greys.length, height: 1, data: Uint8Array.from(greys.flatMap((grey) => [grey, grey, grey])) };
}

function greysOf({ data }: { data: Uint8Array }): number[] {
  return Array.from(data).filter((_, index) => index % 3 === 0);
}

describe('resampling', () => {
  test('the same size gives the same picture', () => {
    const image = row(1, 2, 3);
    expect(resize(image, 3, 1, 'bicubic')).toBe(image);
  });

  test.each(['bicubic', 'bilinear'] as const)('an even picture stays even (%s)', (filter) => {
    const image = { width: 7, height: 5, data: new Uint8Array(7 * 5 * 3).fill(201) };
    expect(resize(image, 3, 11, filter).data).toEqual(new Uint8Array(3 * 11 * 3).fill(201));
  });

  // Expected values from Pillow 12.0.0: Image.fromarray(...).resize(...).
  test('shrinking looks at every pixel, unlike plain interpolation', () => {
    expect(greysOf(resize(row(0, 0, 0, 255, 0, 0, 0, 0), 2, 1, 'bilinear'))).toEqual([46, 27]);
  });

  test('bicubic overshoots and is cut at 0 and 255', () => {
    expect(greysOf(resize(row(0, 0, 255, 255), 8, 1, 'bicubic'))).toEqual([0, 0, 0, 52, 203, 255, 255, 255]);
  });

  test('channels do not mix', () => {
    const image = { width: 2, height: 2, data: Uint8Array.from([255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0]) };
    const { data } = resize(image, 3, 3, 'bicubic');
    expect(data.every((value, index) => value === (index % 3 === 0 ? 255 : 0))).toBe(true);
  });
});
