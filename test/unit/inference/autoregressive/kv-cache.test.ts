import { describe, expect, test } from '@jest/globals';
import { KvCache, type KvShape } from '../../../../src/inference/autoregressive/kv-cache.js';
import { float32 } from '../../../../src/inference/tensor/tensor.js';

const shape: KvShape = { layers: 2, kvHeads: 2, headDim: 3 };

/** New rows whose every number tells where it belongs: layer, sequence, head, row. */
function newRows(sequences: number, rows: number, mark: number) {
  const tensor = float32([shape.layers, sequences, shape.kvHeads, rows, shape.headDim]);
  let index = 0;
  for (let layer = 0; layer < shape.layers; layer++) {
    for (let sequence = 0; sequence < sequences; sequence++) {
      for (let head = 0; head < shape.kvHeads; head++) {
        for (let row = 0; row < rows; row++) {
          tensor.data.fill(mark + layer * 1000 + sequence * 100 + head * 10 + row, index, index + shape.headDim);
          index += shape.headDim;
        }
      }
    }
  }
  return tensor;
}

/** First number of a cached key. */
function keyAt(cache: KvCache, layer: number, sequence: number, head: number, row: number): number | undefined {
  const { pastKeys } = cache.past();
  const [, sequences = 0, heads = 0, capacity = 0, width = 0] = pastKeys.dims;
  return pastKeys.data[(((layer * sequences + sequence) * heads + head) * capacity + row) * width];
}

describe('the cache of keys and values', () => {
  test('begins with no rows at all', () => {
    expect(new KvCache(shape, 2).past().pastKeys.dims).toEqual([2, 2, 2, 0, 3]);
  });

  test('keeps of each sequence as many rows as it says, behind those it had', () => {
    const cache = new KvCache(shape, 2);
    cache.append(newRows(2, 3, 0), newRows(2, 3, 0), [3, 1]);
    cache.append(newRows(2, 2, 5000), newRows(2, 2, 5000), [1, 2]);
    expect(cache.lengths).toEqual([4, 3]);
    expect([0, 1, 2, 3].map((row) => keyAt(cache, 1, 0, 1, row))).toEqual([1010, 1011, 1012, 6010]);
    expect([0, 1, 2].map((row) => keyAt(cache, 0, 1, 1, row))).toEqual([110, 5110, 5111]);
  });

  test('keeps every row when it grows beyond its capacity', () => {
    const cache = new KvCache(shape, 1);
    cache.append(newRows(1, 64, 0), newRows(1, 64, 0), [64]);
    expect(cache.capacity).toBe(64);
    cache.append(newRows(1, 1, 7000), newRows(1, 1, 7000), [1]);
    expect(cache.capacity).toBe(128);
    expect([keyAt(cache, 1, 0, 1, 63), keyAt(cache, 1, 0, 1, 64)]).toEqual([1073, 8010]);
  });

  test('writes over what was truncated', () => {
    const cache = new KvCache(shape, 1);
    cache.append(newRows(1, 5, 0), newRows(1, 5, 0), [5]);
    cache.truncate(0, 2);
    cache.append(newRows(1, 1, 7000), newRows(1, 1, 7000), [1]);
    expect(cache.lengths).toEqual([3]);
    expect([0, 1, 2].map((row) => keyAt(cache, 0, 0, 0, row))).toEqual([0, 1, 7000]);
  });

  test('closes ranks when a sequence leaves', () => {
    const cache = new KvCache(shape, 3);
    cache.append(newRows(3, 2, 0), newRows(3, 2, 0), [2, 2, 1]);
    cache.keep([0, 2]);
    expect(cache.lengths).toEqual([2, 1]);
    expect([keyAt(cache, 1, 0, 1, 1), keyAt(cache, 1, 1, 1, 0)]).toEqual([1011, 1210]);
  });
});
