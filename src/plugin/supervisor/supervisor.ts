/** Keeps one plugin's host process running. */
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import type { PluginLog } from '../contract.js';
import type { Introduction } from '../wire/capabilities.js';
import { errorOfCall } from '../wire/errors.js';
import { backOffMs } from './backoff.js';
import { HostConnection } from './connection.js';
import { type HostProcess, spawnHost } from './host-process.js';
import { HostSession } from './session.js';

export interface SupervisorOptions {
  /** What the configuration calls the plugin; its name in states, logs and errors. */
  readonly name: string;
  /** Absolute path of the plugin's JavaScript entry. */
  readonly entry: string;
  /** For the plugin, as the operator wrote them. */
  readonly options?: unknown;
  /** The whole environment of the process; nothing is added to it. Default: empty. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes what the plugin logs and prints, and the supervisor's own messages. */
  readonly log: PluginLog;
  readonly timing?: Partial<SupervisorTiming>;
}

/** All in milliseconds. */
export interface SupervisorTiming {
  /** From the start of a process to its handshake, model loading included. Default 120,000. */
  readonly startDeadlineMs: number;
  /** From an abort to the end of the call; a host that takes longer is killed. Default 2,000. */
  readonly abortDeadlineMs: number;
  /** How long a call waits for a host that is starting or restarting. Default 15,000. */
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

export type PluginState =
  | { readonly type: 'STOPPED' }
  | { readonly type: 'STARTING' }
  | { readonly type: 'READY'; readonly session: HostSession }
  | { readonly type: 'BUSY'; readonly session: HostSession; readonly calls: number }
  | { readonly type: 'RESTARTING' /** Failures in a row. */; readonly failures: number; readonly reason: GatewayError }
  | { readonly type: 'FAILED'; readonly reason: GatewayError };

/**
 * States and the ways between them:
 *
 *     STOPPED, FAILED ──start()──► STARTING     a process is started; calls wait for it
 *     STARTING ──handshake──► READY             no call is running
 *     READY ◄──first call, last call──► BUSY    one call or more
 *     STARTING, READY, BUSY ──► RESTARTING      the process ended, left health checks unanswered, or was killed because
 *                                               a call did not stop; its calls fail with PLUGIN_UNAVAILABLE at once,
 *                                               new ones wait. Lasts through the back-off and the new start
 *     RESTARTING ──handshake──► READY
 *     STARTING, RESTARTING ──► FAILED           the plugin refused (options, version, bundle: trying again is no use),
 *                                               or failed too often in a row; calls fail with the reason
 *     any ──stop()──► STOPPED                   the plugin is closed, its process has ended
 *
 * A kill after an unanswered abort is no failure: it restarts at once and does not count towards the limit, for a slow
 * step on a slow machine must not take the plugin away from everybody.
 */
export class PluginSupervisor {
  readonly name: string;
  readonly timing: SupervisorTiming;
  readonly #options: SupervisorOptions;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  #state: PluginState = { type: 'STOPPED' };
  #introduction: Introduction | undefined;
  #restarts = 0;
  #lastError: GatewayError | undefined;
  #memoryBytes: number | undefined;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.name = options.name;
    this.#options = options;
    this.timing = withDefaults(options.timing ?? {});
  }

  get state(): PluginState {
    return this.#state;
  }

  /** What the plugin said of itself; undefined until its first handshake. */
  get introduction(): Introduction | undefined {
    return this.#introduction;
  }

  /** Processes started after the first one. */
  get restarts(): number {
    return this.#restarts;
  }

  get lastError(): GatewayError | undefined {
    return this.#lastError;
  }

  /** Resident memory of the process, as it last told; undefined while there is none. */
  get memoryBytes(): number | undefined {
    return this.#memoryBytes;
  }

  get pid(): number | undefined {
    return 'session' in this.#state ? this.#state.session.process.pid : undefined;
  }

  /** Calls `listener` after each change of state; the answer stops that. */
  onChange(listener: () => void): () => void {
    this.#changes.on('change', listener);
    return () => void this.#changes.off('change', listener);
  }

