/** The noise that a picture develops from. One seed gives the same noise on every machine (nexus-gen.md 5.5). */
import { MersenneTwister } from '../random.js';

const BLOCK = 16;

/**
 * `count` draws of the standard normal distribution, equal to PyTorch's `torch.randn` on the CPU to 5e-7: pairs of
 * uniform numbers become pairs of normal ones (Box and Muller), in blocks of sixteen; a rest that fills no block makes
 * the last sixteen be drawn again.
 *
 * @param count at least 16
 * @param seed  0 to 2^32 - 1
 * @throws TypeError below 16, where PyTorch draws in another way; no latents are so few
 */
export function standardNormal(count: number, seed: number): Float32Array {
  if (count < BLOCK) throw new TypeError(`noise wants at least ${BLOCK} numbers, not ${count}`);
  const random = new MersenneTwister(seed);
  const values = Float32Array.from({ length: count }, () => random.nextFloat());
  for (let start = 0; start + BLOCK <= count; start += BLOCK) toNormal(values.subarray(start, start + BLOCK));
  if (count % BLOCK !== 0) {
    const last = values.subarray(count - BLOCK);
    for (let i = 0; i < BLOCK; i++) last[i] = random.nextFloat();
    toNormal(last);
  }
  return values;
}

/** Sixteen uniform numbers to sixteen normal ones, in place: number j gives the radius, number j + 8 the angle. */
function toNormal(block: Float32Array): void {
  for (let j = 0; j < BLOCK / 2; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - (block[j] as number)));
    const angle = 2 * Math.PI * (block[j + BLOCK / 2] as number);
    block[j] = radius * Math.cos(angle);
    block[j + BLOCK / 2] = radius * Math.sin(angle);
  }
}
