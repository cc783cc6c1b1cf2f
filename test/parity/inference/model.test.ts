/** The engine on the tiny bundle, held against the PyTorch modules that the bundle was exported from. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import {
  type ImageBlockShape,
  imageBlock,
  imageInOnePass,
  imageRowByRow,
} from '../../../src/inference/autoregressive/image-block.js';
import { KvCache } from '../../../src/inference/autoregressive/kv-cache.js';
import { LanguageGraphs, type RowSource } from '../../../src/inference/autoregressive/language-graphs.js';
import { type GridThw, promptPositions, textPosition } from '../../../src/inference/autoregressive/mrope.js';
import { loadConditioner } from '../../../src/inference/diffusion/conditioner.js';
import { Modulation } from '../../../src/inference/diffusion/modulation.js';
import { toRgbImage } from '../../../src/inference/diffusion/pixels.js';
import { linearRgb } from '../../../src/inference/diffusion/preview.js';
import { denoiserRotaryTables, type RopeId } from '../../../src/inference/diffusion/rope.js';
import {
  type Bundle,
  createImageDecoder,
  createLanguageModel,
  createVisionEncoder,
  type DecoderManifest,
  fitForPurpose,
  openBundle,
} from '../../../src/inference/index.js';
import { GraphSession } from '../../../src/inference/session/graph-session.js';
import { float32 } from '../../../src/inference/tensor/tensor.js';
import { buildChatPrompt } from '../../../src/inference/tokenizer/chat-prompt.js';
import { loadTokenizer, type Tokenizer } from '../../../src/inference/tokenizer/tokenizer.js';
import type {
  ChatMessage,
  ChatPart,
  DecodeCall,
  DecodeEvent,
  DecodeRequest,
  EncodePurpose,
  ImageDecoder,
  ImageEmbeddings,
  LanguageModel,
  LanguageTask,
  PreviewView,
  RgbImage,
  VisionEncoder,
} from '../../../src/plugin/contract.js';
import { type Answer, answers, patient, TINY_BUNDLE } from '../../unit/inference/tiny-bundle.js';
import { type Case, casesOf, greatestDifference, type NumberTensor } from './fixture.js';
import { differing, expectWithin } from './measured.js';

const PICTURES = path.resolve(import.meta.dirname, '../../fixtures/pictures');
const ONE_THREAD = { threads: 1 };

let bundle: Bundle;
let tokenizer: Tokenizer;
let graphs: LanguageGraphs;
let encoder: VisionEncoder;
let model: LanguageModel;
let decoders: Record<'generation' | 'editing', ImageDecoder>;
beforeAll(async () => {
  bundle = await openBundle(TINY_BUNDLE);
  tokenizer = await loadTokenizer(bundle);
  graphs = await LanguageGraphs.load(bundle, ONE_THREAD);
  encoder = await createVisionEncoder(bundle, ONE_THREAD);
  model = await createLanguageModel(bundle, ONE_THREAD);
  decoders = {
    generation: await createImageDecoder(bundle, 'generation', ONE_THREAD),
    editing: await createImageDecoder(bundle, 'editing', ONE_THREAD),
  };
});
afterAll(() =>
  Promise.all([
    graphs.release(),
    encoder.close(),
    model.close(),
    decoders.generation.close(),
    decoders.editing.close(),
  ]),
);

const rgbOf = ({ shape: [height = 0, width = 0], data }: NumberTensor): RgbImage => ({
  width,
  height,
  data: Uint8Array.from(data),
});
const float32Of = ({ shape, data }: NumberTensor) => float32(shape, Float32Array.from(data));
const embeddingsOf = (tensor: NumberTensor, gridThw: GridThw): ImageEmbeddings => ({
  space: bundle.manifest.embeddingSpace.id,
  embeddings: float32Of(tensor),
  gridThw,
});

/** The greatest difference to the reference; infinity when nothing or another count of numbers came. */
function differenceTo(wanted: NumberTensor, came: ArrayLike<number> | undefined): number {
  return greatestDifference(came ?? [], wanted.data);
}

async function pictureOf(file: string): Promise<RgbImage> {
  const { data, info } = await sharp(path.join(PICTURES, file))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: Uint8Array.from(data) };
}

