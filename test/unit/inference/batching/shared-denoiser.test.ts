/** Real graphs; what is counted and disturbed are their runs. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { createImageDecoder, createVisionEncoder, openBundle } from '../../../../src/inference/index.js';
import { GraphSession } from '../../../../src/inference/session/graph-session.js';
import type { Tensor } from '../../../../src/inference/tensor/tensor.js';
import type { DecodeCall, DecodeRequest, ImageDecoder, ImageEmbeddings } from '../../../../src/plugin/contract.js';
import { greatestDifference, patient, picture, TINY_BUNDLE } from '../tiny-bundle.js';

let alone: ImageDecoder;
let sharing: ImageDecoder;
let target: ImageEmbeddings;

beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  alone = await createImageDecoder(bundle, 'generation', { threads: 1 });
  sharing = await createImageDecoder(bundle, 'generation', { threads: 1, batch: 4 });
  const encoder = await createVisionEncoder(bundle, { threads: 1 });
  [target] = (await encoder.encode([{ image: picture(72, 72), purpose: 'target' }], patient)) as [ImageEmbeddings];
  await encoder.close();
});
afterAll(() => Promise.all([alone.close(), sharing.close()]));
afterEach(() => {
  jest.restoreAllMocks();
});

const request = (changes: Partial<DecodeRequest> = {}): DecodeRequest => ({
  ...{ condition: { type: 'embeddings', image: target }, width: 64, height: 48, numInferenceSteps: 4 },
  ...{ guidanceScale: 3.5, trueCfgScale: 1, negativePrompt: '', seed: 7 },
  ...changes,
});
const blind: DecodeCall = { ...patient, wantsPreview: () => undefined };

async function draw(
  decoder: ImageDecoder,
  wanted: DecodeRequest,
  call = blind,
  onStep: (step: number) => void = () => undefined,
) {
  for await (const event of decoder.decode(wanted, call)) {
    if (event.type === 'image') return event.image.data;
    onStep(event.stepIndex);
  }
  throw new TypeError('no picture came');
}

/** Rows of every run of the denoiser from now on. */
function watchRuns(before: (rows: number) => void = () => undefined): number[] {
  const rows: number[] = [];
  const original = GraphSession.prototype.run;
  jest.spyOn(GraphSession.prototype, 'run').mockImplementation(function (
    this: GraphSession<'denoiser'>,
    feeds,
    signal,
  ) {
    const { latents, modulation } = feeds as unknown as Readonly<Record<string, Tensor>>;
    if (modulation !== undefined) {
      rows.push(latents?.dims[0] ?? 0);
      before(rows.at(-1) ?? 0);
    }
    return original.call(this, feeds, signal);
  });
  return rows;
}

describe('pictures that develop at the same time', () => {
  test('share the runs of the denoiser, and are what they are alone', async () => {
    const wanted = [1, 2, 3].map((seed) => request({ seed }));
    const own = [];
    for (const one of wanted) own.push(await draw(alone, one));
    const rows = watchRuns();

    const together = await Promise.all(wanted.map((one) => draw(sharing, one)));

    expect(rows).toEqual([3, 3, 3, 3]);
    for (const [index, data] of together.entries())
      expect(greatestDifference(data, own[index] ?? [])).toBeLessThanOrEqual(1);
  });

  test('share them at different steps: one that comes later joins, at its own noise level', async () => {
    const [first, second] = [request({ numInferenceSteps: 6 }), request({ seed: 9, numInferenceSteps: 3 })];
    const own = [await draw(alone, first), await draw(alone, second)];
    const rows = watchRuns();

    let late: Promise<Uint8Array> | undefined;
    const one = await draw(sharing, first, blind, (step) => {
      if (step === 2) late = draw(sharing, second);
    });
    const other = await late;

    expect(rows).toContain(2);
    expect(rows.length).toBeLessThan(9);
    expect(greatestDifference(one, own[0] ?? [])).toBeLessThanOrEqual(1);
    expect(greatestDifference(other ?? [], own[1] ?? [])).toBeLessThanOrEqual(1);
  });

  test('of different sizes take turns', async () => {
    const wanted = [request(), request({ width: 48 })];
    const rows = watchRuns();

    const [one, other] = await Promise.all(wanted.map((each) => draw(sharing, each)));

    expect(new Set(rows)).toEqual(new Set([1]));
    expect([one?.length, other?.length]).toEqual([64 * 48 * 3, 48 * 48 * 3]);
  });

  test('are more than fit one run', async () => {
    const rows = watchRuns();

    await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => draw(sharing, request({ seed }))));

    expect(Math.max(...rows)).toBe(4);
    expect(rows.reduce((sum, count) => sum + count, 0)).toBe(6 * 4);
  });

  test('go on when one of them is aborted', async () => {
    const own = await draw(alone, request({ seed: 1 }));
    const controller = new AbortController();
    const aborting = draw(sharing, request({ seed: 2 }), { ...blind, signal: controller.signal }, (step) => {
      if (step === 2) controller.abort();
    });

    const [one, other] = await Promise.allSettled([draw(sharing, request({ seed: 1 })), aborting]);

    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
    expect(one.status === 'fulfilled' && greatestDifference(one.value, own) <= 1).toBe(true);
  });

  test('are run alone where they cannot be run together', async () => {
    const own = await draw(alone, request({ seed: 1 }));
    watchRuns((rows) => {
      if (rows > 1) throw new Error('out of memory');
    });

    const [one] = await Promise.all([draw(sharing, request({ seed: 1 })), draw(sharing, request({ seed: 2 }))]);

    expect(one).toEqual(own);
  });
});
