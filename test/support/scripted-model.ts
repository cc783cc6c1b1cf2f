/**
 * A model in this process whose parts do what a test tells them, over the space of the minimal plugins. It follows the contract: the
 * same request and seed give the same picture, previews are made where they are wished for, an abort ends it within a step.
 */
import type { WatchedImageDecoder, PipelineModel } from '../../src/pipelines/index.js';
import type {
  DecodeRequest,
  EncodeRequest,
  GenerateEvent,
  GenerateRequest,
  ImageEmbeddings,
  RgbImage,
} from '../../src/plugin/contract.js';
import { previewWishAt } from '../../src/plugin/wishes.js';
import { embed, SPACE } from '../../plugins/minimal/space.js';

export interface Script {
  /** What the language model says. Default: the words of the last message, and a picture when the task asks for one. */
  answer?: (request: GenerateRequest) => Iterable<GenerateEvent> | AsyncIterable<GenerateEvent>;
  /** Called before each step of a picture; may wait or throw. */
  beforeStep?: (stepIndex: number, request: DecodeRequest) => Promise<void> | void;
}

export interface ScriptedModel extends PipelineModel {
  /** What its parts were asked, in order. */
  readonly asked: {
    readonly encode: (readonly EncodeRequest[])[];
    readonly generate: (readonly GenerateRequest[])[];
    readonly generation: DecodeRequest[];
    readonly editing: DecodeRequest[];
  };
}

const USAGE = { promptTokens: 1, completionTokens: 1 };
export const END: GenerateEvent = { type: 'end', reason: 'stop', usage: USAGE };

/** A picture that the language model imagines; `shade` 0 to 1 is its colour. */
export function imagined(shade: number): { readonly type: 'image'; readonly image: ImageEmbeddings } {
  return { type: 'image', image: embed([0, 1, 2, 3].map(() => [shade, shade, shade])) };
}

export function scriptedModel(script: Script = {}, id = 'scripted'): ScriptedModel {
  const asked: ScriptedModel['asked'] = { encode: [], generate: [], generation: [], editing: [] };
  const answer = script.answer ?? plainAnswer;
  return {
    id,
    asked,
    encoder: {
      space: SPACE,
      async encode(requests) {
        asked.encode.push(requests);
        return requests.map(({ image }) => {
          const shade = (image.data[0] ?? 0) / 255;
          return embed([0, 1, 2, 3].map(() => [shade, shade, shade]));
        });
      },
      async close() {},
    },
    languageModel: {
      reads: SPACE,
      writes: SPACE,
      limits: { contextLength: 4096, batch: 8 },
      async *generate(requests, { signal }) {
        asked.generate.push(requests);
        for (const [index, request] of requests.entries()) {
          for await (const event of answer(request)) {
            signal.throwIfAborted();
            yield { index, event };
          }
        }
      },
      async close() {},
    },
    decoders: { generation: decoder('generation', script, asked), editing: decoder('editing', script, asked) },
  };
}

export function textsOf({ messages }: GenerateRequest): string[] {
  return messages.flatMap((message) => message.parts).flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function* plainAnswer(request: GenerateRequest): Generator<GenerateEvent> {
  if (request.task === 'generate' || request.task === 'edit') yield imagined(0.5);
  else yield { type: 'text', text: `You said: ${textsOf(request).at(-1) ?? ''}` };
  yield END;
}

function decoder(name: 'generation' | 'editing', script: Script, asked: ScriptedModel['asked']): WatchedImageDecoder {
  return {
    reads: name === 'editing' ? { condition: SPACE, reference: SPACE } : { condition: SPACE },
    supports: { edit: name === 'editing', mask: false, trueCfg: false, preview: 'image', batch: 1 },
    limits: { minWidth: 16, minHeight: 16, maxWidth: 256, maxHeight: 256, sizeMultiple: 16, maxSteps: 50 },
    defaults: { width: 32, height: 32, numInferenceSteps: 4, guidanceScale: 1, trueCfgScale: 1 },
    async *decode(request, { signal, previewWishes }) {
      asked[name].push(request);
      for (let stepIndex = 1; stepIndex <= request.numInferenceSteps; stepIndex += 1) {
        await script.beforeStep?.(stepIndex, request);
        // A turn of the event loop, as a step in another process would take at least.
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        signal.throwIfAborted();
        const sigma = 1 - stepIndex / request.numInferenceSteps;
        const wish = previewWishAt(previewWishes?.current, stepIndex);
        yield wish === undefined
          ? { type: 'step', stepIndex, sigma }
          : { type: 'step', stepIndex, sigma, preview: paint(request, stepIndex) };
      }
      yield { type: 'image', image: paint(request, 0), timings: { denoiseMs: 4, vaeMs: 2, previewMs: 1 } };
    },
    async close() {},
  };
}

/** A picture that follows from condition and seed alone. */
function paint({ width, height, condition, seed }: DecodeRequest, mark: number): RgbImage {
  const shade =
    condition.type === 'embeddings' ? (condition.image.embeddings.data[0] ?? 0) : condition.text.length / 100;
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at += 1) data[at] = (shade * 200 + seed * 7 + at * 3 + mark) % 256;
  return { width, height, data };
}