async function encode(image: RgbImage, purpose: EncodePurpose): Promise<ImageEmbeddings> {
  const [embeddings] = await encoder.encode([{ image, purpose }], patient);
  if (embeddings === undefined) throw new TypeError('the encoder gave nothing');
  return embeddings;
}

/** A fixture's turns; `<image>` in a text stands for the next of `images`. */
function messagesOf(
  turns: readonly { role: ChatMessage['role']; text: string }[],
  images: readonly ImageEmbeddings[],
): ChatMessage[] {
  const waiting = [...images];
  return turns.map(({ role, text }) => ({
    role,
    parts: text.split(/(<image>)/).flatMap((piece): ChatPart[] => {
      if (piece !== '<image>') return piece === '' ? [] : [{ type: 'text', text: piece }];
      const image = waiting.shift();
      if (image === undefined) throw new TypeError('more marks than pictures');
      return [{ type: 'image', image }];
    }),
  }));
}

/** Input rows and positions of a fixture's prompt: picture rows where the placeholder stands. */
function promptOf(
  one: Case,
  pictures: readonly NumberTensor[],
): { rows: RowSource[]; positions: ReturnType<typeof promptPositions> } {
  const ids = one.value<number[]>('ids');
  const { imagePad } = bundle.manifest.specialTokens;
  const rows = pictures.flatMap(({ shape: [count = 0, width = 0], data }) =>
    Array.from({ length: count }, (_, row) => Float32Array.from(data.slice(row * width, (row + 1) * width))),
  );
  return {
    rows: ids.map((id) => (id === imagePad ? (rows.shift() ?? id) : id)),
    positions: promptPositions(
      ids,
      one.has('grids') ? one.value<GridThw[]>('grids') : [],
      imagePad,
      bundle.manifest.image.mergeSize,
    ),
  };
}

describe('reading pictures', () => {
  test.each(casesOf('fit'))('size and filter: %s', (_, one) => {
    const fitted = fitForPurpose(rgbOf(one.numbers('picture')), one.value<EncodePurpose>('purpose'), bundle.manifest);
    expect([fitted.height, fitted.width, 3]).toEqual(one.numbers('result').shape);
    expectWithin('Size and filter of each use, to the byte', one, differing(fitted.data, one.numbers('result').data));
  });

  test.each(casesOf('vision'))('embeddings: %s', async (_, one) => {
    const purposes = one.value<EncodePurpose[]>('purposes');
    const results = await encoder.encode(
      one.list('pictures').map((picture, index) => ({ image: rgbOf(picture), purpose: purposes[index] ?? 'read' })),
      patient,
    );
    expect(results.map(({ gridThw }) => gridThw)).toEqual(one.value('grids'));
    one.list('embeddings').forEach((wanted, index) => {
      expectWithin('Pictures to embeddings', one, differenceTo(wanted, results[index]?.embeddings.data));
    });
  });
});

describe('reading words', () => {
  // A message without words is refused before it becomes ids.
  const conversations = casesOf('chat').filter(([, one]) =>
    one.value<{ text: string }[]>('turns').some(({ text }) => text !== ''),
  );

  test.each(conversations)('ids of a conversation: %s', (_, one) => {
    const images = one.value<number[]>('units').map((units) =>
      embeddingsOf(
        {
          shape: [units, bundle.manifest.embeddingSpace.dimension],
          data: new Float32Array(units * bundle.manifest.embeddingSpace.dimension),
        },
        [1, 2, 2 * units],
      ),
    );
    const { ids } = buildChatPrompt(
      { task: 'reply', messages: messagesOf(one.value('turns'), images) },
      tokenizer,
      bundle.manifest,
    );
    expectWithin('Token ids of conversations', one, differing(ids, one.value<number[]>('ids')));
  });

  test.each(casesOf('language'))('rows and scores of a prompt: %s', async (_, one) => {
    const { rows, positions } = promptOf(one, one.list('embeddings'));
    const [hidden = []] = await graphs.forward(
      [{ rows, positions: positions.positions }],
      new KvCache(graphs.shape, 1),
    );
    const found = hidden.flatMap((row) => Array.from(row));
    expectWithin('Rows of a prompt', one, differenceTo(one.numbers('hidden'), found));
    const [logits] = await graphs.logits(hidden.slice(-1));
    expectWithin('Logits of a prompt', one, differenceTo(one.numbers('logits'), logits));
  });
});

