/** How long the supervisor waits for what; all in milliseconds but `maxFailures`. */
export interface SupervisorTiming {
  /** From the start of a process to its handshake, model loading included. Default 120,000. */
  readonly startDeadlineMs: number;
  /** From an abort to the end of the call; a host that takes longer is killed. Default 2,000. */
  readonly abortDeadlineMs: number;
  /** How long a call waits for a host that is starting or restarting. Default 60,000. */
  readonly callWaitMs: number;
  /** From the request to close to the end of the process; then it is killed. Default 6,000. */
  readonly closeDeadlineMs: number;
  /** Between two health checks. Default 5,000. */
  readonly healthIntervalMs: number;
  /** How long a host without work may leave a health check unanswered. Default 10,000. */
  readonly idleSilenceMs: number;
  /** The same for a host that works: a forward pass blocks its event loop. Default 600,000. */
  readonly busySilenceMs: number;
  /** Before the first restart; doubled for each further one. Default 250. */
  readonly initialBackOffMs: number;
  /** Default 15,000. */
  readonly maxBackOffMs: number;
  /** Failures in a row after which the supervisor gives up. Default 5. */
  readonly maxFailures: number;
  /** A host that has served so long, or has finished a call, ends the row of failures. Default 60,000. */
  readonly stableAfterMs: number;
}

/** How to notice a host that is silent for `busySilenceMs`: never less often than by default. */
export function silenceTiming(
  busySilenceMs: number,
): Pick<SupervisorTiming, 'busySilenceMs' | 'idleSilenceMs' | 'healthIntervalMs'> {
  return {
    busySilenceMs,
    idleSilenceMs: Math.min(10_000, busySilenceMs),
    healthIntervalMs: Math.min(5_000, busySilenceMs / 2),
  };
}

export function withDefaults({
  startDeadlineMs = 120_000,
  abortDeadlineMs = 2_000,
  callWaitMs = 60_000,
  closeDeadlineMs = 6_000,
  healthIntervalMs = 5_000,
  idleSilenceMs = 10_000,
  busySilenceMs = 600_000,
  initialBackOffMs = 250,
  maxBackOffMs = 15_000,
  maxFailures = 5,
  stableAfterMs = 60_000,
}: Partial<SupervisorTiming>): SupervisorTiming {
  return {
    startDeadlineMs,
    abortDeadlineMs,
    callWaitMs,
    closeDeadlineMs,
    healthIntervalMs,
    idleSilenceMs,
    busySilenceMs,
    initialBackOffMs,
    maxBackOffMs,
    maxFailures,
    stableAfterMs,
  };
}
