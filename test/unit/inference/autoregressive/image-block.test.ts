import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ImageBlockShape,
  imageBlock,
  imageBlockLength,
  imageInOnePass,
  imageRowByRow,
} from '../../../../src/inference/autoregressive/image-block.js';
import { KvCache } from '../../../../src/inference/autoregressive/kv-cache.js';
import { LanguageGraphs } from '../../../../src/inference/autoregressive/language-graphs.js';
import { textPosition } from '../../../../src/inference/autoregressive/mrope.js';
import { openBundle } from '../../../../src/inference/index.js';
import { float32 } from '../../../../src/inference/tensor/tensor.js';
import { greatestDifference, TINY_BUNDLE } from '../tiny-bundle.js';

let graphs: LanguageGraphs;
let shape: ImageBlockShape;
beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  const { embeddingSpace, image, specialTokens } = bundle.manifest;
  graphs = await LanguageGraphs.load(bundle, { threads: 1 });
  shape = {
    imageTokens: embeddingSpace.imageTokens,
    gridThw: embeddingSpace.grid,
    mergeSize: image.mergeSize,
    ...specialTokens,
    positionAfterImage: 'sequence',
  };
});
afterAll(() => graphs.release());

const PROMPT = [3, 14, 15, 92, 65, 35, 89, 79, 32, 38];

/** A cache that holds the prompt. */
async function afterPrompt(): Promise<KvCache> {
  const cache = new KvCache(graphs.shape, 1);
  await graphs.forward([{ rows: PROMPT, positions: PROMPT.map((_, index) => textPosition(index)) }], cache);
  return cache;
}

describe('the image block', () => {
  test('holds the start, 81 learned rows on their grid, and the end', () => {
    const block = imageBlock(20, graphs.imagePrefillRows, shape);
    expect(block.rows).toHaveLength(imageBlockLength(shape));
    expect([block.rows[0], block.rows.at(-1)]).toEqual([shape.visionStart, shape.visionEnd]);
    expect([0, 1, 2, 10, 81].map((row) => block.positions[row])).toEqual([
      [20, 20, 20],
      [21, 21, 21],
      [21, 21, 22],
      [21, 22, 21],
      [21, 29, 29],
    ]);
  });

  test('is followed by text 81 places on, as the reference samples, or 9, as training lays it out', () => {
    const end = (positionAfterImage: 'sequence' | 'grid') => {
      const block = imageBlock(20, graphs.imagePrefillRows, { ...shape, positionAfterImage });
      return [block.positions.at(-1)?.[0], block.next];
    };
    expect(end('sequence')).toEqual([102, 103]);
    expect(end('grid')).toEqual([30, 31]);
  });

  test('in one pass gives the embeddings of the sequential loop', async () => {
    const block = imageBlock(PROMPT.length, graphs.imagePrefillRows, shape);
    const onePass = await imageInOnePass(graphs, await afterPrompt(), block, shape);
    const oneByOne = await imageRowByRow(graphs, await afterPrompt(), block, shape);
    expect(onePass.dims).toEqual(oneByOne.dims);
    expect(greatestDifference(onePass.data, oneByOne.data)).toBeLessThan(1e-4);
  });

  test('reads each embedding before its learned row: changing the last row changes none, the first all but one', async () => {
    const embeddings = async (changedRow: number | undefined) => {
      const rows = float32(graphs.imagePrefillRows.dims, graphs.imagePrefillRows.data.slice());
      const width = rows.dims[1] ?? 0;
      if (changedRow !== undefined) rows.data.fill(0.5, changedRow * width, (changedRow + 1) * width);
      return imageInOnePass(graphs, await afterPrompt(), imageBlock(PROMPT.length, rows, shape), shape);
    };
    const plain = await embeddings(undefined);
    const width = plain.dims[1] ?? 0;
    expect((await embeddings(80)).data).toEqual(plain.data);
    const first = await embeddings(0);
    expect(first.data.slice(0, width)).toEqual(plain.data.slice(0, width));
    expect(first.data.slice(width, 2 * width)).not.toEqual(plain.data.slice(width, 2 * width));
  });
});

describe('the cache', () => {
  test('changes nothing: rows read in pieces give what they give when read at once', async () => {
    const positions = PROMPT.map((_, index) => textPosition(index));
    const [whole = []] = await graphs.forward([{ rows: PROMPT, positions }], new KvCache(graphs.shape, 1));
    const cache = new KvCache(graphs.shape, 1);
    const pieces: Float32Array[] = [];
    for (const [start, end] of [
      [0, 4],
      [4, 9],
      [9, 10],
    ] as const) {
      const [hidden = []] = await graphs.forward(
        [{ rows: PROMPT.slice(start, end), positions: positions.slice(start, end) }],
        cache,
      );
      pieces.push(...hidden);
    }
    expect(pieces).toHaveLength(whole.length);
    pieces.forEach((row, index) => {
      expect(greatestDifference(row, whole[index] ?? [])).toBeLessThan(1e-4);
    });
  });

  test('lets sequences of different lengths share passes', async () => {
    const run = (from: number, to: number) => ({
      rows: PROMPT.slice(from, to),
      positions: PROMPT.slice(from, to).map((_, index) => textPosition(from + index)),
    });
    const shared = new KvCache(graphs.shape, 2);
    await graphs.forward([run(0, 3), run(0, 8)], shared);
    const [first = [], second = []] = await graphs.forward([run(3, 7), run(8, 9)], shared);
    const [whole = []] = await graphs.forward([run(0, 10)], new KvCache(graphs.shape, 1));
    expect([first.length, second.length]).toEqual([4, 1]);
    expect(greatestDifference(first[3] ?? [], whole[6] ?? [])).toBeLessThan(1e-4);
    expect(greatestDifference(second[0] ?? [], whole[8] ?? [])).toBeLessThan(1e-4);
  });
});
