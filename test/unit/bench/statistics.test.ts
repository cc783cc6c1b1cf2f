import { describe, expect, test } from '@jest/globals';

import { interleave } from '../../../bench/lib/repeat.js';
import { median, quantile, ratio, summarize } from '../../../bench/lib/statistics.js';

describe('a quantile', () => {
  test('of an odd number of values in any order is one of them', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile([50, 10, 40, 20, 30], share))).toEqual([10, 20, 30, 40, 50]);
  });

  test('between two values lies between them in proportion, as numpy and R have it by default', () => {
    expect(median([1, 2, 3, 10])).toBe(2.5);
    expect(quantile([1, 2, 3, 10], 0.25)).toBe(1.75);
    expect(quantile([1, 2, 3, 10], 0.75)).toBe(4.75);
  });

  test('orders numbers as numbers and leaves the given list as it was', () => {
    const values = [100, 9, 20];
    expect(quantile(values, 0)).toBe(9);
    expect(values).toEqual([100, 9, 20]);
  });

  test('of nothing, or outside of 0 to 1, is an error', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => quantile([1], 1.1)).toThrow(RangeError);
    expect(() => quantile([1], Number.NaN)).toThrow(RangeError);
  });
});

test('a summary is not moved by one slow run, except at its end', () => {
  expect(summarize([10, 11, 12, 13, 900])).toEqual({
    ...{ runs: 5, median: 12, lowerQuartile: 11, upperQuartile: 13, min: 10, max: 900 },
  });
});

describe('a ratio', () => {
  test('is that of the medians; the pairs tell the spread', () => {
    const { ofMedians, ofPairs } = ratio([11, 22, 60], [10, 20, 30]);
    expect(ofMedians).toBeCloseTo(1.1);
    expect([ofPairs.min, ofPairs.median, ofPairs.max].map((value) => value.toFixed(2))).toEqual([
      '1.10',
      '1.10',
      '2.00',
    ]);
  });

  test('needs pairs', () => {
    expect(() => ratio([1, 2], [1])).toThrow(RangeError);
    expect(() => ratio([], [])).toThrow(RangeError);
  });
});

describe('interleaving', () => {
  const recorded = async (repetitions: Parameters<typeof interleave>[0]) => {
    const order: string[] = [];
    const pairs = await interleave(
      repetitions,
      async (pair) => order.push(`a${pair}`),
      async (pair) => order.push(`b${pair}`),
    );
    return { order, pairs };
  };

  test('takes turns, and counts the warm-up in no result', async () => {
    const { order, pairs } = await recorded({ warmUp: 1, atLeast: 1, atMost: 2, withinSeconds: 60 });
    expect(order).toEqual(['a-1', 'b-1', 'a0', 'b0', 'a1', 'b1']);
    expect(pairs).toEqual([
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ]);
  });

  test('goes on beyond its time until there are enough pairs', async () => {
    const { pairs } = await recorded({ warmUp: 0, atLeast: 3, atMost: 9, withinSeconds: 0 });
    expect(pairs).toHaveLength(3);
  });
});
