import { describe, expect, test } from '@jest/globals';
import { sigmaSchedule } from '../../../../src/inference/diffusion/schedule.js';

const published = { shift: 3, sMin: 0.003 / 1.002 };

describe('the noise schedule', () => {
  // nexus-gen.md 5.4
  test.each([
    [4, [1, 0.8576924, 0.6021506, 0.0089286, 0]],
    [8, [1, 0.9475425, 0.8827877, 0.8008373, 0.6937931, 0.5480456, 0.3379722, 0.0089286, 0]],
  ])('%i steps', (steps, sigmas) => {
    expect(sigmaSchedule(steps, published)).toHaveLength(steps + 1);
    sigmas.forEach((sigma, index) => {
      expect(sigmaSchedule(steps, published)[index]).toBeCloseTo(sigma, 6);
    });
  });

  test('of fifty steps, 37 begin above one half', () => {
    const sigmas = sigmaSchedule(50, published);
    expect(sigmas.filter((sigma) => sigma > 0.5)).toHaveLength(37);
    expect(sigmas[48]).toBeCloseTo(0.0669, 6);
  });

  test('a single step goes from pure noise to the picture', () => {
    expect(Array.from(sigmaSchedule(1, published))).toEqual([1, 0]);
  });

  test.each([0, -3, 2.5, Number.NaN])('%d steps are refused', (steps) => {
    expect(() => sigmaSchedule(steps, published)).toThrow(expect.objectContaining({ code: 'STEPS_OUT_OF_LIMITS' }));
  });
});
