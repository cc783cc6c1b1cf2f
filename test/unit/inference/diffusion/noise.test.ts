import { describe, expect, test } from '@jest/globals';
import { standardNormal } from '../../../../src/inference/diffusion/noise.js';

describe('noise', () => {
  test('seed 42 begins as torch.randn does on the CPU (nexus-gen.md 5.5)', () => {
    const noise = standardNormal(64, 42);
    [1.9269153, 1.4872841, 0.9007172, -2.105521].forEach((value, index) => {
      expect(noise[index]).toBeCloseTo(value, 6);
    });
  });

  test('the same seed gives the same noise, another seed other noise', () => {
    expect(standardNormal(256, 7)).toEqual(standardNormal(256, 7));
    expect(standardNormal(256, 7)).not.toEqual(standardNormal(256, 8));
  });

  test('the greatest seed works', () => {
    expect(standardNormal(16, 2 ** 32 - 1).every(Number.isFinite)).toBe(true);
  });

  test('it is normal: mean 0, deviation 1', () => {
    const noise = standardNormal(100_000, 1);
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(variance).toBeCloseTo(1, 1);
  });

  test('fewer than sixteen numbers are refused, because PyTorch draws them in another way', () => {
    expect(() => standardNormal(15, 0)).toThrow(TypeError);
  });
});
