/** Words to pictures. */
import type { SamplingOptions } from '../plugin/contract.js';
import type { DiffusionSettings } from '../services/domain.js';
import { conditionOf, draw } from './draw.js';
import { imagine } from './language.js';
import { decoderOf, type PipelineCall, type PipelineModel, type PipelineTimings } from './model.js';
import { settingsOfPicture } from './settings.js';

export interface GenerateInput {
  readonly prompt: string;
  /** From `resolveSettings`; picture i is drawn with seed + i. */
  readonly settings: DiffusionSettings;
  readonly sampling?: SamplingOptions | undefined;
}

/**
 * Draws `settings.count` pictures of the prompt. They come with `emit`, one after the other.
 *
 * @throws GatewayError CAPABILITY_MISSING, and what plugins throw
 */
export async function generate(
  model: PipelineModel,
  { prompt, settings, sampling }: GenerateInput,
  call: PipelineCall,
): Promise<PipelineTimings> {
  const timings: PipelineTimings = {};

  // 1 who draws
  const decoder = decoderOf(model, settings.decoder);

  // 2 words -> embeddings [imageTokens, dimension]; a decoder that reads words needs no picture from the language model
  const startedAt = performance.now();
  const picture =
    decoder.reads.condition === 'text'
      ? undefined
      : await imagine(
          model,
          'generate',
          [{ type: 'text', text: prompt }],
          { seed: settings.seed, ...sampling },
          call.signal,
        );
  if (picture !== undefined) timings.languageMs = performance.now() - startedAt;
  const condition = conditionOf(decoder, picture, prompt);

  // 3 embeddings -> pixels, `count` times from different noise
  for (let index = 0; index < settings.count; index += 1) {
    await draw({ decoder, condition, settings: settingsOfPicture(settings, index), index }, call, timings);
  }
  return timings;
}
