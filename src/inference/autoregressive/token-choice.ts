/**
 * The next token of one sequence from its logits, in the reference's order (nexus-gen.md 2.7): forbidden ids out,
 * repetition penalty over prompt and answer, temperature, the k likeliest, the p likeliest, a seeded draw.
 */
import { GatewayError } from '../../errors/index.js';
import type { SamplingOptions } from '../../plugin/contract.js';
import type { Manifest } from '../bundle/manifest.js';
import { MersenneTwister } from '../random.js';

/** Sampling with every field filled in. */
export type Sampling = Required<SamplingOptions>;

/**
 * The request's options over the model's own.
 *
 * @throws GatewayError BAD_INPUT for a value out of range
 */
export function resolveSampling(wanted: SamplingOptions | undefined, defaults: Manifest['sampling']): Sampling {
  const given = Object.fromEntries(Object.entries(wanted ?? {}).filter(([, value]) => value !== undefined));
  const sampling: Sampling = { seed: 0, stop: [], ...defaults, ...given };
  expectRange('maxNewTokens', sampling.maxNewTokens, 1, Number.MAX_SAFE_INTEGER, true);
  expectRange('temperature', sampling.temperature, 0, 100);
  expectRange('topK', sampling.topK, 1, Number.MAX_SAFE_INTEGER, true);
  expectRange('topP', sampling.topP, Number.MIN_VALUE, 1);
  expectRange('repetitionPenalty', sampling.repetitionPenalty, Number.MIN_VALUE, 100);
  expectRange('seed', sampling.seed, 0, 2 ** 32 - 1, true);
  return sampling;
}

/** Whether the likeliest token is always taken, so that seed and temperature do not matter. */
export function isGreedy({ temperature, topK }: Pick<Sampling, 'temperature' | 'topK'>): boolean {
  return temperature === 0 || topK === 1;
}

export class TokenChooser {
  readonly #sampling: Sampling;
  readonly #random: MersenneTwister;
  /** Ids of prompt and answer so far. */
  readonly #seen: Set<number>;

  constructor(promptIds: readonly number[], sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = new MersenneTwister(sampling.seed);
    this.#seen = new Set(promptIds);
  }

  /** Tell of an id that now belongs to the answer. */
  see(id: number): void {
    this.#seen.add(id);
  }

  /** A chooser for the same prompt that has seen nothing of an answer that was thrown away. */
  restart(promptIds: readonly number[]): void {
    this.#seen.clear();
    for (const id of promptIds) this.#seen.add(id);
  }

  /**
   * @param logits    float32 [vocab]; changed in place
   * @param forbidden ids that must not come, whatever their score
   * @throws GatewayError INFERENCE_FAILED when the logits are not numbers
   */
  choose(logits: Float32Array, forbidden: Iterable<number>): number {
    const { repetitionPenalty, temperature, topK, topP } = this.#sampling;
    // Forbidden before the penalty: -inf times anything stays -inf.
    for (const id of forbidden) logits[id] = Number.NEGATIVE_INFINITY;
    for (const id of this.#seen) {
      const score = logits[id] ?? 0;
      logits[id] = score < 0 ? score * repetitionPenalty : score / repetitionPenalty;
    }
    const best = argmax(logits);
    if (isGreedy(this.#sampling)) return best;

    const candidates = likeliest(logits, topK)
      .map((id) => ({ id, weight: Math.exp(((logits[id] ?? 0) - (logits[best] ?? 0)) / temperature) }))
      .filter(({ weight }) => weight > 0);
    const nucleus = nucleusOf(candidates, topP);
    let rest = this.#random.nextFloat() * nucleus.reduce((sum, { weight }) => sum + weight, 0);
    for (const { id, weight } of nucleus) {
      rest -= weight;
      if (rest < 0) return id;
    }
    return best;
  }
}

/** Index of the greatest value, the first of equal ones. @throws GatewayError INFERENCE_FAILED without a finite one */
export function argmax(values: Float32Array): number {
  let best = -1;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) throw notFinite();
    if (value > bestValue) [best, bestValue] = [i, value];
  }
  if (best < 0 || !Number.isFinite(bestValue)) throw notFinite();
  return best;
}

/** The `count` ids of the greatest logits, greatest first; equal ones in the order of their ids. Forbidden ones are left out. */
function likeliest(logits: Float32Array, count: number): number[] {
  // A vocabulary has 150,000 ids: typed arrays sort fast, and only what may be drawn is sorted with its ids.
  const least = logits.toSorted().at(-Math.min(count, logits.length)) ?? Number.NEGATIVE_INFINITY;
  const ids: number[] = [];
  logits.forEach((score, id) => {
    if (score >= least && score > Number.NEGATIVE_INFINITY) ids.push(id);
  });
  return ids.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b).slice(0, count);
}

/** The fewest likeliest candidates that together reach `topP` of the weight; at least one. */
function nucleusOf<Candidate extends { readonly weight: number }>(
  candidates: readonly Candidate[],
  topP: number,
): readonly Candidate[] {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const end = candidates.findIndex(({ weight }) => {
    reached += weight;
    return reached >= topP * total;
  });
  return end < 0 ? candidates : candidates.slice(0, end + 1);
}

function expectRange(name: keyof Sampling, value: number, min: number, max: number, whole = false): void {
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return;
  const least = min === Number.MIN_VALUE ? 'more than 0' : `at least ${min}`;
  throw new GatewayError(
    'BAD_INPUT',
    `sampling.${name} should be ${whole ? 'a whole number, ' : ''}${least} and at most ${max}, but it is ${value}.`,
  );
}

function notFinite(): GatewayError {
  return new GatewayError('INFERENCE_FAILED', 'The language model gave logits that are not numbers.');
}
