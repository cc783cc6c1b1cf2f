import { describe, expect, test } from '@jest/globals';
import { roundHalfToEven, smartResize } from '../../../../src/inference/image/smart-resize.js';

const published = { factor: 28, minPixels: 3136, maxPixels: 262_640 };

describe('the size at which a picture is read', () => {
  // Height, width -> height, width: nexus-gen.md 3.1, from the reference code.
  test.each([
    [512, 512, 504, 504],
    [1024, 1024, 504, 504],
    [768, 1024, 420, 588],
    [1080, 1920, 364, 672],
    [2000, 500, 1008, 252],
    [42, 300, 56, 308],
    [20, 20, 56, 56],
  ])('%i x %i is read at %i x %i', (height, width, wantedHeight, wantedWidth) => {
    expect(smartResize(height, width, published)).toEqual({ height: wantedHeight, width: wantedWidth });
  });

  test('a side halfway between two multiples goes to the even one, so 70 becomes 56 and not 84', () => {
    expect(smartResize(70, 70, published)).toEqual({ height: 56, width: 56 });
  });

  test('a picture 201 times as long as high is refused with both sides named', () => {
    expect(() => smartResize(10, 2010, published)).toThrow(/2010 x 10/);
  });

  test('a picture 200 times as long as high keeps at least one patch on its short side', () => {
    expect(smartResize(20, 4000, { ...published, maxPixels: 3136 }).height).toBe(28);
  });
});

test('rounding takes halves to the even neighbour and everything else to the nearest', () => {
  expect([0.5, 1.5, 2.5, 2.4999, 2.5001, 3].map(roundHalfToEven)).toEqual([0, 2, 2, 2, 3, 3]);
});
