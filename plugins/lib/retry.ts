/** How long to wait before a request is sent again. */

const FIRST_MS = 250;
const LONGEST_MS = 8_000;
/** A server that wants more is not waited for: the task's own next attempt comes later. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** Doubles with each attempt, less up to half by chance, so that many clients do not come back together. */
export function retryDelayMs(attempt: number, chance: () => number = Math.random): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(whole * (1 - chance() / 2));
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date; undefined when it says nothing of use. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

export function isTooLong(waitMs: number): boolean {
  return waitMs > LONGEST_RETRY_AFTER_MS;
}
