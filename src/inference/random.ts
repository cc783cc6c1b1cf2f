/**
 * MT19937, the generator behind PyTorch's CPU generator: one seed gives the same numbers on every machine.
 * Source: Matsumoto and Nishimura, 1998; seeding as their init_genrand.
 */
const STATE_LENGTH = 624;
const SHIFT = 397;

export class MersenneTwister {
  readonly #state = new Uint32Array(STATE_LENGTH);
  #index = STATE_LENGTH;

  /** @param seed 0 to 2^32 - 1 */
  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < STATE_LENGTH; i++) {
      const previous = this.#at(i - 1);
      this.#state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** Uniform over 0 to 2^32 - 1. */
  nextUint32(): number {
    if (this.#index === STATE_LENGTH) this.#twist();
    let value = this.#at(this.#index++);
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c5680;
    value ^= (value << 15) & 0xefc60000;
    value ^= value >>> 18;
    return value >>> 0;
  }

  /** Uniform over [0, 1) in steps of 2^-24: what a float32 holds exactly. */
  nextFloat(): number {
    return (this.nextUint32() & 0xffffff) / 0x1000000;
  }

  #twist(): void {
    for (let i = 0; i < STATE_LENGTH; i++) {
      const mixed = (this.#at(i) & 0x80000000) | (this.#at((i + 1) % STATE_LENGTH) & 0x7fffffff);
      this.#state[i] = this.#at((i + SHIFT) % STATE_LENGTH) ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }

  #at(index: number): number {
    return this.#state[index] as number;
  }
}
