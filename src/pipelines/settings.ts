/** From what a caller asks for to settings that a decoder can honour. */
import { randomInt } from 'node:crypto';

import { GatewayError } from '../errors/index.js';
import type { DiffusionInput, DiffusionSettings } from '../services/domain.js';
import { type DecoderName, decoderOf, type PipelineModel } from './model.js';

/** Seeds are signed 32-bit so that they fit a GraphQL Int. */
export const MAX_SEED = 2 ** 31 - 1;
const MAX_GUIDANCE = 100;

export interface SettingsLimits {
  /** Pictures that one task may make. */
  readonly maxImages: number;
  /** Characters of the negative prompt. */
  readonly promptChars: number;
}

/**
 * Fills in the decoder's defaults, draws a seed where none was asked for, and checks everything against the decoder's limits.
 *
 * @param fallback decoder where the input names none
 * @throws GatewayError CAPABILITY_MISSING, SIZE_OUT_OF_LIMITS, STEPS_OUT_OF_LIMITS, PROMPT_TOO_LONG, BAD_INPUT
 */
export function resolveSettings(
  model: PipelineModel,
  fallback: DecoderName,
  input: DiffusionInput,
  limits: SettingsLimits,
): DiffusionSettings {
  const name = input.decoder ?? fallback;
  const decoder = decoderOf(model, name);
  const { defaults } = decoder;
  const settings: DiffusionSettings = {
    width: input.width ?? defaults.width,
    height: input.height ?? defaults.height,
    numInferenceSteps: input.numInferenceSteps ?? defaults.numInferenceSteps,
    guidanceScale: input.guidanceScale ?? defaults.guidanceScale,
    trueCfgScale: input.trueCfgScale ?? defaults.trueCfgScale,
    negativePrompt: input.negativePrompt ?? '',
    seed: input.seed ?? randomInt(MAX_SEED),
    count: input.count ?? 1,
    decoder: name,
  };

  const { minWidth, maxWidth, minHeight, maxHeight, sizeMultiple, maxSteps } = decoder.limits;
  const fits = (size: number, min: number, max: number): boolean =>
    Number.isInteger(size) && size >= min && size <= max && size % sizeMultiple === 0;
  if (!fits(settings.width, minWidth, maxWidth) || !fits(settings.height, minHeight, maxHeight)) {
    throw new GatewayError(
      'SIZE_OUT_OF_LIMITS',
      `Decoder "${name}" of model ${model.id} draws widths from ${minWidth} to ${maxWidth} and heights from ${minHeight} to ${maxHeight} in multiples of ${sizeMultiple}, not ${settings.width} x ${settings.height}.`,
    );
  }
  if (!isWholeBetween(settings.numInferenceSteps, 1, maxSteps)) {
    throw new GatewayError(
      'STEPS_OUT_OF_LIMITS',
      `Decoder "${name}" of model ${model.id} takes from 1 to ${maxSteps} inference steps, not ${settings.numInferenceSteps}.`,
    );
  }
  if (!isWholeBetween(settings.count, 1, limits.maxImages)) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`count\` must be a whole number from 1 to ${limits.maxImages}, not ${settings.count}.`,
    );
  }
  if (!isWholeBetween(settings.seed, 0, MAX_SEED)) {
    throw new GatewayError('BAD_INPUT', `\`seed\` must be a whole number from 0 to ${MAX_SEED}, not ${settings.seed}.`);
  }
  if (!(settings.guidanceScale >= 0 && settings.guidanceScale <= MAX_GUIDANCE)) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`guidanceScale\` must be from 0 to ${MAX_GUIDANCE}, not ${settings.guidanceScale}.`,
    );
  }
  if (!(settings.trueCfgScale >= 1 && settings.trueCfgScale <= MAX_GUIDANCE)) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`trueCfgScale\` must be from 1 (off) to ${MAX_GUIDANCE}, not ${settings.trueCfgScale}.`,
    );
  }
  if (settings.trueCfgScale > 1 && !decoder.supports.trueCfg) {
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `Decoder "${name}" of model ${model.id} has no classifier-free guidance; leave \`trueCfgScale\` at 1.`,
    );
  }
  if (settings.negativePrompt.length > limits.promptChars) {
    throw new GatewayError(
      'PROMPT_TOO_LONG',
      `\`negativePrompt\` has ${settings.negativePrompt.length} characters; the limit is ${limits.promptChars}.`,
    );
  }
  return settings;
}

/** Settings of picture `index` of a task: the next seeds, wrapping around at the end. */
export function settingsOfPicture(settings: DiffusionSettings, index: number): DiffusionSettings {
  return { ...settings, seed: (settings.seed + index) % (MAX_SEED + 1) };
}

function isWholeBetween(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
