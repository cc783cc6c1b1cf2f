/** What the checks have a plugin do: one call of its kind, and a digest of what it answered. */
import { createHash } from 'node:crypto';
import type {
  DecodeRequest,
  EmbeddingSpace,
  GenerateRequest,
  ImageEmbeddings,
  PluginCapabilities,
  PreviewWishes,
  RgbImage,
} from '../contract.js';
import { remoteImageDecoder } from '../client/image-decoder.js';
import { remoteLanguageModel } from '../client/language-model.js';
import { type RemoteCall, runOnHost } from '../client/remote-call.js';
import { remoteVisionEncoder } from '../client/vision-encoder.js';
import type { CallTarget } from '../endpoint.js';
import { errorOfPlugin } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import { decodeRequestToWire } from '../wire/requests.js';
import { embeddingsToWire } from '../wire/values.js';

/** What the calls are made with; where a plugin needs something better than the kit can invent. */
export interface ConformanceSamples {
  readonly image?: RgbImage;
  readonly prompt?: string;
  /** For a decoder that reads embeddings. */
  readonly condition?: ImageEmbeddings;
  /** For a decoder that reads embeddings as its reference. */
  readonly reference?: ImageEmbeddings;
}

export interface ExerciseOptions {
  readonly signal?: AbortSignal;
  readonly wishes?: PreviewWishes;
  /** Called for each answer as it comes. */
  onAnswer?(answer: { readonly stepIndex?: number; readonly preview?: RgbImage }): void;
}

export interface Exercise {
  /** A call that has to succeed; resolves with a digest of its outcome, previews and timings left out. */
  run(options?: ExerciseOptions): Promise<string>;
  /** A call whose message breaks the contract; has to fail with a code. */
  runMalformed(): Promise<void>;
  /** The cheapest call that the plugin takes, for doing it often. */
  runSmallest(): Promise<void>;
  /** A call with an input as large as a caller may send; may fail with a code. */
  runHuge(): Promise<void>;
  /** Calls with fewer numbers or pixels than they say; undefined where the plugin takes neither. */
  readonly runWrongShape: (() => Promise<void>) | undefined;
  /** A call with embeddings of a space that the plugin did not declare; undefined where it takes none. */
  readonly runWrongSpace: (() => Promise<void>) | undefined;
}

const neverAborted = new AbortController().signal;

export function exerciseOf(target: CallTarget, declared: PluginCapabilities, samples: ConformanceSamples): Exercise {
  switch (declared.kind) {
    case 'vision-encoder': {
      const encoder = remoteVisionEncoder(target, declared);
      const send = (requests: wire.EncodeRequestInput[]) =>
        runToEnd<wire.EncodeCommandInput>(target, {
          open: (connection) => connection.visionEncoder.Encode(),
          start: () => ({ start: { requests } }),
          abort: { abort: {} },
          batch: 1,
        });
      const encode = async (image: RgbImage) => {
        await encoder.encode([{ image, purpose: 'target' }], { signal: neverAborted });
      };
      return {
        async run({ signal = neverAborted, onAnswer } = {}) {
          const image = samples.image ?? testCard(64, 48);
          const requests = (['read', 'target', 'reference'] as const).map((purpose) => ({ image, purpose }));
          const embeddings = await encoder.encode(requests, { signal });
          onAnswer?.({});
          return digest(embeddings.map((each) => each.embeddings.data));
        },
        runMalformed: () => send([{}]),
        runSmallest: () => encode(testCard(32, 32)),
        runHuge: () => encode(testCard(4096, 4096)),
        runWrongShape: () => send([{ image: SHORT_IMAGE, purpose: 'ENCODE_PURPOSE_READ' }]),
        runWrongSpace: undefined,
      };
    }
    case 'language-model': {
      const model = remoteLanguageModel(target, declared);
      const send = (requests: wire.GenerateRequestInput[]) =>
        runGenerate(target, {
          open: (connection) => connection.languageModel.Generate(),
          start: () => ({ start: { requests } }),
          abort: { abort: {} },
          batch: 1,
        });
      const sendPart = (part: wire.ChatPartInput) =>
        send([{ task: 'LANGUAGE_TASK_UNDERSTAND', messages: [{ role: 'ROLE_USER', parts: [part] }] }]);
      const { reads } = declared;
      const ask = (text: string, maxNewTokens: number) =>
        send([
          {
            task: 'LANGUAGE_TASK_UNDERSTAND',
            messages: [{ role: 'ROLE_USER', parts: [{ text }] }],
            sampling: { maxNewTokens, temperature: 0 },
          },
        ]);
      return {
        async run({ signal = neverAborted, onAnswer } = {}) {
          const texts = [samples.prompt ?? 'What is a picture?', 'Say it in other words.'];
          const told = texts.map((): (string | Float32Array)[] => []);
          for await (const { index, event } of model.generate(texts.map(question), { signal })) {
            onAnswer?.({});
            if (event.type === 'error') throw new Error(`Request ${index} failed with ${event.code}: ${event.message}`);
            if (event.type === 'text') told[index]?.push(event.text);
            if (event.type === 'image') told[index]?.push(event.image.embeddings.data);
          }
          return digest(told.flat());
        },
        runMalformed: () => send([{}]),
        runSmallest: () => ask('Hello', 1),
        runHuge: () => ask('word '.repeat(200_000), 1),
        runWrongShape: () => sendPart(reads === 'pixels' ? { pixels: SHORT_IMAGE } : { image: shortEmbeddings(reads) }),
        runWrongSpace: reads === 'pixels' ? undefined : () => sendPart({ image: foreignEmbeddings(reads) }),
      };
    }
    case 'image-decoder': {
      const decoder = remoteImageDecoder(target, declared);
      const request: DecodeRequest = {
        ...declared.defaults,
        ...materialsFor(declared.reads, samples),
        negativePrompt: '',
        seed: 7,
      };
      const send = (wanted: wire.DecodeRequestInput | undefined) =>
        runToEnd<wire.DecodeCommandInput>(target, {
          open: (connection) => connection.imageDecoder.Decode(),
          start: () => ({ start: wanted ? { request: wanted } : {} }),
          abort: { abort: {} },
          batch: 1,
        });
      const { condition, reference } = declared.reads;
      const { minWidth: width, minHeight: height } = declared.limits;
      const smallest = decodeRequestToWire({ ...request, width, height, numInferenceSteps: 1 });
      return {
        async run({ signal = neverAborted, wishes, onAnswer } = {}) {
          const call = wishes ? { signal, previewWishes: { current: wishes, onChange: () => () => {} } } : { signal };
          let pixels = new Uint8Array();
          for await (const event of decoder.decode(request, call)) {
            onAnswer?.(event.type === 'step' ? event : {});
            if (event.type === 'image') pixels = new Uint8Array(event.image.data);
          }
          return digest([pixels]);
        },
        runMalformed: () => send(undefined),
        runSmallest: () => send(smallest),
        runHuge: () => send({ ...smallest, negativePrompt: 'word '.repeat(200_000) }),
        runWrongShape:
          condition !== 'text'
            ? () => send({ ...smallest, embeddings: shortEmbeddings(condition) })
            : reference === 'pixels'
              ? () => send({ ...smallest, referencePixels: SHORT_IMAGE })
              : undefined,
        runWrongSpace:
          condition === 'text' ? undefined : () => send({ ...smallest, embeddings: foreignEmbeddings(condition) }),
      };
    }
  }
}