describe('the image block', () => {
  const passes = [
    ['in one pass', imageInOnePass],
    ['row by row', imageRowByRow],
  ] as const;

  test.each(
    casesOf('image-block').flatMap(([name, one]) => passes.map(([how, read]) => [name, how, one, read] as const)),
  )('%s, %s', async (_, how, one, read) => {
    const { embeddingSpace, image, specialTokens } = bundle.manifest;
    const shape: ImageBlockShape = {
      imageTokens: embeddingSpace.imageTokens,
      gridThw: embeddingSpace.grid,
      mergeSize: image.mergeSize,
      ...specialTokens,
      positionAfterImage: 'grid',
    };
    const { rows, positions } = promptOf(one, one.list('promptEmbeddings'));
    const cache = new KvCache(graphs.shape, 1);
    await graphs.forward([{ rows, positions: positions.positions }], cache);
    const block = imageBlock(positions.next, graphs.imagePrefillRows, shape);
    expect([0, 1, 2].flatMap((axis) => block.positions.slice(0, -1).map((position) => position[axis]))).toEqual(
      one.numbers('positions').data,
    );
    const { data } = await read(graphs, cache, block, shape);
    expectWithin(`The 81 embeddings, ${how}`, one, differenceTo(one.numbers('embeddings'), data));
  });
});

describe('writing', () => {
  const answered = casesOf('decode').filter(([, one]) => one.has('tokens'));

  test.each(answered)('the answer to %j', async (_, one) => {
    const picture = one.value<string | null>('picture');
    const images = picture === null ? [] : [await encode(await pictureOf(`${picture}.png`), 'read')];
    const [answer] = await answers(model, [{ task: 'reply', messages: messagesOf(one.value('turns'), images) }]);
    expectWithin('Answers: words', one, differing([answer?.text], [one.value('text')]), { tolerance: 0 });
    // The token that ends the answer is not counted.
    expect(answer?.last).toMatchObject({
      type: 'end',
      usage: {
        promptTokens: one.value<number[]>('ids').length,
        completionTokens: one.value<number[]>('tokens').length - 1,
      },
    });
  });

  test('rows behind a prompt, with the cache', async () => {
    const one = casesOf('decode').find(([name]) => name === 'rows with the cache')?.[1];
    if (one === undefined) throw new TypeError('the fixture has no such case');
    const { rows, positions } = promptOf(one, []);
    const cache = new KvCache(graphs.shape, 1);
    await graphs.forward([{ rows, positions: positions.positions }], cache);
    const hidden: number[] = [];
    for (const [index, token] of one.value<number[]>('continuation').entries()) {
      const [[row] = []] = await graphs.forward(
        [{ rows: [token], positions: [textPosition(positions.next + index)] }],
        cache,
      );
      hidden.push(...(row ?? []));
    }
    expectWithin('Rows with the cache', one, differenceTo(one.numbers('hidden'), hidden));
  });
});

