/** A picture, or words, as one vector of the model's embedding space: what is near looks alike. */
import { GatewayError } from '../errors/index.js';
import type { ImageEmbeddings, RgbImage } from '../plugin/contract.js';
import { imagine } from './language.js';
import type { PipelineModel } from './model.js';
import { encode } from './reading.js';

/**
 * @returns float32 [dimension] of length 1 for each picture: the mean of its tokens
 * @throws  GatewayError CAPABILITY_MISSING when the model has no encoder, and what the plugin throws
 */
export async function embedImages(
  model: PipelineModel,
  images: readonly RgbImage[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  return (await encode(model, images, 'target', signal, {})).map(meanDirection);
}

/**
 * The picture that the language model imagines for the words, in the space of the encoder.
 *
 * @returns float32 [dimension] of length 1
 * @throws  GatewayError CAPABILITY_MISSING when the model does not write embeddings of its encoder's space
 */
export async function embedWords(model: PipelineModel, words: string, signal: AbortSignal): Promise<Float32Array> {
  const { writes } = model.languageModel;
  if (writes === null || writes.id !== model.encoder?.space.id) {
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `Model ${model.id} does not imagine pictures in the space of its encoder; look for images by an image.`,
    );
  }
  // The same words always look for the same.
  return meanDirection(
    await imagine(model, 'generate', [{ type: 'text', text: words }], { seed: 0, temperature: 0 }, signal),
  );
}

function meanDirection({ embeddings: { dims, data } }: ImageEmbeddings): Float32Array {
  const dimension = dims.at(-1) ?? 0;
  const sum = new Float32Array(dimension);
  for (let at = 0; at < data.length; at += dimension) {
    for (let axis = 0; axis < dimension; axis += 1) sum[axis] = (sum[axis] as number) + (data[at + axis] as number);
  }
  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  // Tokens that cancel out point nowhere: such a picture is like none.
  return length === 0 ? sum : sum.map((value) => value / length);
}
