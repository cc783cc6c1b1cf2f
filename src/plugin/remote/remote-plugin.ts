/** A plugin that runs elsewhere, at one address or several that share its calls. */
import { EventEmitter, once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import { CallMetrics } from '../call-metrics.js';
import type { PluginLog } from '../contract.js';
import type { AddressStatus, PluginEndpoint, PluginState } from '../endpoint.js';
import type { TlsOptions } from '../supervisor/connection.js';
import type { HostSession } from '../supervisor/session.js';
import { type SupervisorTiming, withDefaults } from '../supervisor/timing.js';
import type { Introduction } from '../wire/capabilities.js';
import type * as wire from '../wire/messages.js';
import { parseAddress } from './address.js';
import { RemoteHost } from './remote-host.js';

export interface RemotePluginOptions {
  /** What the configuration calls it. */
  readonly name: string;
  /** `grpcs://HOST:PORT` or `grpc://HOST:PORT`; at least one. */
  readonly addresses: readonly string[];
  readonly token: string;
  readonly tls?: TlsOptions | undefined;
  readonly log: PluginLog;
  readonly timing?: Partial<SupervisorTiming>;
}

/**
 * Each call goes to the address that has the fewest of them. An address that is away is left out, and taken back when it
 * answers again. All have to run the same version of the same plugin with the same capabilities: one that does not is
 * left out as well.
 *
 * READY or BUSY while at least one address answers, RESTARTING while none does but one may at any time, FAILED while all
 * refuse for a reason that repeating does not mend (a wrong token, another API version); they are tried all the same.
 */
export class RemotePlugin implements PluginEndpoint {
  readonly name: string;
  readonly timing: SupervisorTiming;
  readonly callMetrics = new CallMetrics();
  /** Its processes are not of this machine. */
  readonly pid = undefined;
  readonly #hosts: readonly RemoteHost[];
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0);
  #introduction: Introduction | undefined;
  #stopping: AbortController | undefined;
  /** Where the search for the next call's address begins, so that idle ones take turns. */
  #turn = 0;

  constructor({ name, addresses, token, tls, log, timing }: RemotePluginOptions) {
    this.name = name;
    this.timing = withDefaults(timing ?? {});
    this.#hosts = addresses.map(
      (url) =>
        new RemoteHost({
          ...{ name, token, tls, log, timing: this.timing, address: parseAddress(url) },
          accept: (introduction) => this.#accept(introduction),
          onChange: () => void this.#changes.emit('change'),
        }),
    );
  }

  get state(): PluginState {
    if (!this.#stopping) return { type: 'STOPPED' };
    const sessions = this.#sessions();
    const calls = sessions.reduce((sum, session) => sum + session.calls, 0);
    if (calls > 0) return { type: 'BUSY', calls };
    if (sessions.length > 0) return { type: 'READY' };
    const errors = this.#hosts.flatMap(({ lastError }) => lastError ?? []);
    const reason = errors.find(({ retryable }) => retryable) ?? errors[0];
    if (reason === undefined) return { type: 'STARTING' };
    if (!reason.retryable && errors.length === this.#hosts.length) return { type: 'FAILED', reason };
    return { type: 'RESTARTING', failures: errors.length, reason };
  }

  get introduction(): Introduction | undefined {
    return this.#introduction;
  }

  get restarts(): number {
    return this.#hosts.reduce((sum, { found }) => sum + Math.max(0, found - 1), 0);
  }

  get lastError(): GatewayError | undefined {
    return this.#hosts.find(({ lastError }) => lastError !== undefined)?.lastError;
  }

  get memoryBytes(): number | undefined {
    const healths = this.#hosts.flatMap(({ health }) => health ?? []);
    return healths.length === 0 ? undefined : healths.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  }

  /** Of all addresses together: each name with the sum of its values. */
  get ownMetrics(): readonly wire.Metric[] {
    const sums = new Map<string, wire.Metric>();
    for (const { name, kind, value } of this.#hosts.flatMap(({ health }) => health?.metrics ?? []))
      sums.set(name, { name, kind, value: (sums.get(name)?.value ?? 0) + value });
    return [...sums.values()];
  }

  get addresses(): readonly AddressStatus[] {
    return this.#hosts.map(({ url, session, lastError }) => ({
      address: url,
      isReady: session !== undefined,
      runningCalls: session?.calls ?? 0,
      lastError: lastError?.message ?? null,
    }));
  }

  onChange(listener: () => void): () => void {
    this.#changes.on('change', listener);
    return () => void this.#changes.off('change', listener);
  }

  /** Settles when one address answers, or all were tried in vain; they are tried on. */
  async start(): Promise<void> {
    if (this.#stopping) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    for (const host of this.#hosts) host.start(stopping.signal);
    while (this.#sessions().length === 0 && !this.#hosts.every(({ wasTried }) => wasTried))
      await once(this.#changes, 'change');
  }

  /** Nothing: its code is not on this machine. */
  async reload(): Promise<void> {}

  /** Leaves the processes elsewhere alone, and what runs there. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    await Promise.all(this.#hosts.map((host) => host.stopped()));
    this.#stopping = undefined;
    this.#changes.emit('change');
  }

  async acquire(signal: AbortSignal): Promise<HostSession> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(this.timing.callWaitMs)]);
    while (!patience.aborted) {
      const session = this.#leastBusy();
      if (session) {
        session.retain();
        return session;
      }
      const { state } = this;
      if (state.type === 'FAILED') throw state.reason;
      if (state.type === 'STOPPED' || this.#stopping?.signal.aborted) throw this.#unavailable('is stopped');
      await once(this.#changes, 'change', { signal: patience }).catch(() => {});
    }
    if (signal.aborted) throw new GatewayError('CANCELLED', 'The call was aborted.', { plugin: this.name });
    throw this.#unavailable(
      `answered at none of its addresses for ${this.timing.callWaitMs} ms: ${this.lastError?.message ?? 'no reason is known'}`,
    );
  }

  #sessions(): HostSession[] {
    return this.#hosts.flatMap(({ session }) => session ?? []);
  }

  #leastBusy(): HostSession | undefined {
    const sessions = this.#sessions();
    const first = sessions.length === 0 ? 0 : this.#turn++ % sessions.length;
    const inTurn = [...sessions.slice(first), ...sessions.slice(0, first)];
    return inTurn.toSorted((left, right) => left.calls - right.calls)[0];
  }

  #accept(introduction: Introduction): void {
    if (isDeepStrictEqual(introduction, this.#introduction)) return;
    if (this.#introduction !== undefined && this.#sessions().length > 0) {
      throw new GatewayError(
        'PLUGIN_INVALID',
        `it is version ${introduction.version} of ${introduction.name}, another address serves version ${this.#introduction.version} of ${this.#introduction.name}: all have to declare the same, their capabilities included.`,
        { plugin: this.name },
      );
    }
    this.#introduction = introduction;
  }

  #unavailable(what: string): GatewayError {
    return new GatewayError('PLUGIN_UNAVAILABLE', `Plugin ${this.name} ${what}.`, { plugin: this.name });
  }
}
