/**
 * Checkpoints of the published layout, converted in every precision, run by the engine from words and pictures to words and pixels;
 * held against the PyTorch modules with the same checkpoint, its weights rounded as the bundle stores them. `scripts/lib/converted.mjs`
 * has the toolkit make both first; they are not committed.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Bundle,
  createImageDecoder,
  createLanguageModel,
  createVisionEncoder,
  openBundle,
  verifyBundle,
} from '../../src/inference/index.js';
import { buildChatPrompt } from '../../src/inference/tokenizer/chat-prompt.js';
import { loadTokenizer, type Tokenizer } from '../../src/inference/tokenizer/tokenizer.js';
import type {
  ChatPart,
  EncodePurpose,
  ImageDecoder,
  ImageEmbeddings,
  LanguageModel,
  LanguageTask,
  RgbImage,
  VisionEncoder,
} from '../../src/plugin/contract.js';
import { type Case, casesOf, greatestDifference, type NumberTensor } from '../parity/inference/fixture.js';
import { differing, expectWithin } from '../parity/inference/measured.js';
import { type Answer, answers, patient } from '../unit/inference/tiny-bundle.js';

const MADE = path.resolve(import.meta.dirname, '../../node_modules/.cache/darkroom-converted');
const ONE_THREAD = { threads: 1 };
/** A hundred denoiser calls at 512 x 512 on a busy machine. */
const PATIENCE_MS = 600_000;

test('the manifest carries the published defaults', async () => {
  const { manifest } = await openBundle(path.join(MADE, 'bundles/fp32'));
  const { generation, editing } = manifest.decoders;
  const shared = { width: 512, height: 512, numInferenceSteps: 50, guidanceScale: 3.5 };
  expect(generation.defaults).toEqual({ ...shared, trueCfgScale: 3 });
  expect(editing?.defaults).toEqual({ ...shared, trueCfgScale: 1 });
  expect(generation.rope).toMatchObject({ contextIds: 'zeros' });
  expect(editing?.rope).toMatchObject({ contextIds: 'grid', idPrecision: 'bfloat16' });
  for (const decoder of [generation, editing]) {
    expect(decoder?.scheduler).toEqual({ shift: 3, sMin: 0.003 / 1.002, timestepScale: 1000 });
    expect(decoder?.latent).toEqual({ channels: 16, factor: 8, scale: 0.3611, shift: 0.1159 });
  }
  expect(manifest.sampling).toMatchObject({ topK: 1, repetitionPenalty: 1.05, maxNewTokens: 1024 });
  expect(manifest.image).toMatchObject({ minPixels: 3136, maxPixels: 262_640, firstMaxPixels: 12_845_056 });
  expect(manifest.image.filters).toEqual({ read: 'bicubic', target: 'bicubic', reference: 'bilinear' });
  expect(manifest.embeddingSpace).toMatchObject({ imageTokens: 81, grid: [1, 18, 18], referenceGrid: [1, 36, 36] });
});

const runsOf = (precision: string, kept: string) => casesOf(precision, path.join(MADE, 'runs'), kept);

/** Embeddings, absolute, and levels of pixels. With 8 bits a CPU rounds the rows of a product too, which the reference does not. */
const FLOAT = { embeddings: 1e-4, levels: 1 };
const TOLERANCES = { fp32: FLOAT, fp16: FLOAT, int8: { embeddings: 0.2, levels: 20 }, int4: FLOAT };

/** How far rounding alone may carry an embedding, against the root mean square of all. Random layers average nothing out. */
const ROUNDING = { fp16: 1e-5, int8: 0.15, int4: 2 } as const;

