/** The plugin's end of a work call: commands come in, answers go out, until it is done, fails or is aborted. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.js';
import type { Call } from '../contract.js';
import { hidesDetails, statusOf } from '../wire/errors.js';

/** The first command starts the work, later ones change it. Every kind's commands have this shape. */
interface Command<Start> {
  readonly start?: Start | null;
  readonly abort?: unknown;
}

/** How one kind of work is done. */
export interface Work<Start, Incoming, Answer> {
  /** Its answers, in wire form; stops within a step once the signal is aborted. */
  run(start: Start, call: Call): AsyncIterable<Answer>;
  /** Anything but `start` and `abort`. May come before `run` is called. */
  onCommand?(command: Incoming): void;
}

/** The calls that are running in this process. */
export class RunningCalls {
  readonly #calls = new Set<AbortController>();
  /** When each call that was aborted and has not ended yet was aborted, the oldest first. */
  readonly #abortedAt = new Map<AbortController, number>();

  get size(): number {
    return this.#calls.size;
  }

  /** Milliseconds since the oldest abort after which a call has not ended; 0 when there is none. */
  get unheededAbortMs(): number {
    const [oldest] = this.#abortedAt.values();
    return oldest === undefined ? 0 : Math.max(1, Math.round(performance.now() - oldest));
  }

  abortAll(): void {
    for (const call of this.#calls) call.abort(new GatewayError('CANCELLED', 'The host is ending.'));
  }

  /**
   * Serves one call to its end; never throws: what goes wrong is the call's own status.
   *
   * @param log told of failures whose details do not reach the gateway
   */
  async serve<Start, Incoming extends Command<Start>, Answer>(
    stream: ServerDuplexStream<Incoming, Answer>,
    work: Work<Start, Incoming, Answer>,
    log: (error: unknown) => void,
  ): Promise<void> {
    const controller = new AbortController();
    this.#calls.add(controller);
    controller.signal.addEventListener('abort', () => {
      // The way to a caller may also break after the call has ended.
      if (this.#calls.has(controller)) this.#abortedAt.set(controller, performance.now());
    });
    try {
      const start = await readCommands<Start, Incoming>(stream, work, controller);
      await writeAll(stream, work.run(start, { signal: controller.signal }), controller.signal);
      stream.end();
    } catch (error) {
      // A plugin may notice the abort in its own way; what it throws then is of no interest.
      const failure: unknown = controller.signal.aborted ? controller.signal.reason : error;
      if (hidesDetails(failure)) log(failure);
      stream.emit('error', statusOf(failure));
    } finally {
      this.#calls.delete(controller);
      this.#abortedAt.delete(controller);
    }
  }
}

/**
 * Reads commands until the call ends; resolves with what starts the work. One listener takes all of them, because
 * several may arrive together.
 */
function readCommands<Start, Incoming extends Command<Start>>(
  stream: ServerDuplexStream<Incoming, unknown>,
  work: Pick<Work<Start, Incoming, unknown>, 'onCommand'>,
  controller: AbortController,
): Promise<Start> {
  return new Promise((resolve, reject) => {
    const cancel = () => controller.abort(new GatewayError('CANCELLED', 'The call was aborted.'));
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
    // The gateway's process died, or gave the call up without asking.
    stream.on('cancelled', cancel);
    stream.on('data', (command: Incoming) => {
      if (command.start) return resolve(command.start);
      if (command.abort) return cancel();
      try {
        work.onCommand?.(command);
      } catch (error) {
        controller.abort(error);
      }
    });
  });
}

/** Leaving the loop by an error ends the plugin's iterator, so a plugin that yields between its steps stops there. */
async function writeAll<Answer>(
  stream: ServerDuplexStream<unknown, Answer>,
  answers: AsyncIterable<Answer>,
  signal: AbortSignal,
): Promise<void> {
  for await (const answer of answers) {
    signal.throwIfAborted();
    // A reader that falls behind pauses the work: at most a stream's buffer of answers (16) waits in memory.
    if (!stream.write(answer)) await once(stream, 'drain', { signal });
    // A plugin may never wait for anything but its own computation. Commands are read between its answers only if
    // the event loop gets a turn.
    await setImmediate();
  }
  signal.throwIfAborted();
}
