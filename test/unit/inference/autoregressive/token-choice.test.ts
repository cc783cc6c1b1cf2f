import { describe, expect, test } from '@jest/globals';
import { argmax, resolveSampling, TokenChooser } from '../../../../src/inference/autoregressive/token-choice.js';

const defaults = { maxNewTokens: 64, temperature: 0.1, topP: 0.001, topK: 1, repetitionPenalty: 1.05 };
const chooser = (seen: number[], options = {}) => new TokenChooser(seen, resolveSampling(options, defaults));

describe('token choice', () => {
  test("the model's own sampling takes the likeliest token, whatever the seed", () => {
    const logits = () => Float32Array.from([1, 3, 2]);
    expect([1, 2, 3].map((seed) => chooser([], { seed }).choose(logits(), []))).toEqual([1, 1, 1]);
  });

  test('a forbidden token never comes, however likely', () => {
    expect(chooser([]).choose(Float32Array.from([1, 30, 2]), [1])).toBe(2);
  });

  test('tokens of prompt and answer lose: positive scores are divided, negative ones multiplied', () => {
    expect(chooser([0], { repetitionPenalty: 2 }).choose(Float32Array.from([3, 2, 0]), [])).toBe(1);
    expect(chooser([0], { repetitionPenalty: 2 }).choose(Float32Array.from([-1, -1.5, -9]), [])).toBe(1);
    const said = chooser([], { repetitionPenalty: 2 });
    said.see(0);
    expect(said.choose(Float32Array.from([3, 2, 0]), [])).toBe(1);
  });

  test('a forbidden token that was seen stays forbidden', () => {
    expect(chooser([1]).choose(Float32Array.from([-5, -1, -7]), [1])).toBe(0);
  });

  test('the same seed draws the same tokens, another seed others', () => {
    const draw = (seed: number) => {
      const one = chooser([], { temperature: 1, topK: 50, topP: 1, seed });
      return Array.from({ length: 20 }, () => one.choose(new Float32Array(8), []));
    };
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
  });

  test('draws follow the temperature: of two tokens with odds e^2, the likelier comes in 88 of 100', () => {
    const one = chooser([], { temperature: 0.5, topK: 10, topP: 1, repetitionPenalty: 1 });
    const first = Array.from({ length: 4000 }, () => one.choose(Float32Array.from([1, 0]), [])).filter(
      (id) => id === 0,
    ).length;
    expect(first / 4000).toBeCloseTo(Math.exp(2) / (1 + Math.exp(2)), 1);
  });

  test('only the k likeliest and, of those, the ones that reach p are drawn', () => {
    const ids = (options: object) => {
      const one = chooser([], { temperature: 5, topP: 1, ...options });
      return [...new Set(Array.from({ length: 300 }, () => one.choose(Float32Array.from([4, 1, 3, 2]), [])))].sort();
    };
    expect(ids({ topK: 3 })).toEqual([0, 2, 3]);
    expect(ids({ topK: 4, topP: 0.5 })).toEqual([0, 2]);
  });

  test('scores that are not numbers fail instead of choosing something', () => {
    expect(() => argmax(Float32Array.from([1, Number.NaN]))).toThrow(
      expect.objectContaining({ code: 'INFERENCE_FAILED' }),
    );
    expect(() => argmax(new Float32Array(3).fill(Number.NEGATIVE_INFINITY))).toThrow(
      expect.objectContaining({ code: 'INFERENCE_FAILED' }),
    );
  });
});

describe('sampling options', () => {
  test("what a request leaves out is the model's own", () => {
    expect(resolveSampling({ topK: 5 }, defaults)).toEqual({ ...defaults, topK: 5, seed: 0, stop: [] });
  });

  test.each([
    { maxNewTokens: 0 },
    { temperature: -1 },
    { temperature: Number.NaN },
    { topP: 0 },
    { topP: 1.1 },
    { topK: 1.5 },
    { repetitionPenalty: 0 },
    { seed: 2 ** 32 },
  ])('%j is refused with its name and range', (options) => {
    const name = Object.keys(options)[0] ?? '';
    expect(() => resolveSampling(options, defaults)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(name) }),
    );
  });
});
