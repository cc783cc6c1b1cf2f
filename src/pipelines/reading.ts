/** Pictures as the language model and the decoders want to read them: pixels, or the encoder's embeddings. */
import { GatewayError } from '../errors/index.js';
import type { ChatPart, DecodeRequest, EncodePurpose, ImageEmbeddings, RgbImage } from '../plugin/contract.js';
import type { PipelineModel, PipelineTimings, WatchedImageDecoder } from './model.js';

/**
 * Pictures as parts of a message, in their order; one call of the encoder for all.
 *
 * @throws GatewayError CAPABILITY_MISSING when the language model reads embeddings and the model has no encoder
 */
export async function toChatParts(
  model: PipelineModel,
  images: readonly RgbImage[],
  signal: AbortSignal,
  timings: PipelineTimings,
): Promise<ChatPart[]> {
  if (model.languageModel.reads === 'pixels') return images.map((image) => ({ type: 'pixels', image }));
  const embeddings = await encode(model, images, 'read', signal, timings);
  return embeddings.map((image) => ({ type: 'image', image }));
}

/**
 * The reference picture of an edit; undefined when the decoder takes none.
 *
 * @throws GatewayError CAPABILITY_MISSING when the decoder reads embeddings and the model has no encoder
 */
export async function toReference(
  model: PipelineModel,
  decoder: WatchedImageDecoder,
  image: RgbImage,
  signal: AbortSignal,
  timings: PipelineTimings,
): Promise<DecodeRequest['reference'] | undefined> {
  const { reference } = decoder.reads;
  if (reference === undefined) return undefined;
  if (reference === 'pixels') return { type: 'pixels', image };
  const [embeddings] = await encode(model, [image], 'reference', signal, timings);
  return embeddings === undefined ? undefined : { type: 'embeddings', image: embeddings };
}

/** @throws GatewayError CAPABILITY_MISSING, PLUGIN_INVALID */
export async function encode(
  model: PipelineModel,
  images: readonly RgbImage[],
  purpose: EncodePurpose,
  signal: AbortSignal,
  timings: PipelineTimings,
): Promise<ImageEmbeddings[]> {
  if (images.length === 0) return [];
  if (model.encoder == null)
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `Model ${model.id} has no vision encoder, so it cannot read pictures.`,
    );
  const startedAt = performance.now();
  const embeddings = await model.encoder.encode(
    images.map((image) => ({ image, purpose })),
    { signal },
  );
  timings.encodeMs = (timings.encodeMs ?? 0) + performance.now() - startedAt;
  if (embeddings.length !== images.length) {
    throw new GatewayError(
      'PLUGIN_INVALID',
      `The vision encoder was given ${images.length} pictures and answered ${embeddings.length}.`,
    );
  }
  return embeddings;
}
