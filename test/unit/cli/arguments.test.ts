import { describe, expect, it } from '@jest/globals';

import { atLeastZero, size, wholeNumber } from '../../../src/cli/arguments.js';

describe('--size', () => {
  it('takes WIDTHxHEIGHT, or one number for a square', () => {
    expect([size('64x32'), size('256X128'), size('48')]).toEqual([
      { width: 64, height: 32 },
      { width: 256, height: 128 },
      { width: 48, height: 48 },
    ]);
  });

  it.each(['', 'x', '64x', 'x64', '0x64', '-64x64', '64x64x64', '6.4x64', 'big'])('refuses %j', (text) => {
    expect(() => size(text)).toThrow('WIDTHxHEIGHT');
  });
});

describe('a number', () => {
  it('that must be whole is within its range', () => {
    const oneToTen = wholeNumber(1, 10);

    expect([oneToTen('1'), oneToTen('10')]).toEqual([1, 10]);
    for (const text of ['0', '11', '2.5', '', ' ', 'three']) expect(() => oneToTen(text)).toThrow('from 1 to 10');
  });

  it('that must not be negative may have a fraction', () => {
    expect([atLeastZero('0'), atLeastZero('3.5')]).toEqual([0, 3.5]);
    for (const text of ['-0.1', '', 'much', 'Infinity']) expect(() => atLeastZero(text)).toThrow('0 or more');
  });
});
