import type { HostConnection } from './connection.js';

/** One process of a plugin while it serves: who uses it, and when it was last heard of. */
export class HostSession {
  readonly connection: HostConnection;
  /** Settles with the reason when a call could not be stopped otherwise. */
  readonly killed: Promise<string>;
  /** Settles when a call found the connection broken. */
  readonly lost: Promise<void>;
  #kill: (reason: string) => void = () => {};
  #lose: () => void = () => {};
  #calls = 0;
  #heardAt = Date.now();
  #hasFinishedCall = false;
  #isLost = false;
  readonly #onCallsChange: (calls: number) => void;

  /** @param onCallsChange told how many calls are running, whenever that changes */
  constructor(connection: HostConnection, onCallsChange: (calls: number) => void) {
    this.connection = connection;
    this.#onCallsChange = onCallsChange;
    this.killed = new Promise((resolve) => {
      this.#kill = resolve;
    });
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
  }

  get calls(): number {
    return this.#calls;
  }

  /** Whether a call has come to a good end, so that the plugin works in principle. */
  get hasFinishedCall(): boolean {
    return this.#hasFinishedCall;
  }

  /** Whether its process is gone or about to be, so that no further call may begin. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Milliseconds since the process last said something. */
  get silenceMs(): number {
    return Date.now() - this.#heardAt;
  }

  heard(): void {
    this.#heardAt = Date.now();
  }

  /** A call begins. */
  retain(): void {
    this.#calls += 1;
    this.#onCallsChange(this.#calls);
  }

  /** A call has ended, well or not. */
  release(wasGood: boolean): void {
    this.#calls -= 1;
    this.#hasFinishedCall ||= wasGood;
    this.#onCallsChange(this.#calls);
  }

  /** Ends the process, and with it all its calls, because one of them does not stop. */
  kill(reason: string): void {
    this.#isLost = true;
    this.#kill(reason);
  }

  /** A call found the connection broken; that is known before the system tells that the process has ended. */
  lose(): void {
    this.#isLost = true;
    this.#lose();
  }
}
