/** A picture and an instruction to a changed picture. */
import { GatewayError } from '../errors/index.js';
import type { RgbImage, SamplingOptions } from '../plugin/contract.js';
import type { DiffusionSettings } from '../services/domain.js';
import { conditionOf, draw } from './draw.js';
import { imagine } from './language.js';
import { decoderOf, type PipelineCall, type PipelineModel, type PipelineTimings } from './model.js';
import { toChatParts, toReference } from './reading.js';
import { settingsOfPicture } from './settings.js';

export interface EditInput {
  readonly source: RgbImage;
  readonly instruction: string;
  /** From `resolveSettings`; picture i is drawn with seed + i. */
  readonly settings: DiffusionSettings;
  readonly sampling?: SamplingOptions | undefined;
}

/**
 * Draws `settings.count` edits of the source. They come with `emit`, one after the other.
 *
 * @throws GatewayError CAPABILITY_MISSING, and what plugins throw
 */
export async function edit(
  model: PipelineModel,
  { source, instruction, settings, sampling }: EditInput,
  call: PipelineCall,
): Promise<PipelineTimings> {
  const timings: PipelineTimings = {};
  const { signal } = call;

  // 1 who draws
  const decoder = decoderOf(model, settings.decoder);
  if (!decoder.supports.edit) {
    throw new GatewayError('CAPABILITY_MISSING', `Decoder "${settings.decoder}" of model ${model.id} cannot edit.`);
  }

  // 2 what must stay: the source as the decoder reads it
  const reference = await toReference(model, decoder, source, signal, timings);

  // 3 source and instruction -> embeddings of the changed picture [imageTokens, dimension]
  let condition = decoder.reads.condition === 'text' ? conditionOf(decoder, undefined, instruction) : undefined;
  if (condition === undefined) {
    const parts = await toChatParts(model, [source], signal, timings);
    const startedAt = performance.now();
    const picture = await imagine(
      model,
      'edit',
      [...parts, { type: 'text', text: instruction }],
      { seed: settings.seed, ...sampling },
      signal,
    );
    timings.languageMs = performance.now() - startedAt;
    condition = conditionOf(decoder, picture, instruction);
  }

  // 4 embeddings and reference -> pixels, `count` times from different noise
  for (let index = 0; index < settings.count; index += 1) {
    await draw({ decoder, condition, reference, settings: settingsOfPicture(settings, index), index }, call, timings);
  }
  return timings;
}