async function runToEnd<Command>(target: CallTarget, call: RemoteCall<Command, unknown>): Promise<void> {
  for await (const _ of runOnHost(target, call, neverAborted));
}

/** A request that fails in a batch says so in its own event. */
async function runGenerate(target: CallTarget, call: RemoteCall<wire.GenerateCommandInput, wire.GenerateEvent>) {
  for await (const { error } of runOnHost(target, call, neverAborted))
    if (error) throw errorOfPlugin(error.code, error.message, target.name);
}

/** Half of its pixels are missing. */
const SHORT_IMAGE = { width: 32, height: 32, data: Buffer.alloc(32 * 16 * 3) } as const;

function shortEmbeddings(space: EmbeddingSpace): wire.ImageEmbeddingsInput {
  const whole = embeddingsToWire(someEmbeddings(space));
  return { ...whole, embeddings: { dims: [space.imageTokens, space.dimension], data: Buffer.alloc(12) } };
}

function foreignEmbeddings(space: EmbeddingSpace): wire.ImageEmbeddingsInput {
  return { ...embeddingsToWire(someEmbeddings(space)), space: `not-${space.id}` };
}

function question(text: string): GenerateRequest {
  return {
    task: 'understand',
    messages: [{ role: 'user', parts: [{ type: 'text', text }] }],
    sampling: { maxNewTokens: 24, temperature: 0, seed: 7 },
  };
}

function materialsFor(
  { condition, reference }: Extract<PluginCapabilities, { kind: 'image-decoder' }>['reads'],
  samples: ConformanceSamples,
): Pick<DecodeRequest, 'condition' | 'reference'> {
  return {
    condition:
      condition === 'text'
        ? { type: 'text', text: samples.prompt ?? 'a red circle on white' }
        : { type: 'embeddings', image: samples.condition ?? someEmbeddings(condition) },
    ...(reference === 'pixels' && { reference: { type: 'pixels', image: samples.image ?? testCard(64, 48) } }),
    ...(typeof reference === 'object' && {
      reference: { type: 'embeddings', image: samples.reference ?? someEmbeddings(reference) },
    }),
  };
}

/** Embeddings of no particular picture, always the same, on a square grid that is merged 2 x 2. */
function someEmbeddings({ id, dimension, imageTokens }: EmbeddingSpace): ImageEmbeddings {
  const side = 2 * Math.round(Math.sqrt(imageTokens));
  const data = Float32Array.from({ length: imageTokens * dimension }, (_, at) => Math.abs(Math.sin(at + 1)));
  return { space: id, embeddings: { dims: [imageTokens, dimension], data }, gridThw: [1, side, side] };
}

function testCard(width: number, height: number): RgbImage {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 7) % 256) };
}

function digest(parts: readonly (string | Uint8Array | Float32Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
