/** What the gateway counts and measures of one plugin's calls, since it was started. */

export interface CallMetricsSnapshot {
  /** Calls that have ended, well or not. */
  readonly calls: number;
  /** Of these, those that failed. */
  readonly failedCalls: number;
  /** Of these, those that were aborted. */
  readonly cancelledCalls: number;
  readonly runningCalls: number;
  /** Calls that wait for a process. */
  readonly waitingCalls: number;
  /** Requests in a call, on average; null before the first. */
  readonly meanBatch: number | null;
  /** Requests in a call, at most. */
  readonly largestBatch: number;
  /** Half of the newest calls that went well took no longer than this, milliseconds; null before the first. */
  readonly medianMs: number | null;
  /** 19 of 20 of them took no longer than this, milliseconds. */
  readonly p95Ms: number | null;
}

export type CallOutcome = 'done' | 'failed' | 'cancelled';

export interface CallTimer {
  /** A process has taken the call. */
  started(): void;
  ended(outcome: CallOutcome): void;
}

/** Durations that are kept: enough for steady percentiles, few enough to follow a change. */
const KEPT_DURATIONS = 256;

export class CallMetrics {
  readonly #now: () => number;
  readonly #durations: number[] = [];
  readonly #ended = { done: 0, failed: 0, cancelled: 0 };
  #running = 0;
  #waiting = 0;
  #begun = 0;
  #requests = 0;
  #largestBatch = 0;

  /** @param now a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A call is about to be made. @param batch requests in it, at least 1 */
  begin(batch: number): CallTimer {
    let startedAt: number | undefined;
    this.#waiting += 1;
    return {
      started: () => {
        startedAt = this.#now();
        this.#waiting -= 1;
        this.#running += 1;
        this.#begun += 1;
        this.#requests += batch;
        this.#largestBatch = Math.max(this.#largestBatch, batch);
      },
      ended: (outcome) => {
        if (startedAt === undefined) this.#waiting -= 1;
        else this.#running -= 1;
        this.#ended[outcome] += 1;
        if (startedAt !== undefined && outcome === 'done') this.#keep(this.#now() - startedAt);
      },
    };
  }

  snapshot(): CallMetricsSnapshot {
    const { done, failed, cancelled } = this.#ended;
    const sorted = this.#durations.toSorted((left, right) => left - right);
    const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
    return {
      calls: done + failed + cancelled,
      failedCalls: failed,
      cancelledCalls: cancelled,
      runningCalls: this.#running,
      waitingCalls: this.#waiting,
      meanBatch: this.#begun === 0 ? null : this.#requests / this.#begun,
      largestBatch: this.#largestBatch,
      medianMs: quantile(0.5),
      p95Ms: quantile(0.95),
    };
  }

  #keep(durationMs: number): void {
    this.#durations.push(durationMs);
    if (this.#durations.length > KEPT_DURATIONS) this.#durations.shift();
  }
}