  /** Settles when the plugin is READY or has FAILED; which of the two, `state` tells. */
  async start(): Promise<void> {
    if (this.#state.type === 'STOPPED' || this.#state.type === 'FAILED') {
      this.#stopping = new AbortController();
      this.#enter({ type: 'STARTING' });
      this.#running = this.#supervise(this.#stopping.signal);
    }
    while (this.#state.type === 'STARTING' || this.#state.type === 'RESTARTING') await once(this.#changes, 'change');
  }

  /** Closes the plugin and ends its process; calls that are running are aborted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#enter({ type: 'STOPPED' });
  }

  /**
   * The running host, waited for while it starts. Whoever gets it calls `session.release()` when the call has ended.
   *
   * @throws {GatewayError} PLUGIN_UNAVAILABLE when it does not come in time or was stopped; the reason of FAILED; CANCELLED
   */
  async acquire(signal: AbortSignal): Promise<HostSession> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(this.timing.callWaitMs)]);
    for (;;) {
      if (signal.aborted) throw new GatewayError('CANCELLED', 'The call was aborted.', { plugin: this.name });
      const state = this.#state;
      if (state.type === 'READY' || state.type === 'BUSY') {
        state.session.retain();
        return state.session;
      }
      if (state.type === 'FAILED') throw state.reason;
      if (state.type === 'STOPPED') throw this.#unavailable('is stopped');
      if (patience.aborted) throw this.#unavailable(`was still ${state.type} after ${this.timing.callWaitMs} ms`);
      await once(this.#changes, 'change', { signal: patience }).catch(() => {});
    }
  }

  /** The life of the plugin: start, serve, and start again, until it is stopped or given up. */
  async #supervise(stopping: AbortSignal): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-')); // mode 0700: only this user can connect
    try {
      for (let starts = 0, failures = 0; !stopping.aborted; starts += 1) {
        this.#restarts = starts;
        const end = await this.#runOnce(join(folder, `${starts}.sock`), stopping);
        this.#memoryBytes = undefined;
        if (stopping.aborted) return;

        const { reason } = end;
        this.#lastError = reason;
        if (end.wasStable) failures = 0;
        if (end.isFailure) failures += 1;
        if (!reason.retryable || failures > this.timing.maxFailures) return this.#giveUp(reason);
        this.#options.log.warn('The plugin is restarted.', { reason: reason.message, failures });
        this.#enter({ type: 'RESTARTING', failures, reason });
        if (end.isFailure) await this.#backOff(failures, stopping);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** One process, from its start to its end. */
  async #runOnce(socketPath: string, stopping: AbortSignal): Promise<ProcessEnd> {
    const { entry, environment = {}, log } = this.#options;
    const process = spawnHost({ entry, socketPath, environment, log });
    const connection = new HostConnection(socketPath);
    try {
      await this.#handshake(process, connection, stopping);
      return await this.#serve(process, connection, stopping);
    } catch (error) {
      const reason = error instanceof GatewayError ? error : errorOfCall(error, this.name);
      return { reason, isFailure: true, wasStable: false };
    } finally {
      connection.dispose();
      process.kill();
      await process.exited;
    }
  }

  async #handshake(process: HostProcess, connection: HostConnection, stopping: AbortSignal): Promise<void> {
    const { startDeadlineMs } = this.timing;
    const tooLate = AbortSignal.timeout(startDeadlineMs);
    const introduction = await Promise.race([
      connection.handshake(this.name, this.#options.options, new Date(Date.now() + startDeadlineMs + 1_000)),
      process.exited.then((how) => Promise.reject(this.#unavailable(`${how}, before it was ready`))),
      rejectOn(stopping, () => this.#unavailable('was stopped')),
      rejectOn(
        tooLate,
        () =>
          new GatewayError(
            'PLUGIN_TIMEOUT',
            `Plugin ${this.name} was not ready ${startDeadlineMs} ms after its start.`,
            {
              plugin: this.name,
            },
          ),
      ),
    ]);
    if (this.#introduction !== undefined && !isDeepStrictEqual(introduction, this.#introduction)) {
      throw new GatewayError(
        'PLUGIN_INVALID',
        `Plugin ${this.name} declared other capabilities after a restart than before. Restart the gateway to take them over.`,
        { plugin: this.name },
      );
    }
    this.#introduction = introduction;
  }

  /** From the handshake until the process ends, has to be ended, or the plugin is stopped. */
  async #serve(process: HostProcess, connection: HostConnection, stopping: AbortSignal): Promise<ProcessEnd> {
    const readySince = Date.now();
    const session = new HostSession(process, connection, (calls) => {
      // A late release must not speak for the session after it.
      if (!('session' in this.#state) || this.#state.session !== session) return;
      this.#enter(calls > 0 ? { type: 'BUSY', session, calls } : { type: 'READY', session });
    });
    const ended = new AbortController();
    this.#enter({ type: 'READY', session });
    try {
      return await Promise.race([
        process.exited.then((how) => this.#endOf(session, readySince, how)),
        this.#watchHealth(session, ended.signal).then((how) => this.#endOf(session, readySince, how)),
        session.killed.then((how) => ({ ...this.#endOf(session, readySince, how), isFailure: false })),
        this.#closeOn(stopping, session).then(() => this.#endOf(session, readySince, 'was stopped')),
      ]);
    } finally {
      ended.abort();
    }
  }

  #endOf(session: HostSession, readySince: number, how: string): ProcessEnd {
    const wasStable = session.hasFinishedCall || Date.now() - readySince >= this.timing.stableAfterMs;
    return { reason: this.#unavailable(how), isFailure: true, wasStable };
  }

  /** Asks for the host's health again and again; settles when it was silent for too long. */
  async #watchHealth(session: HostSession, ended: AbortSignal): Promise<string> {
    const { healthIntervalMs, idleSilenceMs, busySilenceMs } = this.timing;
    for (let wasBusy = false; ; wasBusy = session.calls > 0) {
      try {
        const health = await session.connection.health(new Date(Date.now() + idleSilenceMs));
        session.heard();
        this.#memoryBytes = health.memoryBytes;
        await sleep(healthIntervalMs, undefined, { signal: ended, ref: false });
      } catch {
        if (ended.aborted) return 'has ended';
        const allowedMs = wasBusy || session.calls > 0 ? busySilenceMs : idleSilenceMs;
        if (session.silenceMs >= allowedMs) return `answered nothing for ${allowedMs} ms`;
      }
    }
  }

  async #closeOn(stopping: AbortSignal, session: HostSession): Promise<void> {
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve(), { once: true }));
    const { closeDeadlineMs } = this.timing;
    const end = session.connection
      .closePlugin(new Date(Date.now() + closeDeadlineMs))
      .catch((error: unknown) => this.#options.log.warn('The plugin did not close.', { reason: String(error) }))
      .then(() => {
        session.process.end();
        return session.process.exited;
      });
    await Promise.race([end, sleep(closeDeadlineMs, undefined, { ref: false })]);
  }

  #giveUp(reason: GatewayError): void {
    this.#options.log.error('The plugin has failed and is not started again.', { reason: reason.message });
    this.#enter({ type: 'FAILED', reason });
  }

  async #backOff(failures: number, stopping: AbortSignal): Promise<void> {
    const { initialBackOffMs: initialMs, maxBackOffMs: maxMs } = this.timing;
    await sleep(backOffMs(failures, { initialMs, maxMs }), undefined, { signal: stopping }).catch(() => {});
  }

  #enter(state: PluginState): void {
    this.#state = state;
    this.#changes.emit('change');
  }

  #unavailable(what: string): GatewayError {
    return new GatewayError('PLUGIN_UNAVAILABLE', `The host of plugin ${this.name} ${what}.`, { plugin: this.name });
  }
}

interface ProcessEnd {
  readonly reason: GatewayError;
  /** Whether it counts towards the limit. */
  readonly isFailure: boolean;
  /** Whether it ends the row of failures before it. */
  readonly wasStable: boolean;
}

function rejectOn(signal: AbortSignal, reason: () => GatewayError): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(reason()), { once: true }));
}

function withDefaults({
  startDeadlineMs = 120_000,
  abortDeadlineMs = 2_000,
  callWaitMs = 15_000,
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
