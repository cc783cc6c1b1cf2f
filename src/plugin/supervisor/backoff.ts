export interface BackOff {
  /** Milliseconds before the first restart. */
  readonly initialMs: number;
  /** Milliseconds between two restarts, at most. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait before restart `attempt` (from 1): doubled each time, and up to half of it taken off by chance,
 * so that hosts which died together do not all come back in the same moment.
 *
 * @param random in [0, 1)
 */
export function backOffMs(attempt: number, { initialMs, maxMs }: BackOff, random = Math.random()): number {
  return Math.min(maxMs, initialMs * 2 ** (attempt - 1)) * (1 - random / 2);
}
