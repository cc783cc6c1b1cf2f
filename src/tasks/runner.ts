/**
 * Runs tasks in this process: takes leases, `concurrency` at a time, keeps them alive while the work goes on, and records the outcome.
 *
 *   IDLE ──start──► RUNNING ──stop──► DRAINING ──► STOPPED
 *
 * RUNNING:  leases whatever is ready; every half lease it also takes back what dead runners held.
 * DRAINING: takes no new lease. What runs may end by itself until the deadline; then it is aborted and goes back into the queue.
 *
 * What ends a piece of work:
 *   it returns                  -> SUCCEEDED
 *   it throws, retryable fault  -> back into the queue, up to `maxAttempts` faults, then FAILED
 *   it throws, anything else    -> FAILED
 *   the task was cancelled      -> nothing left to record: it is CANCELLED already
 *   the lease was lost          -> nothing: another runner records the outcome
 *   the drain deadline passed   -> back into the queue, not counted as a fault
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { type ErrorCode, GatewayError, toGatewayError } from '../errors/index.js';
import type { PluginLog } from '../plugin/contract.js';
import type { TaskEventBody, TaskRecord, TaskTimings } from '../services/domain.js';
import type { DiskReserve } from '../storage/reserve.js';
import type { EventHub } from './event-hub.js';
import type { PreviewChannel, PreviewHub } from './preview-hub.js';
import type { TaskInput } from './rows.js';
import { type AlsoWrite, type Lease, type StartedLease, type TaskStore, toTaskError } from './store.js';

/** What the work sees of its task. */
export interface RunningTask {
  readonly task: TaskRecord;
  readonly input: TaskInput;
  /** Aborted when the task is cancelled, its lease is lost or the runner stops; its reason is a GatewayError. */
  readonly signal: AbortSignal;
  readonly previews: PreviewChannel;
  /** Appends to the task's log, with other writes in the same transaction. @throws GatewayError LEASE_LOST */
  emit(body: TaskEventBody, also?: AlsoWrite): Promise<void>;
}

export interface TaskOutcome {
  readonly answer?: string | undefined;
  readonly timings: TaskTimings;
}

export type Execute = (running: RunningTask) => Promise<TaskOutcome>;

export interface RunnerOptions {
  readonly store: TaskStore;
  readonly hub: EventHub;
  readonly previews: PreviewHub;
  readonly reserve: DiskReserve;
  readonly execute: Execute;
  readonly log: PluginLog;
  /** Tasks at once. Default 1. */
  readonly concurrency?: number | undefined;
  /** How long a lease lasts unless renewed; it is renewed three times as often. Default 30,000. */
  readonly leaseMs?: number | undefined;
  /** Faults after which a task fails for good. Default 3. */
  readonly maxAttempts?: number | undefined;
  /** Wait before the second attempt; doubled before each further one. Default 500. */
  readonly retryDelayMs?: number | undefined;
  /** How long `stop` lets tasks run on. Default 10,000. */
  readonly drainMs?: number | undefined;
  /** How long an aborted piece of work is waited for before its place is given to another. Default 15,000. */
  readonly abortGraceMs?: number | undefined;
}

export interface Runner {
  /** Takes back what dead runners held, then begins. */
  start(): Promise<void>;
  /** There may be something to do: call it after a submit. */
  wake(): void;
  /** Resolves when nothing runs any more and everything is recorded. */
  stop(): Promise<void>;
  readonly owner: string;
}

type RunnerState = 'IDLE' | 'RUNNING' | 'DRAINING' | 'STOPPED';

/** Faults that may pass by themselves. A full disk does not, and doing the work again would only fill it again. */
const RETRIED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INFERENCE_FAILED',
  'PLUGIN_FAILED',
  'PLUGIN_UNAVAILABLE',
  'PLUGIN_TIMEOUT',
  'STORAGE_FAILED',
  'LEASE_LOST',
]);

/** Waits between attempts to record an outcome while the storage refuses. */
const RECORD_RETRY_MS = [0, 50, 250, 1_000];

