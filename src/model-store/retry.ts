/** Trying again: which failures may pass by themselves, how often, and how long to wait in between. */
import { setTimeout as sleep } from 'node:timers/promises';

import { GatewayError } from '../errors/index.js';

export interface RetryPolicy {
  /** Attempts in a row that bring nothing, after which it is given up. Default 6. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. Default 1,000. */
  readonly firstWaitMs: number;
  /** Default 30,000. */
  readonly maxWaitMs: number;
  /** A hub that asks to wait longer than this is not waited for. Default 600,000. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  firstWaitMs: 1_000,
  maxWaitMs: 30_000,
  maxRetryAfterMs: 600_000,
};

/** Something that may work when tried again: a cut connection, a busy server. Never leaves this folder. */
export class Interruption extends Error {
  /** How long the other side asks to wait; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Calls `attempt` until it returns or fails for good. An attempt that brought something (`hasProgressed`) starts the count and the
 * waiting times anew: a connection that is cut every gigabyte still ends.
 *
 * @throws GatewayError HUB_UNAVAILABLE with the last reason; whatever else `attempt` throws, at once
 */
export async function retrying<Value>(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: () => Promise<Value>,
  hasProgressed: () => boolean = () => false,
): Promise<Value> {
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      failures = hasProgressed() ? 0 : failures + 1;
      const { retryAfterMs } = error;
      if (failures >= policy.attempts)
        throw unavailable(
          `${error.message}, ${failures} times in a row. What was fetched is kept: try again later.`,
          error,
        );
      if (retryAfterMs !== undefined && retryAfterMs > policy.maxRetryAfterMs)
        throw unavailable(`${error.message}; it asks to wait ${Math.ceil(retryAfterMs / 60_000)} minutes.`, error);
      // Aborted, it would throw an error of its own; the reason tells more.
      await sleep(retryAfterMs ?? backOff(policy, failures), undefined, { signal }).catch(() =>
        signal.throwIfAborted(),
      );
    }
  }
}

/**
 * When to come back, as a server says: `Retry-After` in seconds or as a date, or the seconds in `RateLimit: "api";r=0;t=55`.
 *
 * @returns milliseconds from now; undefined when it does not say
 */
export function retryAfter(headers: Headers, nowMs: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  if (!Number.isNaN(date)) return Math.max(0, date - nowMs);
  const [, seconds] = /;\s*r=0\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Doubled each time, with up to a quarter more by chance, so that parallel downloads do not come back all at once. */
function backOff({ firstWaitMs, maxWaitMs }: RetryPolicy, failures: number): number {
  return Math.min(firstWaitMs * 2 ** Math.max(0, failures - 1), maxWaitMs) * (1 + Math.random() / 4);
}

function unavailable(message: string, cause: Interruption): GatewayError {
  return new GatewayError('HUB_UNAVAILABLE', message, { cause });
}
