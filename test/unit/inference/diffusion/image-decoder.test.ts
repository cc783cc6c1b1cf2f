import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createImageDecoder, createVisionEncoder, openBundle } from '../../../../src/inference/index.js';
import type {
  DecodeCall,
  DecodeEvent,
  DecodeRequest,
  ImageDecoder,
  ImageEmbeddings,
  PreviewWish,
  RgbImage,
} from '../../../../src/plugin/contract.js';
import { patient, picture, TINY_BUNDLE } from '../tiny-bundle.js';

let generation: ImageDecoder;
let editing: ImageDecoder;
let target: ImageEmbeddings;
let reference: ImageEmbeddings;
beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  generation = await createImageDecoder(bundle, 'generation', { threads: 1 });
  editing = await createImageDecoder(bundle, 'editing', { threads: 1 });
  const encoder = await createVisionEncoder(bundle, { threads: 1 });
  const encoded = await encoder.encode(
    [
      { image: picture(72, 72), purpose: 'target' },
      { image: picture(72, 72, 2), purpose: 'reference' },
    ],
    patient,
  );
  [target, reference] = encoded as [ImageEmbeddings, ImageEmbeddings];
  await encoder.close();
});
afterAll(() => Promise.all([generation.close(), editing.close()]));

const request = (changes: Partial<DecodeRequest> = {}): DecodeRequest => ({
  condition: { type: 'embeddings', image: target },
  width: 64,
  height: 48,
  numInferenceSteps: 3,
  guidanceScale: 3.5,
  trueCfgScale: 1,
  negativePrompt: '',
  seed: 7,
  ...changes,
});
const blind: DecodeCall = { ...patient, wantsPreview: () => undefined };
const watching = (wish: PreviewWish): DecodeCall => ({ ...patient, wantsPreview: () => wish });

async function events(decoder: ImageDecoder, wanted: DecodeRequest, call: DecodeCall = blind): Promise<DecodeEvent[]> {
  const all: DecodeEvent[] = [];
  for await (const event of decoder.decode(wanted, call)) all.push(event);
  return all;
}

async function draw(decoder: ImageDecoder, wanted: DecodeRequest, call?: DecodeCall): Promise<RgbImage> {
  const last = (await events(decoder, wanted, call)).at(-1);
  if (last?.type !== 'image') throw new TypeError('no picture came');
  return last.image;
}

const previews = async (wish: PreviewWish) =>
  (await events(generation, request(), watching(wish))).flatMap((event) =>
    event.type === 'step' && event.preview ? [event.preview] : [],
  );

describe('a picture', () => {
  test('comes after one event a step, the noise going down to 0', async () => {
    const all = await events(generation, request());
    expect(all.map((event) => event.type)).toEqual(['step', 'step', 'step', 'image']);
    expect(all.flatMap((event) => (event.type === 'step' ? [event.stepIndex] : []))).toEqual([1, 2, 3]);
    const sigmas = all.flatMap((event) => (event.type === 'step' ? [event.sigma] : []));
    expect(sigmas.at(-1)).toBe(0);
    expect([...sigmas].sort((a, b) => b - a)).toEqual(sigmas);
  });

  test('has the size that was asked for, and tells where the time went', async () => {
    const last = (await events(generation, request())).at(-1);
    expect(last).toMatchObject({
      image: { width: 64, height: 48 },
      timings: { denoiseMs: expect.any(Number), vaeMs: expect.any(Number), previewMs: 0 },
    });
    expect(last?.type === 'image' && last.image.data.length).toBe(64 * 48 * 3);
  });

  test('is the same for the same seed, and another for another', async () => {
    const first = await draw(generation, request());
    expect(await draw(generation, request())).toEqual(first);
    expect((await draw(generation, request({ seed: 8 }))).data).not.toEqual(first.data);
  });

  test.each<PreviewWish['view']>(['x0', 'noisy'])(
    'is the same to the byte whether its %s is watched or not',
    async (view) => {
      const unwatched = await draw(generation, request({ trueCfgScale: 2 }));
      expect(await draw(generation, request({ trueCfgScale: 2 }), watching({ maxSize: 64, view }))).toEqual(unwatched);
    },
  );

  test('changes with true guidance, with the guidance scale and with the condition', async () => {
    const plain = await draw(generation, request());
    expect((await draw(generation, request({ trueCfgScale: 4 }))).data).not.toEqual(plain.data);
    expect((await draw(generation, request({ guidanceScale: 1 }))).data).not.toEqual(plain.data);
    const flipped = {
      ...target,
      embeddings: { dims: target.embeddings.dims, data: target.embeddings.data.map((value) => -value) },
    };
    expect((await draw(generation, request({ condition: { type: 'embeddings', image: flipped } }))).data).not.toEqual(
      plain.data,
    );
  });

  test('that is edited follows its reference; a generation decoder reads none', async () => {
    const withReference = request({ reference: { type: 'embeddings', image: reference } });
    expect((await draw(editing, withReference)).data).not.toEqual((await draw(editing, request())).data);
    expect(await draw(generation, withReference)).toEqual(await draw(generation, request()));
  });
});