export function createRunner({
  store,
  hub,
  previews,
  reserve,
  execute,
  log,
  concurrency = 1,
  leaseMs = 30_000,
  maxAttempts = 3,
  retryDelayMs = 500,
  drainMs = 10_000,
  abortGraceMs = 15_000,
}: RunnerOptions): Runner {
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  let state: RunnerState = 'IDLE';
  const running = new Map<string, { readonly controller: AbortController; readonly done: Promise<void> }>();
  let leasing: Promise<void> | undefined;
  let lookAgain = false;
  let sweepTimer: NodeJS.Timeout | undefined;
  let laterTimer: NodeJS.Timeout | undefined;

  const wake = (): void => {
    if (state !== 'RUNNING') return;
    lookAgain = true;
    leasing ??= leaseWhatIsReady()
      .catch((error: unknown) => {
        log.error('The queue could not be read; trying again.', { error: toGatewayError(error).message });
        wakeIn(1_000);
      })
      .finally(() => {
        leasing = undefined;
        if (lookAgain) wake();
      });
  };

  const wakeIn = (milliseconds: number): void => {
    clearTimeout(laterTimer);
    laterTimer = setTimeout(wake, milliseconds);
  };

  const leaseWhatIsReady = async (): Promise<void> => {
    while (lookAgain) {
      lookAgain = false;
      while (state === 'RUNNING' && running.size < concurrency) {
        const lease = await store.lease(owner, leaseMs);
        if (lease === null) break;
        begin(lease);
      }
      // A task that waits for its next attempt is nobody's submit: look when its time has come.
      const readyAt = state === 'RUNNING' && running.size < concurrency ? await store.nextReadyAt() : null;
      if (readyAt !== null) wakeIn(Math.max(10, readyAt - Date.now()));
    }
  };

  const begin = (lease: StartedLease): void => {
    const controller = new AbortController();
    const done = run(lease, controller)
      .catch((error: unknown) => {
        log.error('A task ended without a recorded outcome; it is taken back when its lease ends.', {
          task: lease.task.id,
          error: toGatewayError(error).message,
        });
      })
      .finally(() => {
        running.delete(lease.task.id);
        wake();
      });
    running.set(lease.task.id, { controller, done });
    // The lease may have been granted while stop() was already waiting for others.
    if (state !== 'RUNNING') controller.abort(shuttingDown());
  };

  const run = async (lease: StartedLease, controller: AbortController): Promise<void> => {
    const { task } = lease;
    const { signal } = controller;
    const channel = previews.open(task.id, lease.cursor, task.conversationId);
    const stopListening = hub.listen(task.id, (events) => {
      for (const event of events) {
        channel.advance(event.cursor);
        if (event.type === 'TaskCancelled') controller.abort(new GatewayError('CANCELLED', 'The task was cancelled.'));
      }
    });
    const heartbeat = setInterval(() => {
      store.renew(lease, leaseMs).catch((error: unknown) => {
        const fault = toGatewayError(error);
        if (fault.code === 'LEASE_LOST') controller.abort(fault);
        else log.warn('A lease could not be renewed.', { task: task.id, error: fault.message });
      });
    }, leaseMs / 3);

    const startedAt = performance.now();
    try {
      const work = execute({
        task,
        input: lease.input,
        signal,
        previews: channel,
        async emit(body, also) {
          signal.throwIfAborted();
          await store.append(lease, [body], also);
        },
      });
      const outcome = await untilAbandoned(work, signal, abortGraceMs);
      signal.throwIfAborted();
      const timings = { ...task.timings, ...outcome.timings, totalMs: performance.now() - startedAt };
      await record(lease, () => store.succeed(lease, { answer: outcome.answer, timings }));
    } catch (error) {
      const fault = toGatewayError(signal.aborted ? signal.reason : error);
      const isRecordedElsewhere = fault.code === 'LEASE_LOST' || (signal.aborted && fault.code === 'CANCELLED');
      if (!isRecordedElsewhere) await settle(lease, fault, { ...task.timings, totalMs: performance.now() - startedAt });
    } finally {
      clearInterval(heartbeat);
      stopListening();
      channel.close();
    }
  };

  /** Records how an attempt ended that did not succeed. */
  const settle = async (lease: Lease, error: GatewayError, timings: TaskTimings): Promise<void> => {
    const fields = {
      task: lease.task.id,
      attempt: lease.attempt,
      code: error.code,
      error: error.message,
      cause: describeCause(error),
    };
    if (error.code === 'SHUTTING_DOWN') {
      log.info('A task goes back into the queue.', fields);
      await record(lease, () => store.requeue(lease, toTaskError(error), { isFault: false, delayMs: 0 }));
    } else if (RETRIED.has(error.code) && lease.failures + 1 < maxAttempts) {
      log.warn('An attempt failed and is made again.', fields);
      const delayMs = retryDelayMs * 2 ** lease.failures;
      await record(lease, () => store.requeue(lease, toTaskError(error), { isFault: true, delayMs }));
    } else {
      log.error('A task failed.', fields);
      await record(lease, () => store.fail(lease, toTaskError(error), timings));
    }
  };

  /** Writes an outcome, through a storage that refuses for a while. A lost lease ends it: the outcome is another's then. */
  const record = async (lease: Lease, write: () => Promise<void>): Promise<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await write();
        if (attempt > 0) await reserve.restore();
        return;
      } catch (error) {
        const fault = toGatewayError(error);
        if (fault.code === 'LEASE_LOST') {
          log.warn('An outcome came too late and was refused.', { task: lease.task.id, attempt: lease.attempt });
          return;
        }
        const isTransient = fault.code === 'STORAGE_FULL' || fault.code === 'STORAGE_FAILED';
        if (!isTransient || (state !== 'RUNNING' && attempt >= RECORD_RETRY_MS.length)) throw error;
        if (fault.code === 'STORAGE_FULL') await reserve.release();
        await sleep(RECORD_RETRY_MS[Math.min(attempt, RECORD_RETRY_MS.length - 1)] ?? 0);
      }
    }
  };

  const takeBackAbandoned = async (): Promise<void> => {
    for (const lease of await store.abandoned((other) => other !== owner && isDeadHere(other))) {
      if (running.has(lease.task.id)) continue;
      const lost = new GatewayError('LEASE_LOST', `Attempt ${lease.attempt} ended with the process that ran it.`);
      await settle(lease, lost, lease.task.timings);
    }
    wake();
  };

  return {
    owner,
    wake,

    async start() {
      if (state !== 'IDLE') throw new TypeError('A runner starts once.');
      state = 'RUNNING';
      await takeBackAbandoned();
      sweepTimer = setInterval(() => {
        takeBackAbandoned().catch((error: unknown) => {
          log.warn('Abandoned tasks could not be looked for.', { error: toGatewayError(error).message });
        });
      }, leaseMs / 2);
    },

    async stop() {
      if (state === 'RUNNING') state = 'DRAINING';
      clearInterval(sweepTimer);
      clearTimeout(laterTimer);
      await leasing;
      const all = Promise.all([...running.values()].map(({ done }) => done));
      const deadline = setTimeout(() => {
        for (const { controller } of running.values()) controller.abort(shuttingDown());
      }, drainMs);
      await all;
      clearTimeout(deadline);
      state = 'STOPPED';
    },
  };
}

function shuttingDown(): GatewayError {
  return new GatewayError('SHUTTING_DOWN', 'The gateway is stopping; the task runs again after its next start.');
}

/**
 * Whether an owner (`host:pid:random`) was a process of this machine that is gone. A process that has our own pid but another random
 * part is gone too: in a container every start has the same pid.
 */
function isDeadHere(owner: string): boolean {
  const match = /^(.*):(\d+):[^:]+$/.exec(owner);
  if (match === null || match[1] !== hostname()) return false;
  const pid = Number(match[2]);
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** The work's result; but when it does not end within the grace after an abort, the abort's reason, and the work is left to itself. */
async function untilAbandoned<Result>(work: Promise<Result>, signal: AbortSignal, graceMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    onAbort = () => {
      timer = setTimeout(() => reject(toGatewayError(signal.reason)), graceMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

function describeCause(error: GatewayError): string | undefined {
  if (error.cause === undefined) return undefined;
  return error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
