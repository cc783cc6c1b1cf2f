import { describe, expect, test } from '@jest/globals';
import { checkTensors, type PortTable } from '../../../../src/inference/session/check-ports.js';
import { float32, int64 } from '../../../../src/inference/tensor/tensor.js';

const ports: PortTable = {
  rows: { dtype: 'float32', shape: ['batch', 'rows', 4] },
  cos: { dtype: 'float32', shape: ['batch', 'rows', 2] },
};
const rows = float32([2, 3, 4]);
const check = (tensors: Parameters<typeof checkTensors>[3]) =>
  checkTensors('model/graph', 'input', ports, tensors, new Map());

describe('tensors held against the manifest', () => {
  test('free sizes may be anything, as long as one name means one size', () => {
    expect(() => check({ rows, cos: float32([2, 3, 2]) })).not.toThrow();
    expect(() => check({ rows, cos: float32([2, 5, 2]) })).toThrow(/cos is float32 \[2, 5, 2\].*rows = 3/);
  });

  test.each([
    ['a wrong fixed size', { rows, cos: float32([2, 3, 1]) }, /cos is float32 \[2, 3, 1\]/],
    ['a wrong type', { rows, cos: int64([1, 2]) }, /cos is int64 \[2\]/],
    ['a wrong rank', { rows, cos: float32([2, 6]) }, /cos is float32 \[2, 6\]/],
    ['a missing input', { rows }, /cos is missing/],
    ['an input too many', { rows, cos: float32([2, 3, 2]), more: rows }, /more does not exist/],
  ])('%s is refused, with graph, input, what came and what was wanted', (_, tensors, message) => {
    expect(() => check(tensors)).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(message) }),
    );
    expect(() => check(tensors)).toThrow(/model\/graph: input/);
  });
});
