/** The noise levels of flow matching, with the fixed shift that the decoders were trained with (nexus-gen.md 5.4). */
import { GatewayError } from '../../errors/index.js';
import type { DecoderManifest } from '../bundle/manifest.js';

/**
 * `numInferenceSteps + 1` noise levels from 1 down to 0; the denoiser runs at all but the last.
 *
 * The unshifted levels s run evenly from 1 to sMin, both ends included; sigma = shift * s / (1 + (shift - 1) * s).
 *
 * @throws GatewayError STEPS_OUT_OF_LIMITS when there is not a whole number of steps, or none
 */
export function sigmaSchedule(
  numInferenceSteps: number,
  { shift, sMin }: Pick<DecoderManifest['scheduler'], 'shift' | 'sMin'>,
): Float64Array {
  if (!Number.isInteger(numInferenceSteps) || numInferenceSteps < 1) {
    throw new GatewayError(
      'STEPS_OUT_OF_LIMITS',
      `The number of inference steps should be a whole number of at least 1, but it is ${numInferenceSteps}.`,
    );
  }
  const sigmas = new Float64Array(numInferenceSteps + 1);
  for (let step = 0; step < numInferenceSteps; step++) {
    const s = numInferenceSteps === 1 ? 1 : 1 + ((sMin - 1) * step) / (numInferenceSteps - 1);
    sigmas[step] = (shift * s) / (1 + (shift - 1) * s);
  }
  return sigmas;
}
