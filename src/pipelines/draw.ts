/** One picture: from its condition to pixels, telling of every step. */
import { GatewayError } from '../errors/index.js';
import type { DecodeRequest, ImageEmbeddings } from '../plugin/contract.js';
import type { DiffusionSettings } from '../services/domain.js';
import { addTimings, type PipelineCall, type PipelineTimings, type WatchedImageDecoder } from './model.js';

export interface Drawing {
  readonly decoder: WatchedImageDecoder;
  readonly condition: DecodeRequest['condition'];
  readonly reference?: DecodeRequest['reference'] | undefined;
  /** Of this picture, with its own seed. */
  readonly settings: DiffusionSettings;
  /** Which picture of the task, from 0. */
  readonly index: number;
}

/** Emits `imageStarted`, a `step` each, `imageFinished`; or only `imageKept` when an earlier attempt finished this picture. */
export async function draw(
  { decoder, condition, reference, settings, index }: Drawing,
  call: PipelineCall,
  timings: PipelineTimings,
): Promise<void> {
  if (call.finished?.has(index) === true) {
    await call.emit({ type: 'imageKept', index });
    return;
  }
  const { signal, previewWishes } = call;
  await call.emit({ type: 'imageStarted', index, settings });

  const { width, height, numInferenceSteps, guidanceScale, trueCfgScale, negativePrompt, seed } = settings;
  const request: DecodeRequest = {
    condition,
    ...(reference === undefined ? {} : { reference }),
    width,
    height,
    numInferenceSteps,
    guidanceScale,
    trueCfgScale,
    negativePrompt,
    seed,
  };
  for await (const event of decoder.decode(
    request,
    previewWishes === undefined ? { signal } : { signal, previewWishes },
  )) {
    signal.throwIfAborted();
    if (event.type === 'step') {
      const { stepIndex, sigma, preview } = event;
      await call.emit({ type: 'step', index, settings, stepIndex, sigma, preview });
    } else {
      addTimings(timings, event.timings);
      await call.emit({ type: 'imageFinished', index, settings, image: event.image, isEdit: reference !== undefined });
      return;
    }
  }
  signal.throwIfAborted();
  throw new GatewayError('PLUGIN_INVALID', `The image decoder "${settings.decoder}" stopped without a picture.`);
}

/** What a decoder develops: the language model's picture, or words for a decoder that reads those. */
export function conditionOf(
  decoder: WatchedImageDecoder,
  picture: ImageEmbeddings | undefined,
  words: string,
): DecodeRequest['condition'] {
  if (decoder.reads.condition === 'text') return { type: 'text', text: words };
  if (picture === undefined)
    throw new TypeError('This decoder develops embeddings, and the language model was not asked for any.');
  return { type: 'embeddings', image: picture };
}
