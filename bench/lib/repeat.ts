/** How often something is measured: enough to see the spread, and not for ever on a slow machine. */

export interface Repetitions {
  /** Runs that are not counted: the first ones pay for lazy compilation and cold caches. */
  readonly warmUp: number;
  readonly atLeast: number;
  readonly atMost: number;
  /** No run begins after this many seconds, once there are `atLeast`. */
  readonly withinSeconds: number;
}

/**
 * Measures two ways of doing the same in turns, A B A B: whatever else the machine does meets both.
 *
 * @param a gets the number of the pair, from 0; the warm-up has numbers below 0
 * @returns results of the counted runs, pair by pair
 */
export async function interleave<A, B>(
  { warmUp, atLeast, atMost, withinSeconds }: Repetitions,
  a: (pair: number) => Promise<A>,
  b: (pair: number) => Promise<B>,
): Promise<{ readonly a: A; readonly b: B }[]> {
  for (let pair = -warmUp; pair < 0; pair += 1) {
    await a(pair);
    await b(pair);
  }
  const pairs: { readonly a: A; readonly b: B }[] = [];
  const deadline = performance.now() + withinSeconds * 1000;
  while (pairs.length < atMost && (pairs.length < atLeast || performance.now() < deadline)) {
    pairs.push({ a: await a(pairs.length), b: await b(pairs.length) });
  }
  return pairs;
}

/** @returns what `work` gave, and the milliseconds that it took */
export async function timed<Result>(work: () => Promise<Result>): Promise<{ result: Result; ms: number }> {
  const startedAt = performance.now();
  const result = await work();
  return { result, ms: performance.now() - startedAt };
}