describe('previews', () => {
  test('come only for the steps that are wished, and the wish may change on the way', async () => {
    const all = await events(generation, request(), {
      ...patient,
      wantsPreview: (stepIndex) => (stepIndex === 2 ? { maxSize: 64, view: 'x0' } : undefined),
    });
    expect(all.map((event) => event.type === 'step' && event.preview !== undefined)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  test('are decoded at full size when that is wished, else one pixel a latent pixel, and never larger than wished', async () => {
    const sizes = async (maxSize: number) =>
      (await previews({ maxSize, view: 'x0' })).map(({ width, height }) => [width, height]);
    expect(await sizes(512)).toEqual([
      [64, 48],
      [64, 48],
      [64, 48],
    ]);
    expect((await sizes(32))[0]).toEqual([32, 24]);
    expect((await sizes(8))[0]).toEqual([8, 6]);
    expect((await sizes(4))[0]).toEqual([4, 3]);
    expect((await sizes(1))[0]).toEqual([1, 1]);
  });

  test('show the picture as foretold, or the noise that is left of it; after the last step both are one', async () => {
    const [x0, noisy] = [await previews({ maxSize: 64, view: 'x0' }), await previews({ maxSize: 64, view: 'noisy' })];
    expect(x0[0]?.data).not.toEqual(noisy[0]?.data);
    expect(x0[2]?.data).toEqual(noisy[2]?.data);
  });
});

describe('aborting', () => {
  test('stops before the next step', async () => {
    const controller = new AbortController();
    const seen: DecodeEvent[] = [];
    const drawing = (async () => {
      for await (const event of generation.decode(request({ numInferenceSteps: 20 }), {
        ...blind,
        signal: controller.signal,
      })) {
        seen.push(event);
        if (event.type === 'step' && event.stepIndex === 2) controller.abort();
      }
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(seen).toHaveLength(2);
  });

  test('from outside is noticed, because the loop lets messages in between steps', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(
      events(generation, request({ numInferenceSteps: 20 }), { ...blind, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a request that cannot be served', () => {
  test.each<[string, Partial<DecodeRequest>, string, RegExp]>([
    ['too wide', { width: 256 }, 'SIZE_OUT_OF_LIMITS', /32 to 128 pixels wide.*256 x 48/],
    ['between two sizes', { height: 50 }, 'SIZE_OUT_OF_LIMITS', /multiples of 16.*64 x 50/],
    ['of too many steps', { numInferenceSteps: 51 }, 'STEPS_OUT_OF_LIMITS', /1 to 50.*51/],
    ['of no steps', { numInferenceSteps: 0 }, 'STEPS_OUT_OF_LIMITS', /1 to 50/],
    ['of a negative seed', { seed: -1 }, 'BAD_INPUT', /-1/],
    ['of an endless guidance', { guidanceScale: Number.POSITIVE_INFINITY }, 'BAD_INPUT', /guidanceScale/],
    ['in words', { condition: { type: 'text', text: 'a cat' } }, 'CAPABILITY_MISSING', /embeddings/],
    [
      'with a negative prompt of words',
      { trueCfgScale: 2, negativePrompt: 'blurry' },
      'CAPABILITY_MISSING',
      /negativePrompt/,
    ],
  ])('%s is refused with what was wanted', async (_, changes, code, message) => {
    await expect(events(generation, request(changes))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('with embeddings of another space is refused with both spaces', async () => {
    const foreign: ImageEmbeddings = { ...target, space: 'somebody-else' };
    await expect(
      events(generation, request({ condition: { type: 'embeddings', image: foreign } })),
    ).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
      message: expect.stringMatching(/tiny.*somebody-else/),
    });
  });

  test('with fewer embeddings than its grid has is refused with both numbers', async () => {
    const short: ImageEmbeddings = { ...target, gridThw: [1, 18, 20] };
    await expect(
      events(generation, request({ condition: { type: 'embeddings', image: short } })),
    ).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringMatching(/\[90, \d+\].*\[81, \d+\]/),
    });
  });

  test('with pixels for a reference is refused', async () => {
    const pixels = request({ reference: { type: 'pixels', image: picture(64, 64) } });
    await expect(events(editing, pixels)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  });
});
