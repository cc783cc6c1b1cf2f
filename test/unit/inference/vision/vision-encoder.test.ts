import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createVisionEncoder, fitForPurpose, openBundle } from '../../../../src/inference/index.js';
import type { Manifest } from '../../../../src/inference/index.js';
import type { EncodeRequest, VisionEncoder } from '../../../../src/plugin/contract.js';
import { greatestDifference, patient, picture, TINY_BUNDLE } from '../tiny-bundle.js';

let encoder: VisionEncoder;
let manifest: Manifest;
beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  ({ manifest } = bundle);
  encoder = await createVisionEncoder(bundle, { threads: 1 });
});
afterAll(() => encoder.close());

const requests: EncodeRequest[] = [
  { image: picture(72, 72), purpose: 'read' },
  { image: picture(100, 40, 1), purpose: 'read' },
  { image: picture(64, 64, 2), purpose: 'target' },
  { image: picture(50, 80, 3), purpose: 'reference' },
];

describe('the vision encoder', () => {
  test('gives each use its grid: a picture to be read keeps its shape, target and reference have one grid each', async () => {
    const results = await encoder.encode(requests, patient);
    expect(results.map(({ gridThw }) => gridThw)).toEqual([
      [1, 18, 18],
      [1, 10, 24],
      [1, 18, 18],
      [1, 36, 36],
    ]);
    expect(results.map(({ embeddings }) => embeddings.dims[0])).toEqual([81, 60, 81, 324]);
    expect(new Set(results.map(({ space }) => space))).toEqual(new Set([manifest.embeddingSpace.id]));
  });

  test('pictures that share a pass get the embeddings that they would get alone', async () => {
    const together = await encoder.encode(requests, patient);
    for (const [index, request] of requests.entries()) {
      const [alone] = await encoder.encode([request], patient);
      expect(greatestDifference(alone?.embeddings.data ?? [], together[index]?.embeddings.data ?? [])).toBeLessThan(
        1e-4,
      );
    }
  });

  test('a picture whose bytes do not match its size is refused with both', async () => {
    const image = { width: 10, height: 10, data: new Uint8Array(299) };
    await expect(encoder.encode([{ image, purpose: 'read' }], patient)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/10 x 10.*300.*299/),
    });
  });

  test('nothing is encoded for a call that is aborted', async () => {
    await expect(encoder.encode(requests, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  test('no pictures, no embeddings', async () => {
    await expect(encoder.encode([], patient)).resolves.toEqual([]);
  });

  test('a large picture to be read is shrunk within the pixel budget', () => {
    const { width, height } = fitForPurpose(picture(640, 480), 'read', manifest);
    expect(width * height).toBeLessThanOrEqual(manifest.image.maxPixels);
    expect([width % 8, height % 8]).toEqual([0, 0]);
  });
});
