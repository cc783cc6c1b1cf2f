/** Keeps one plugin's host process running. */
import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import { CallMetrics } from '../call-metrics.js';
import type { PluginLog } from '../contract.js';
import type { PluginEndpoint, PluginState } from '../endpoint.js';
import type { PluginProgram } from '../program.js';
import { pythonFault } from '../python.js';
import type { Introduction } from '../wire/capabilities.js';
import { errorOfCall } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import { backOffMs } from './backoff.js';
import { HostConnection } from './connection.js';
import { tooMuchMemory, watchHealth, watchMemory } from './health.js';
import { type HostProcess, type ListenAddress, spawnHost } from './host-process.js';
import { HostSession } from './session.js';
import { type SupervisorTiming, withDefaults } from './timing.js';

export interface SupervisorOptions {
  /** What the configuration calls the plugin; its name in states, logs and errors. */
  readonly name: string;
  readonly program: Pick<PluginProgram, 'entry' | 'command'>;
  /** For the plugin, as the operator wrote them. */
  readonly options?: unknown;
  /** Absolute folder from which relative paths in the options count. Default: the process's own folder. */
  readonly optionsFolder?: string | undefined;
  /** Absolute folder in which the gateway keeps models. */
  readonly modelsFolder?: string | undefined;
  /** Working folder of the process, made if it is not there. Default: one that is deleted with the plugin. */
  readonly folder?: string | undefined;
  /** The whole environment of the process; nothing is added to it. Default: empty. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Resident memory above which the process is killed. Default: no limit. */
  readonly memoryLimitBytes?: number | undefined;
  /** Where its process listens for gateways elsewhere. Default: nowhere. */
  readonly listen?: ListenAddress | undefined;
  /** Asked before each process is started. @throws {GatewayError} when the plugin may not run */
  readonly admit?: (() => Promise<void>) | undefined;
  /** Takes what the plugin logs and prints, and the supervisor's own messages. */
  readonly log: PluginLog;
  readonly timing?: Partial<SupervisorTiming>;
}

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
export class PluginSupervisor implements PluginEndpoint {
  readonly name: string;
  readonly timing: SupervisorTiming;
  readonly callMetrics = new CallMetrics();
  readonly addresses = [];
  readonly #options: SupervisorOptions;
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  #state: PluginState = { type: 'STOPPED' };
  /** The process that serves; undefined while none does. */
  #serving: { readonly session: HostSession; readonly process: HostProcess } | undefined;
  #introduction: Introduction | undefined;
  #restarts = 0;
  #lastError: GatewayError | undefined;
  #memoryBytes: number | undefined;
  #ownMetrics: readonly wire.Metric[] = [];
  #socketFolder: string | undefined;
  #stopping = new AbortController();
  /** Aborted to replace the process that is there, or to end the wait for the next one. */
  #reloading = new AbortController();
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
    return this.#serving?.process.pid;
  }

  get ownMetrics(): readonly wire.Metric[] {
    return this.#ownMetrics;
  }

  /** Where its sockets are; undefined while it is stopped. */
  get socketFolder(): string | undefined {
    return this.#socketFolder;
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
      this.#running = this.#supervise(this.#stopping.signal).catch((cause: unknown) => {
        const reason = new GatewayError('PLUGIN_UNAVAILABLE', `Plugin ${this.name} cannot be supervised.`, {
          plugin: this.name,
          cause,
        });
        this.#enter({ type: 'FAILED', reason });
      });
    }
    await this.#settled();
  }

  /** Ends the process, if there is one, and starts another, which may declare something else than the one before. */
  async reload(): Promise<void> {
    this.#introduction = undefined;
    if (this.#state.type === 'STOPPED' || this.#state.type === 'FAILED') return this.start();
    const changed = once(this.#changes, 'change');
    this.#reloading.abort();
    await changed;
    await this.#settled();
  }

  async #settled(): Promise<void> {
    while (this.#state.type === 'STARTING' || this.#state.type === 'RESTARTING') await once(this.#changes, 'change');
  }

  /** Closes the plugin and ends its process; calls that are running are aborted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#memoryBytes = undefined;
    this.#enter({ type: 'STOPPED' });
  }

  /**
   * The running host, waited for while it starts. Whoever gets it calls `session.release()` when the call has ended.
   *
   * @throws {GatewayError} PLUGIN_UNAVAILABLE when it does not come in time or was stopped; the reason of FAILED; CANCELLED
   */
  async acquire(signal: AbortSignal): Promise<HostSession> {
    const cancelled = () => new GatewayError('CANCELLED', 'The call was aborted.', { plugin: this.name });
    if (signal.aborted) throw cancelled();
    const session = this.#usableSession();
    if (session) return session;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(this.timing.callWaitMs)]);
    while (!patience.aborted) {
      await once(this.#changes, 'change', { signal: patience }).catch(() => {});
      const session = this.#usableSession();
      if (session) return session;
    }
    if (signal.aborted) throw cancelled();
    throw this.#unavailable(`was still ${this.#state.type} after ${this.timing.callWaitMs} ms`);
  }

  /** The running host with one more call; undefined while there is hope that it comes. */
  #usableSession(): HostSession | undefined {
    if (this.#stopping.signal.aborted) throw this.#unavailable('is stopping');
    switch (this.#state.type) {
      case 'READY':
      case 'BUSY': {
        const session = this.#serving?.session;
        // A session that is lost stays until the process has ended.
        if (!session || session.isLost) return undefined;
        session.retain();
        return session;
      }
      case 'STARTING':
      case 'RESTARTING':
        return undefined;
      case 'FAILED':
        throw this.#state.reason;
      case 'STOPPED':
        throw this.#unavailable('is stopped');
    }
  }

  /** The life of the plugin: start, serve, and start again, until it is stopped or given up. */
  async #supervise(stopping: AbortSignal): Promise<void> {
    const { program, environment = {}, listen, log } = this.#options;
    const sockets = await mkdtemp(join(tmpdir(), 'darkroom-')); // mode 0700: only this user can connect
    this.#socketFolder = sockets;
    const { folder = join(sockets, 'work') } = this.#options;
    try {
      await mkdir(folder, { recursive: true });
      for (let starts = 0, failures = 0; !stopping.aborted; starts += 1) {
        this.#restarts = starts;
        this.#reloading = new AbortController();
        const refusal = await this.#refusal();
        if (refusal) return this.#announce(refusal, failures);
        const socketPath = join(sockets, `${starts}.sock`);
        const process = spawnHost({ program, socketPath, listen, folder, environment, log });
        const connection = new HostConnection({ socketPath });

        const end = await this.#run(process, connection, stopping);
        failures = (end.wasStable ? 0 : failures) + (end.isFailure ? 1 : 0);
        // Before the next wait: from here on no call may get this process.
        this.#serving = undefined;
        if (!stopping.aborted) this.#announce(end.reason, failures);

        connection.dispose();
        process.kill();
        await process.exited;
        if (this.#state.type === 'FAILED') return;
        if (end.isFailure) await this.#backOff(failures, stopping);
      }
    } finally {
      this.#socketFolder = undefined;
      await rm(sockets, { recursive: true, force: true });
    }
  }

  /** Why the plugin may not run. */
  async #refusal(): Promise<GatewayError | undefined> {
    try {
      await this.#options.admit?.();
      return undefined;
    } catch (error) {
      return errorOfCall(error, this.name);
    }
  }

  /** One process, from its start until it ends or has to be ended. Never throws. */
  async #run(process: HostProcess, connection: HostConnection, stopping: AbortSignal): Promise<ProcessEnd> {
    const startedAt = Date.now();
    try {
      await this.#handshake(process, connection, stopping);
      this.#options.log.info('The plugin is ready.', {
        ...{ version: this.#introduction?.version, apiVersion: this.#introduction?.apiVersion },
        ...{ pid: process.pid, restarts: this.#restarts, startMs: Date.now() - startedAt },
      });
      return await this.#serve(process, connection, stopping);
    } catch (error) {
      if (this.#reloading.signal.aborted) return this.#reloaded();
      const reason = error instanceof GatewayError ? error : errorOfCall(error, this.name);
      return { reason, isFailure: true, wasStable: false };
    }
  }

  async #handshake(process: HostProcess, connection: HostConnection, stopping: AbortSignal): Promise<void> {
    const { startDeadlineMs } = this.timing;
    const { options = {}, optionsFolder = '', modelsFolder = '' } = this.#options;
    const tooLate = AbortSignal.timeout(startDeadlineMs);
    const settled = new AbortController();
    const reject = (reason: GatewayError) => Promise.reject(reason);
    const introduction = await Promise.race([
      connection.handshake(this.name, {
        options: { options, optionsFolder, modelsFolder },
        deadline: new Date(Date.now() + startDeadlineMs + 1_000),
      }),
      process.exited.then((how) => reject(this.#notReady(how))),
      abortOf(stopping, settled.signal).then(() => reject(this.#unavailable('was stopped'))),
      abortOf(this.#reloading.signal, settled.signal).then(() => reject(this.#reloaded().reason)),
      abortOf(tooLate, settled.signal).then(() => reject(this.#tooLate(startDeadlineMs))),
    ]).finally(() => settled.abort());
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
    const session = new HostSession(connection, (calls) => {
      // A late release must not speak for the session after it.
      if (this.#serving?.session !== session) return;
      this.#enter(calls > 0 ? { type: 'BUSY', calls } : { type: 'READY' });
    });
    this.#serving = { session, process };
    const ended = new AbortController();
    this.#enter({ type: 'READY' });
    const endOf = (how: string) => this.#endOf(session, readySince, how);
    const onHealth = (health: wire.HealthResponse) => this.#takeHealth(health, session);
    try {
      return await Promise.race([
        process.exited.then(endOf),
        watchHealth({ session, timing: this.timing, onHealth, ended: ended.signal }).then(endOf),
        this.#memoryExceeded(process, ended.signal).then(endOf),
        session.killed.then((how) => ({ ...endOf(how), isFailure: false })),
        abortOf(this.#reloading.signal, ended.signal).then(() => this.#reloaded()),
        abortOf(stopping, ended.signal)
          .then(() => this.#close(session, process))
          .then(() => endOf('was stopped')),
      ]);
    } finally {
      ended.abort();
    }
  }

  /** Settles with the reason when the process holds more memory than it may. */
  #memoryExceeded(process: HostProcess, ended: AbortSignal): Promise<string> {
    const { pid } = process;
    const { memoryLimitBytes: limitBytes } = this.#options;
    return new Promise((resolve) => {
      if (pid === undefined || limitBytes === undefined) return;
      const intervalMs = Math.min(1_000, this.timing.healthIntervalMs);
      void watchMemory({ pid, limitBytes, intervalMs, ended }).then((how) => how !== undefined && resolve(how));
    });
  }

  /** Keeps what the process tells of itself. @returns why it has to be ended, if it has to */
  #takeHealth({ memoryBytes, metrics, unheededAbortMs }: wire.HealthResponse, session: HostSession) {
    this.#memoryBytes = memoryBytes;
    this.#ownMetrics = metrics;
    const { memoryLimitBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (memoryBytes > memoryLimitBytes) return tooMuchMemory(memoryBytes, memoryLimitBytes);
    // Of calls from elsewhere: those from here have a timer of their own.
    if (unheededAbortMs > this.timing.abortDeadlineMs)
      session.kill(`had not stopped ${unheededAbortMs} ms after an abort and was killed`);
    return undefined;
  }

  #reloaded(): ProcessEnd {
    return { reason: this.#unavailable('was ended to load the plugin again'), isFailure: false, wasStable: true };
  }

  #endOf(session: HostSession, readySince: number, how: string): ProcessEnd {
    const wasStable = session.hasFinishedCall || Date.now() - readySince >= this.timing.stableAfterMs;
    return { reason: this.#unavailable(how), isFailure: true, wasStable };
  }

  async #close(session: HostSession, process: HostProcess): Promise<void> {
    const { closeDeadlineMs } = this.timing;
    const end = session.connection
      .closePlugin(new Date(Date.now() + closeDeadlineMs))
      .catch((error: unknown) => this.#options.log.warn('The plugin did not close.', { reason: String(error) }))
      .then(() => {
        process.end();
        return process.exited;
      });
    await Promise.race([end, sleep(closeDeadlineMs, undefined, { ref: false })]);
  }

  /** Says that the process is no more, and whether there will be another. */
  #announce(reason: GatewayError, failures: number): void {
    this.#lastError = reason;
    this.#memoryBytes = undefined;
    this.#ownMetrics = [];
    if (!reason.retryable || failures > this.timing.maxFailures) {
      this.#options.log.error('The plugin has failed and is not started again.', { reason: reason.message });
      this.#enter({ type: 'FAILED', reason });
    } else {
      this.#options.log.warn('The plugin is restarted.', { reason: reason.message, failures });
      this.#enter({ type: 'RESTARTING', failures, reason });
    }
  }

  async #backOff(failures: number, stopping: AbortSignal): Promise<void> {
    const { initialBackOffMs: initialMs, maxBackOffMs: maxMs } = this.timing;
    const signal = AbortSignal.any([stopping, this.#reloading.signal]);
    await sleep(backOffMs(failures, { initialMs, maxMs }), undefined, { signal }).catch(() => {});
  }

  #enter(state: PluginState): void {
    this.#state = state;
    this.#changes.emit('change');
  }

  #tooLate(startDeadlineMs: number): GatewayError {
    const message = `Plugin ${this.name} was not ready ${startDeadlineMs} ms after its start.`;
    return new GatewayError('PLUGIN_TIMEOUT', message, { plugin: this.name });
  }

  /** @param how the process ended */
  #notReady(how: string): GatewayError {
    return pythonFault(this.name, this.#options.program, how) ?? this.#unavailable(`${how}, before it was ready`);
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

/** Resolves when `signal` is aborted; no longer listens once `settled` is. */
function abortOf(signal: AbortSignal, settled: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: settled });
  });
}
