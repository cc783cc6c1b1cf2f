/** The gateway's end of a work call: a command starts it, others may follow, answers come until it ends. */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { GatewayError } from '../../errors/index.js';
import type { HostConnection } from '../supervisor/connection.js';
import type { CallTarget } from '../endpoint.js';
import { errorOfCall, isConnectionLost } from '../wire/errors.js';

export interface RemoteCall<Command, Answer> {
  open(connection: HostConnection): ClientDuplexStream<Command, Answer>;
  /** Asked when the host is there, which may take a while. */
  start(): Command;
  readonly abort: Command;
  /** Requests that it brings, at least 1. */
  readonly batch: number;
  /** Sends further commands as long as the call runs; the answer stops that. */
  follow?(send: (command: Command) => void): () => void;
}

/**
 * Runs a call on the plugin's host. It ends when the work has stopped, not before: after an abort, or when the reader
 * leaves, the host has a deadline to stop, and is killed after it.
 *
 * @throws {GatewayError} the plugin's own; PLUGIN_UNAVAILABLE when the host died or does not come; CANCELLED after an abort
 */
export async function* runOnHost<Command, Answer>(
  target: CallTarget,
  call: RemoteCall<Command, Answer>,
  signal: AbortSignal,
): AsyncGenerator<Answer, void, undefined> {
  const { name, timing } = target;
  const timer = target.callMetrics.begin(call.batch);
  const session = await target.acquire(signal).catch((error: unknown) => {
    timer.ended(signal.aborted ? 'cancelled' : 'failed');
    throw error;
  });
  timer.started();
  const stream = call.open(session.connection);
  let hasEnded = false;
  let isGood = false;
  let wasCancelled = false;
  let killTimer: NodeJS.Timeout | undefined;

  function abort(): void {
    if (hasEnded || killTimer !== undefined) return;
    stream.write(call.abort);
    const ms = timing.abortDeadlineMs;
    killTimer = setTimeout(() => {
      session.kill(`did not stop within ${ms} ms of an abort and was killed`);
      // A process elsewhere is killed by whoever started it; nothing more is wanted of it here.
      stream.cancel();
    }, ms);
  }

  // An error between two reads is told by the next read.
  stream.on('error', () => {});
  stream.write(call.start());
  const unfollow = call.follow?.((command) => void (hasEnded || stream.write(command)));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    for await (const answer of answersOf(stream)) {
      session.heard();
      yield answer;
    }
    hasEnded = true;
    isGood = true;
  } catch (error) {
    hasEnded = true;
    if (isConnectionLost(error)) session.lose();
    if (signal.aborted) throw new GatewayError('CANCELLED', 'The call was aborted.', { plugin: name, cause: error });
    throw errorOfCall(error, name);
  } finally {
    // The reader left early: what still comes is dropped, so that the call can end.
    if (!hasEnded) {
      wasCancelled = true;
      abort();
      await drain(answersOf(stream));
      hasEnded = true;
    }
    clearTimeout(killTimer);
    signal.removeEventListener('abort', abort);
    unfollow?.();
    stream.end();
    session.release(isGood);
    timer.ended(isGood ? 'done' : wasCancelled || signal.aborted ? 'cancelled' : 'failed');
  }
}

/** Leaving the loop over them leaves the stream open. */
function answersOf<Answer>(
  stream: ClientDuplexStream<never, Answer> | ClientDuplexStream<unknown, Answer>,
): AsyncIterable<Answer> {
  return stream.iterator({ destroyOnReturn: false });
}

async function drain(answers: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of answers);
  } catch {
    // It ended with an error, CANCELLED in most cases: it has ended.
  }
}