describe('drawing', () => {
  const manifestOf = (one: Case): DecoderManifest => {
    const decoder = bundle.manifest.decoders[one.value<'generation' | 'editing'>('decoder')];
    if (decoder === null) throw new TypeError('the bundle lacks a decoder');
    return decoder;
  };
  const picturesOf = (one: Case) =>
    one
      .list('embeddings')
      .map((tensor, index) => embeddingsOf(tensor, one.value<GridThw[]>('grids')[index] ?? [1, 1, 1]));

  test.each(casesOf('conditioner'))('context: %s', async (_, one) => {
    const conditioner = await loadConditioner(bundle, manifestOf(one), ONE_THREAD);
    const [target, reference] = picturesOf(one);
    if (target === undefined) throw new TypeError('the case has no target');
    const { data } = await conditioner.context(target, reference);
    expectWithin('Context of the denoiser', one, differenceTo(one.numbers('context'), data));
    await conditioner.release();
  });

  test.each(casesOf('denoiser'))('modulation and velocity: %s', async (_, one) => {
    const decoder = manifestOf(one);
    const name =
      one.value('branch') === 'negative' ? (decoder.constants.negativePooled ?? '') : decoder.constants.pooled;
    const modulation = new Modulation(bundle, decoder, ONE_THREAD);
    const denoiser = await GraphSession.load(bundle, 'denoiser', decoder.graphs.denoiser, ONE_THREAD);
    const [row] = await modulation.rows(Float64Array.from([one.value<number>('sigma'), 0]), one.value('guidance'), {
      name,
      vector: await bundle.constant(name),
    });
    if (row === undefined) throw new TypeError('no modulation came');
    expectWithin('Modulation row', one, differenceTo(one.numbers('modulation'), row.data));

    const ids = Array.from(one.numbers('ids').data);
    const places = Array.from(
      { length: ids.length / 3 },
      (_, index) => ids.slice(3 * index, 3 * index + 3) as unknown as RopeId,
    );
    const inputs = {
      latents: float32Of(one.numbers('latents')),
      context: float32Of(one.numbers('context')),
      modulation: row,
    };
    const { velocity } = await denoiser.run({ ...inputs, ...denoiserRotaryTables(places, decoder.rope) });
    expectWithin('Velocity', one, differenceTo(one.numbers('velocity'), velocity.data as Float32Array));
    await denoiser.release();
  });

  /** Every event of a case's run, watched at latent size. */
  async function draw(one: Case, view: PreviewView): Promise<DecodeEvent[]> {
    const [target, reference] = picturesOf(one);
    const { width, height } = decodeRequest(one, target, reference);
    const maxSize = Math.max(width, height) / manifestOf(one).latent.factor;
    return decodeEvents(one, decodeRequest(one, target, reference), {
      ...patient,
      wantsPreview: () => ({ maxSize, view }),
    });
  }

  test.each(casesOf('denoising'))('a whole run: %s', async (_, one) => {
    const drawn = pixelsOf(await draw(one, 'x0'));
    expectPixels('Embeddings to pixels, whole runs', one, drawn);
  });

  // Previews at latent size are the linear map of the latents, so they show what the loop holds at each step.
  test.each(
    casesOf('denoising').flatMap(([name, one]) => [
      [name, 'noisy', 'latents', one] as const,
      [name, 'x0', 'clean', one] as const,
    ]),
  )('%s: its %s after each step', async (_, view, field, one) => {
    const wanted = one.numbers(field);
    const [, ...shape] = wanted.shape;
    const length = shape.reduce((product, size) => product * size, 1);
    const events = await draw(one, view);
    for (let step = 0; step < (wanted.shape[0] ?? 0); step++) {
      const latents = float32([1, ...shape], Float32Array.from(wanted.data.slice(step * length, (step + 1) * length)));
      const shown = toRgbImage(linearRgb(latents, manifestOf(one).preview));
      const event = events[step];
      const preview = event?.type === 'step' ? event.preview : undefined;
      expect([preview?.width, preview?.height]).toEqual([shown.width, shown.height]);
      const error = greatestDifference(preview?.data ?? [], shown.data);
      expectWithin('Linear preview of each step', one, error, { tolerance: 1, measure: 'levels' });
    }
  });

  test.each(casesOf('vae').filter(([, one]) => one.value('kind') === 'decode'))(
    'latents to picture and previews: %s',
    async (_, one) => {
      const { graphs: names, latent, preview } = bundle.manifest.decoders.generation;
      const latents = float32Of(one.numbers('latents'));
      const vaeDecoder = await GraphSession.load(bundle, 'vaeDecoder', names.vaeDecoder, ONE_THREAD);
      const previewDecoder = await GraphSession.load(bundle, 'previewDecoder', names.previewDecoder ?? '', ONE_THREAD);
      const unscaled = float32(
        latents.dims,
        latents.data.map((value) => value / latent.scale + latent.shift),
      );
      const decoded = (await vaeDecoder.run({ latents: unscaled })).pixels.data as Float32Array;
      expectWithin('Latents to picture', one, differenceTo(one.numbers('decoded'), decoded));
      const previewed = (await previewDecoder.run({ latents })).pixels.data as Float32Array;
      expectWithin('Decoded preview', one, differenceTo(one.numbers('previewDecoded'), previewed));
      expectWithin('Linear preview', one, differenceTo(one.numbers('previewLinear'), linearRgb(latents, preview).data));
      await Promise.all([vaeDecoder.release(), previewDecoder.release()]);
    },
  );

  test.each(casesOf('vae').filter(([, one]) => one.value('kind') === 'encode'))(
    'picture to latents: %s',
    async (_, one) => {
      const vaeEncoder = await GraphSession.load(bundle, 'vaeEncoder', 'vaeEncoder', ONE_THREAD);
      const { latents } = await vaeEncoder.run({ pixels: float32Of(one.numbers('pixels')) });
      expectWithin('Picture to latents', one, differenceTo(one.numbers('latents'), latents.data as Float32Array));
      await vaeEncoder.release();
    },
  );
});

