/** What the gateway holds of a plugin, wherever its processes are: the supervisor of one here, or the addresses of some elsewhere. */
import type { GatewayError } from '../errors/index.js';
import type { CallMetrics } from './call-metrics.js';
import type { HostSession } from './supervisor/session.js';
import type { SupervisorTiming } from './supervisor/timing.js';
import type { Introduction } from './wire/capabilities.js';
import type * as wire from './wire/messages.js';

/** What a call needs of a plugin. */
export interface CallTarget {
  /** What the configuration calls it. */
  readonly name: string;
  readonly timing: Pick<SupervisorTiming, 'abortDeadlineMs'>;
  readonly callMetrics: CallMetrics;
  /**
   * A process that can take a call, waited for while there is none. Whoever gets it calls `session.release()` when the
   * call has ended.
   *
   * @throws {GatewayError} PLUGIN_UNAVAILABLE when none comes in time; the reason of FAILED; CANCELLED
   */
  acquire(signal: AbortSignal): Promise<HostSession>;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}

export type PluginState =
  | { readonly type: 'STOPPED' }
  | { readonly type: 'STARTING' }
  | { readonly type: 'READY' }
  | { readonly type: 'BUSY'; readonly calls: number }
  | { readonly type: 'RESTARTING' /** Failures in a row. */; readonly failures: number; readonly reason: GatewayError }
  | { readonly type: 'FAILED'; readonly reason: GatewayError };

export interface PluginEndpoint extends CallTarget {
  readonly state: PluginState;
  /** What the plugin said of itself; undefined until its first handshake. */
  readonly introduction: Introduction | undefined;
  /** Processes after the first one: started again here, found again elsewhere. */
  readonly restarts: number;
  readonly lastError: GatewayError | undefined;
  /** Resident memory of its processes; undefined while unknown. */
  readonly memoryBytes: number | undefined;
  /** Of its process here; undefined while there is none. */
  readonly pid: number | undefined;
  /** What the plugin counts and measures of itself. */
  readonly ownMetrics: readonly wire.Metric[];
  /** Each address with how it does; empty for a process here. */
  readonly addresses: readonly AddressStatus[];
  /** Settles when the plugin can be called, or cannot for now; which of the two, `state` tells. */
  start(): Promise<void>;
  /** Takes over what changed in its code; calls that are running fail. */
  reload(): Promise<void>;
  /** Calls `listener` after each change of state; the answer stops that. */
  onChange(listener: () => void): () => void;
}

/** One of the addresses of a plugin that runs elsewhere. */
export interface AddressStatus {
  readonly address: string;
  /** Whether calls go there. */
  readonly isReady: boolean;
  readonly runningCalls: number;
  readonly lastError: string | null;
}
