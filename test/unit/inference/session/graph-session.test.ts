import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openBundle } from '../../../../src/inference/index.js';
import { GraphSession } from '../../../../src/inference/session/graph-session.js';
import { float32, int64 } from '../../../../src/inference/tensor/tensor.js';
import { TINY_BUNDLE } from '../tiny-bundle.js';

let embed: GraphSession<'embed'>;
beforeAll(async () => {
  embed = await GraphSession.load(await openBundle(TINY_BUNDLE), 'embed', 'embed', { threads: 1 });
});
afterAll(() => embed.release());

describe('a graph', () => {
  test('answers under our own names for its outputs', async () => {
    const { rows } = await embed.run({ ids: int64([1, 2, 1]) });
    expect(rows).toMatchObject({ dtype: 'float32', dims: [3, 96] });
    expect(rows.data.slice(0, 96)).toEqual(rows.data.slice(192));
  });

  test('is not run with an input of another type or shape', async () => {
    await expect(embed.run({ ids: float32([3]) })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/tiny\/embed: input ids is float32 \[3\]; wanted: int64/),
    });
  });

  test('that fails says what it was given, but not the numbers: they may be a prompt or a picture', async () => {
    const error = await embed.run({ ids: int64([87_654_321]) }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INFERENCE_FAILED', message: expect.stringContaining('ids int64 [1]') });
    expect((error as Error).message).not.toContain('87654321');
  });

  test('that the bundle does not have is refused by its name', async () => {
    await expect(GraphSession.load(await openBundle(TINY_BUNDLE), 'denoiser', 'nobody')).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining('nobody'),
    });
  });

  test('cannot be loaded with a provider that is not there', async () => {
    const options = { providers: ['no-such-provider'] };
    await expect(GraphSession.load(await openBundle(TINY_BUNDLE), 'embed', 'embed', options)).rejects.toMatchObject({
      code: 'INFERENCE_FAILED',
      message: expect.stringContaining('no-such-provider'),
    });
  });
});