describe('from words to the answer', () => {
  const runs = casesOf('whole-runs');
  const isUnderstanding = ([, one]: [string, Case]) => one.value('task') === 'understand';

  async function ask(one: Case): Promise<{ ids: readonly number[]; answer: Answer; source: RgbImage | undefined }> {
    const file = one.value<string | null>('picture');
    const source = file === null ? undefined : await pictureOf(file);
    const words = one.value<string>('words');
    const parts: ChatPart[] = [
      ...(source === undefined ? [] : [{ type: 'image', image: await encode(source, 'read') } as const]),
      ...(words === '' ? [] : [{ type: 'text', text: words } as const]),
    ];
    const request = { task: one.value<LanguageTask>('task'), messages: [{ role: 'user', parts }] as const };
    const { ids } = buildChatPrompt(request, tokenizer, bundle.manifest);
    const [answer] = await answers(model, [request]);
    if (answer === undefined) throw new TypeError('no answer came');
    return { ids, answer, source };
  }

  test.each(runs.filter((run) => !isUnderstanding(run)))('%s: prompt, words and embeddings', async (_, one) => {
    const { ids, answer } = await ask(one);
    const wrong = differing(ids, one.value<number[]>('ids')) + differing([answer.text], [one.value('text')]);
    expectWithin('Whole runs: prompt ids and words', one, wrong, { tolerance: 0 });
    const wanted = one.list('embeddings');
    expect(answer.images).toHaveLength(wanted.length);
    const differences = wanted.map((tensor, index) => differenceTo(tensor, answer.images[index]?.embeddings.data));
    expectWithin('Whole runs: embeddings', one, Math.max(0, ...differences));
  });

  // The reference would begin a picture even when it is asked a question; this engine stays in words.
  test.each(runs.filter(isUnderstanding))('%s: prompt, and words where a picture would begin', async (_, one) => {
    const { ids, answer } = await ask(one);
    expect(ids).toEqual(one.value('ids'));
    expect(answer.text.startsWith(one.value<string>('text'))).toBe(true);
    expect(answer.images).toEqual([]);
  });

  test.each(runs.filter(([, one]) => one.has('decoder')))('%s: pixels', async (_, one) => {
    const { answer, source } = await ask(one);
    const reference = source === undefined ? undefined : await encode(source, 'reference');
    const events = await decodeEvents(one, decodeRequest(one, answer.images[0], reference), {
      ...patient,
      wantsPreview: () => undefined,
    });
    expectPixels('Whole runs: words to pixels', one, pixelsOf(events));
  });
});

function expectPixels(piece: string, one: Case, found: Uint8Array | undefined): void {
  const tolerance = one.value<number>('pixelTolerance');
  expectWithin(piece, one, differenceTo(one.numbers('pixels'), found), { tolerance, measure: 'levels' });
}

/** What a case asks a decoder for. */
function decodeRequest(
  one: Case,
  target: ImageEmbeddings | undefined,
  reference: ImageEmbeddings | undefined,
): DecodeRequest {
  if (target === undefined) throw new TypeError('there is no picture to draw');
  return {
    condition: { type: 'embeddings', image: target },
    ...(reference === undefined ? {} : { reference: { type: 'embeddings', image: reference } }),
    width: one.value('width'),
    height: one.value('height'),
    numInferenceSteps: one.value('numInferenceSteps'),
    guidanceScale: one.value('guidanceScale'),
    trueCfgScale: one.value('trueCfgScale'),
    negativePrompt: '',
    seed: one.value('seed'),
  };
}

async function decodeEvents(one: Case, request: DecodeRequest, call: DecodeCall): Promise<DecodeEvent[]> {
  const events: DecodeEvent[] = [];
  for await (const event of decoders[one.value<'generation' | 'editing'>('decoder')].decode(request, call))
    events.push(event);
  return events;
}

function pixelsOf(events: readonly DecodeEvent[]): Uint8Array | undefined {
  const last = events.at(-1);
  return last?.type === 'image' ? last.image.data : undefined;
}
