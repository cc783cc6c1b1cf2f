/** One address at which a plugin runs elsewhere: found, lost and found again. */
import { type ServiceError, status } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.js';
import type { PluginLog } from '../contract.js';
import { backOffMs } from '../supervisor/backoff.js';
import { HostConnection, type TlsOptions } from '../supervisor/connection.js';
import { watchHealth } from '../supervisor/health.js';
import { HostSession } from '../supervisor/session.js';
import type { SupervisorTiming } from '../supervisor/timing.js';
import type { Introduction } from '../wire/capabilities.js';
import { errorOfCall, isServiceError } from '../wire/errors.js';
import type * as wire from '../wire/messages.js';
import type { RemoteAddress } from './address.js';

/** A process that runs answers at once; one that runs a forward pass may take as long as that. */
const HANDSHAKE_DEADLINE_MS = 20_000;

export interface RemoteHostOptions {
  /** What the configuration calls the plugin. */
  readonly name: string;
  readonly address: RemoteAddress;
  readonly token: string;
  readonly tls?: TlsOptions | undefined;
  readonly timing: SupervisorTiming;
  readonly log: PluginLog;
  /** Asked before the process is used. @throws {GatewayError} when it is not the plugin that the other addresses have */
  accept(introduction: Introduction): void;
  /** Told of each change. */
  onChange(): void;
}

export class RemoteHost {
  readonly #options: RemoteHostOptions;
  #session: HostSession | undefined;
  #lastError: GatewayError | undefined;
  #wasTried = false;
  #found = 0;
  #health: wire.HealthResponse | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RemoteHostOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.address.url;
  }

  /** Undefined while no call may go there. */
  get session(): HostSession | undefined {
    return this.#session?.isLost === false ? this.#session : undefined;
  }

  get lastError(): GatewayError | undefined {
    return this.#lastError;
  }

  /** Whether it was reached, or could not be, at least once. */
  get wasTried(): boolean {
    return this.#wasTried;
  }

  /** How often it was reached; 1 when it was never lost. */
  get found(): number {
    return this.#found;
  }

  /** What its process told last; undefined while it is away. */
  get health(): wire.HealthResponse | undefined {
    return this.#health;
  }

  start(stopping: AbortSignal): void {
    this.#running = this.#keepConnected(stopping);
  }

  /** Settles when the connection is closed, after `stopping` was aborted. */
  stopped(): Promise<void> {
    return this.#running;
  }

  /** Whatever is wrong with an address may be mended there: it is tried for as long as the gateway runs. */
  async #keepConnected(stopping: AbortSignal): Promise<void> {
    const { timing, log } = this.#options;
    for (let failures = 0; !stopping.aborted; failures += 1) {
      const foundBefore = this.#found;
      const reason = await this.#connect(stopping);
      if (stopping.aborted) return;
      if (this.#found > foundBefore) failures = 0;
      // Told once, not with every try.
      if (this.#lastError?.message !== reason.message)
        log.warn('A process elsewhere is left out.', this.#about(reason));
      this.#lastError = reason;
      this.#wasTried = true;
      this.#options.onChange();
      const waitMs = backOffMs(failures + 1, { initialMs: timing.initialBackOffMs, maxMs: timing.maxBackOffMs });
      await sleep(waitMs, undefined, { signal: stopping, ref: false }).catch(() => {});
    }
  }

  /** From the handshake until the process is lost. @returns why */
  async #connect(stopping: AbortSignal): Promise<GatewayError> {
    const { name, address, token, tls, log } = this.#options;
    const connection = new HostConnection({
      address: address.address,
      token,
      ...(address.isSecret && { tls: tls ?? {} }),
    });
    try {
      const introduction = await connection.handshake(name, { deadline: new Date(Date.now() + HANDSHAKE_DEADLINE_MS) });
      this.#options.accept(introduction);
      this.#found += 1;
      log.info('A process elsewhere is ready.', { address: this.url, version: introduction.version });
      return await this.#serve(connection, stopping);
    } catch (error) {
      return this.#named(
        isServiceError(error) && error.code === status.UNAVAILABLE ? away(error) : errorOfCall(error, name),
      );
    } finally {
      this.#session = undefined;
      this.#health = undefined;
      connection.dispose();
    }
  }

  async #serve(connection: HostConnection, stopping: AbortSignal): Promise<GatewayError> {
    const session = new HostSession(connection, () => this.#options.onChange());
    this.#session = session;
    this.#lastError = undefined;
    this.#wasTried = true;
    this.#options.onChange();
    const ended = new AbortController();
    const onHealth = (health: wire.HealthResponse) => void (this.#health = health);
    try {
      const how = await Promise.race([
        watchHealth({ session, timing: this.#options.timing, onHealth, ended: ended.signal }),
        session.killed,
        session.lost.then(() => 'went away'),
        connection.disconnected().then(() => {
          session.lose();
          return 'went away';
        }),
        new Promise<string>((resolve) => {
          stopping.addEventListener('abort', () => resolve('is no longer wanted'), {
            once: true,
            signal: ended.signal,
          });
        }),
      ]);
      return this.#named(new GatewayError('PLUGIN_UNAVAILABLE', `the process ${how}.`));
    } finally {
      ended.abort();
    }
  }

  #named({ code, message, cause }: GatewayError): GatewayError {
    const { name } = this.#options;
    return new GatewayError(code, `Plugin ${name} at ${this.url}: ${message}`, { plugin: name, cause });
  }

  #about(reason: GatewayError) {
    return { address: this.url, code: reason.code, reason: reason.message };
  }
}

/** Nothing listens there, the way is cut, or its certificate is not trusted: the details say which. */
function away(error: ServiceError): GatewayError {
  return new GatewayError('PLUGIN_UNAVAILABLE', `it cannot be reached: ${error.details}`, { cause: error });
}
