import { describe, expect, test } from '@jest/globals';
import { type GridThw, type VisionShape, visionLayout, windowOrder } from '../../../../src/inference/vision/layout.js';

const published: VisionShape = { patchSize: 14, mergeSize: 2, headDim: 80, ropeTheta: 10_000, windowSize: 112 };
const segments = (grid: GridThw) => windowOrder(grid, published).unitCounts.map((units) => units * 4);
const times = (count: number, ...lengths: number[]) => Array.from({ length: count }, () => lengths).flat();

describe('the window order of the vision tower', () => {
  // nexus-gen.md 2.3
  test.each<[GridThw, number[]]>([
    [
      [1, 18, 18],
      [64, 64, 16, 64, 64, 16, 16, 16, 4],
    ],
    [
      [1, 36, 36],
      [...times(4, 64, 64, 64, 64, 32), 32, 32, 32, 32, 16],
    ],
    [
      [1, 30, 42],
      [...times(3, 64, 64, 64, 64, 64, 16), 48, 48, 48, 48, 48, 12],
    ],
    [[1, 16, 16], times(4, 64)],
  ])('a grid of %j falls into windows of %j patches', (grid, lengths) => {
    expect(segments(grid)).toEqual(lengths);
  });

  test('windows are read row by row, and the units inside them too', () => {
    const { order } = windowOrder([1, 18, 18], published);
    expect(order.slice(0, 18)).toEqual([0, 1, 2, 3, 9, 10, 11, 12, 18, 19, 20, 21, 27, 28, 29, 30, 4, 5]);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 81 }, (_, unit) => unit));
  });
});

describe('the layout of pictures that share a pass', () => {
  const layout = visionLayout(
    [
      [1, 2, 2],
      [1, 4, 2],
    ],
    published,
  );
  const size = 12;

  test('the inverse undoes the window order', () => {
    const { unitOrder, unitInverse } = visionLayout([[1, 18, 18]], published);
    const undone = Array.from({ length: 81 }, (_, unit) => Number(unitOrder.data[Number(unitInverse.data[unit])]));
    expect(undone).toEqual(Array.from({ length: 81 }, (_, unit) => unit));
  });

  test('a picture attends to itself and to no other', () => {
    const sees = (row: number, column: number) => layout.fullMask.data[row * size + column] === 0;
    expect(layout.fullMask.dims).toEqual([1, size, size]);
    expect([sees(0, 3), sees(0, 4), sees(4, 3), sees(4, 11)]).toEqual([true, false, false, true]);
  });

  test('every patch sees itself, so no row of attention is empty', () => {
    for (let row = 0; row < size; row++)
      expect([layout.windowMask.data[row * size + row], layout.fullMask.data[row * size + row]]).toEqual([0, 0]);
  });

  test('the first half of the rotary table turns with the row, the second with the column, then all once more', () => {
    const { cos, sin } = visionLayout([[1, 4, 4]], published);
    const last = 15 * 80; // unit (1, 1), patch (1, 1): row 3, column 3
    const before = 14 * 80; // row 3, column 2
    expect(cos.data[last]).toBeCloseTo(Math.cos(3), 6);
    expect(sin.data[last + 20 + 1]).toBeCloseTo(Math.sin(3 * 10_000 ** (-2 / 40)), 6);
    expect(sin.data[before + 20]).toBeCloseTo(Math.sin(2), 6);
    expect(cos.data.slice(last, last + 40)).toEqual(cos.data.slice(last + 40, last + 80));
  });
});
