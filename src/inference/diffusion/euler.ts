/** Steps of the flow-matching ODE. The denoiser foretells v = noise - picture; x moves along it from noise to picture. */
import { GatewayError } from '../../errors/index.js';
import { describe, type Float32, float32 } from '../tensor/tensor.js';

/**
 * One Euler step: x <- x + (sigmaNext - sigma) * v.
 *
 * @param packedLatents float32 [B, N, 4C]; left unchanged
 * @param velocity      float32 [B, N, 4C]; the denoiser's answer at `sigma`
 * @param sigma         in (0, 1]; `sigmaNext` in [0, sigma)
 * @returns             float32 [B, N, 4C]
 * @throws GatewayError SHAPE_MISMATCH when the two shapes differ
 */
export function eulerStep(packedLatents: Float32, velocity: Float32, sigma: number, sigmaNext: number): Float32 {
  return along(packedLatents, velocity, sigmaNext - sigma);
}

/**
 * The picture as the denoiser foretells it now, all noise gone at once: x0 = x - sigma * v.
 *
 * @param packedLatents float32 [B, N, 4C] at `sigma`; left unchanged
 * @param velocity      float32 [B, N, 4C]; the denoiser's answer at `sigma`
 * @throws GatewayError SHAPE_MISMATCH when the two shapes differ
 */
export function estimateX0(packedLatents: Float32, velocity: Float32, sigma: number): Float32 {
  return along(packedLatents, velocity, -sigma);
}

/**
 * Classifier-free guidance: v = vNegative + scale * (vPositive - vNegative). With scale 1 it is `positive`.
 *
 * @throws GatewayError SHAPE_MISMATCH when the two shapes differ
 */
export function guide(positive: Float32, negative: Float32, trueCfgScale: number): Float32 {
  expectSameShape(positive, negative);
  const guided = float32(positive.dims);
  for (let i = 0; i < guided.data.length; i++) {
    const away = negative.data[i] as number;
    guided.data[i] = away + trueCfgScale * ((positive.data[i] as number) - away);
  }
  return guided;
}

function along(from: Float32, direction: Float32, distance: number): Float32 {
  expectSameShape(from, direction);
  const moved = float32(from.dims);
  const scale = Math.fround(distance);
  for (let i = 0; i < moved.data.length; i++)
    moved.data[i] = (from.data[i] as number) + scale * (direction.data[i] as number);
  return moved;
}

function expectSameShape(first: Float32, second: Float32): void {
  if (first.dims.join() === second.dims.join()) return;
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `Latents and velocity should have one shape, but they are ${describe(first)} and ${describe(second)}.`,
  );
}