describe.each(['fp32', 'fp16', 'int8', 'int4'] as const)('%s', (precision) => {
  let bundle: Bundle;
  let tokenizer: Tokenizer;
  let encoder: VisionEncoder;
  let model: LanguageModel;
  let decoders: Record<'generation' | 'editing', ImageDecoder>;
  beforeAll(async () => {
    bundle = await openBundle(path.join(MADE, 'bundles', precision));
    await verifyBundle(bundle);
    tokenizer = await loadTokenizer(bundle);
    encoder = await createVisionEncoder(bundle, ONE_THREAD);
    model = await createLanguageModel(bundle, ONE_THREAD);
    decoders = {
      generation: await createImageDecoder(bundle, 'generation', ONE_THREAD),
      editing: await createImageDecoder(bundle, 'editing', ONE_THREAD),
    };
  });
  afterAll(() => Promise.all([encoder.close(), model.close(), decoders.generation.close(), decoders.editing.close()]));

  const tolerances = TOLERANCES[precision];
  const runs = runsOf(precision, precision === 'fp32' ? 'the checkpoint' : 'the checkpoint with rounded weights');

  test.each(runs)(
    '%s',
    async (_, one) => {
      const source = one.value('picture') === null ? undefined : rgbOf(one.numbers('picture'));
      const { ids, answer } = await ask(one, source);
      const wrong = differing(ids, one.value<number[]>('ids')) + differing([answer.text], [one.value('text')]);
      expectWithin(`${precision}: prompt ids and words`, one, wrong, { tolerance: 0 });

      const wanted = one.list('embeddings');
      expect(answer.images).toHaveLength(wanted.length);
      for (const [index, { data }] of wanted.entries()) {
        const error = greatestDifference(answer.images[index]?.embeddings.data ?? [], data);
        expectWithin(`${precision}: embeddings of the picture to draw`, one, error, {
          tolerance: tolerances.embeddings,
        });
      }
      if (!one.has('decoder')) return;

      const levels = levelsOfMost(await draw(one, answer.images[0], source), one.numbers('pixels').data);
      expectWithin(`${precision}: pixels, 99.9 % of them`, one, levels, {
        tolerance: tolerances.levels,
        measure: 'levels',
      });
    },
    PATIENCE_MS,
  );

  if (precision !== 'fp32') {
    const unrounded = new Map(runsOf('fp32', 'the checkpoint'));
    test.each(runs.filter(([, one]) => one.has('decoder')))('what rounding the weights costs: %s', (name, one) => {
      const whole = unrounded.get(name);
      const [want, have] = [whole?.list('embeddings')[0], one.list('embeddings')[0]];
      if (whole === undefined || want === undefined || have === undefined) throw new TypeError('a run has no picture');
      const size = Math.sqrt(Array.from(want.data).reduce((sum, value) => sum + value ** 2, 0) / want.data.length);
      const error = greatestDifference(have.data, want.data) / size;
      const tolerance = ROUNDING[precision];
      expectWithin(`${precision}: what rounding the weights costs an embedding`, whole, error, {
        tolerance,
        measure: 'relative',
      });
    });
  }

  async function ask(one: Case, source: RgbImage | undefined): Promise<{ ids: readonly number[]; answer: Answer }> {
    const parts: ChatPart[] = [{ type: 'text', text: one.value<string>('words') }];
    if (source !== undefined) parts.unshift({ type: 'image', image: await encode(source, 'read') });
    const request = {
      task: one.value<LanguageTask>('task'),
      messages: [{ role: 'user', parts }],
      sampling: { maxNewTokens: one.value<number>('maxNewTokens') },
    } as const;
    const { ids } = buildChatPrompt(request, tokenizer, bundle.manifest);
    const [answer] = await answers(model, [request]);
    if (answer === undefined) throw new TypeError('no answer came');
    return { ids, answer };
  }

  async function draw(
    one: Case,
    target: ImageEmbeddings | undefined,
    source: RgbImage | undefined,
  ): Promise<Uint8Array> {
    const kind = one.value<'generation' | 'editing'>('decoder');
    if (target === undefined) throw new TypeError('there is no picture to draw');
    const request = {
      condition: { type: 'embeddings', image: target },
      ...(source === undefined || kind === 'generation'
        ? {}
        : { reference: { type: 'embeddings', image: await encode(source, 'reference') } as const }),
      width: one.value<number>('width'),
      height: one.value<number>('height'),
      numInferenceSteps: one.value<number>('numInferenceSteps'),
      guidanceScale: one.value<number>('guidanceScale'),
      trueCfgScale: one.value<number>('trueCfgScale'),
      negativePrompt: '',
      seed: one.value<number>('seed'),
    } as const;
    for await (const event of decoders[kind].decode(request, { ...patient, wantsPreview: () => undefined }))
      if (event.type === 'image') return event.image.data;
    throw new TypeError('no picture came');
  }

  async function encode(image: RgbImage, purpose: EncodePurpose): Promise<ImageEmbeddings> {
    const [embeddings] = await encoder.encode([{ image, purpose }], patient);
    if (embeddings === undefined) throw new TypeError('the encoder gave nothing');
    return embeddings;
  }
});

const rgbOf = ({ shape: [height = 0, width = 0], data }: NumberTensor): RgbImage => ({
  width,
  height,
  data: Uint8Array.from(data),
});

/** The largest difference of any channel, but for the worst pixel in a thousand. */
function levelsOfMost(found: Uint8Array, wanted: ArrayLike<number>): number {
  if (found.length !== wanted.length) return Number.POSITIVE_INFINITY;
  const pixels = Array.from({ length: found.length / 3 }, (_, pixel) =>
    greatestDifference(
      found.subarray(3 * pixel, 3 * pixel + 3),
      Array.prototype.slice.call(wanted, 3 * pixel, 3 * pixel + 3),
    ),
  );
  return pixels.sort((one, other) => other - one)[Math.floor(pixels.length / 1000)] ?? Number.POSITIVE_INFINITY;
}
