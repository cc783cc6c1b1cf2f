/**
 * A subscription that outlives its connections. Each is one of these, and begins with the first `next`:
 *
 *   IDLE ──next──► OPEN ──broken──► WAITING ──delay or online──► OPEN …        any ──return, abort, complete, error──► ENDED
 *
 * Every event has a cursor, and cursors grow. The newest is what the next connection goes on from, so no state event is lost or
 * doubled. A preview has the cursor of the event before it: one that nobody has taken when the next comes is passed over.
 */
import { type DarkroomError, type GraphQLAnswer, errorOf } from './errors.js';
import { type Operation, onAbort } from './http.js';
import type { Settings } from './settings.js';
import { type Transport, onOnline } from './transport.js';

export interface Subscription<Event> extends AsyncIterableIterator<Event, undefined> {
  /** Of the newest event that came: pass it as `after` to go on from there another day. */
  readonly cursor: string | undefined;
  /** Unsubscribes at once. Leaving a loop does so by itself. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

export interface SubscribeOptions {
  /** Unsubscribes at once; the subscription then throws the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws TypeError for a document that cannot be resumed */
export function subscribe<Result>(
  transport: Transport,
  settings: Settings,
  operation: Operation,
  { signal }: SubscribeOptions = {},
): Subscription<Result> {
  requireCursors(operation.query);
  const { retry, onConnection } = settings;
  let state: 'ENDED' | 'IDLE' | 'OPEN' | 'WAITING' = 'IDLE';
  let cursor = cursorIn(operation.variables, 'after');
  let attempt = 0;
  let openedAt: number | undefined;
  let close = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopListening = (): void => undefined;
  let queue: { readonly result: Result; readonly isPreview: boolean }[] = [];
  const readers: PromiseResolvers<IteratorResult<Result, undefined>>[] = [];
  let failure: { readonly error: unknown } | undefined;

  const open = (): void => {
    state = 'OPEN';
    clearTimeout(timer);
    const variables = cursor === undefined ? operation.variables : { ...operation.variables, after: cursor };
    close = transport.open(
      { ...operation, variables },
      {
        opened() {
          openedAt = Date.now();
          onConnection({ status: 'CONNECTED' });
        },
        next: receive,
        complete: () => end(),
        broken: wait,
      },
    );
  };

  const wait = (error: DarkroomError): void => {
    // One that was good for a while, even if nothing happened: this is not the same failure again.
    if (openedAt !== undefined && Date.now() - openedAt > retry.maxMs) attempt = 0;
    openedAt = undefined;
    if (!error.retryable || attempt >= retry.maxAttempts) return end({ error });
    state = 'WAITING';
    const delayMs =
      error.retryAfterMs ?? Math.min(retry.maxMs, retry.baseMs * 2 ** attempt) * (0.5 + Math.random() / 2);
    attempt += 1;
    timer = setTimeout(open, delayMs);
    return onConnection({ status: 'WAITING', attempt, delayMs, error });
  };

  const receive = (answer: GraphQLAnswer): void => {
    const error = errorOf(answer);
    if (error) {
      close();
      return wait(error);
    }
    const eventCursor = cursorOf(answer.data);
    if (eventCursor === undefined) return end({ error: new TypeError(WITHOUT_CURSOR) });
    attempt = 0;
    const isPreview = cursor !== undefined && eventCursor <= cursor;
    if (!isPreview) cursor = eventCursor;
    const result = answer.data as Result;
    const reader = readers.shift();
    if (reader) return reader.resolve({ done: false, value: result });
    if (isPreview && queue.at(-1)?.isPreview === true) queue.pop();
    queue.push({ result, isPreview });
    return undefined;
  };

  const end = (reason?: { readonly error: unknown }): void => {
    if (state === 'ENDED') return;
    state = 'ENDED';
    failure = reason;
    clearTimeout(timer);
    stopListening();
    close();
    const first = failure && readers.shift();
    if (first) {
      failure = undefined;
      first.reject(reason?.error);
    }
    for (const reader of readers.splice(0)) reader.resolve({ done: true, value: undefined });
  };

  const begin = (): void => {
    open();
    const endings = [
      onOnline(() => state === 'WAITING' && open()),
      onAbort([signal, settings.closed], (error) => {
        queue = [];
        end({ error });
      }),
    ];
    stopListening = () => endings.forEach((stop) => stop());
    if (state === 'ENDED') stopListening();
  };

  const subscription: Subscription<Result> = {
    get cursor() {
      return cursor;
    },
    async next() {
      if (state === 'IDLE') begin();
      const item = queue.shift();
      if (item) return { done: false, value: item.result };
      if (state !== 'ENDED') return new Promise((resolve, reject) => readers.push({ resolve, reject }));
      const reason = failure;
      failure = undefined;
      if (reason) throw reason.error;
      return { done: true, value: undefined };
    },
    async return() {
      queue = [];
      end();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => subscription,
  };
  return subscription;
}

/** The same subscription, with each result changed. */
export function mapped<Result, Event>(
  source: Subscription<Result>,
  change: (result: Result) => Event,
): Subscription<Event> {
  const subscription: Subscription<Event> = {
    get cursor() {
      return source.cursor;
    },
    async next() {
      const step = await source.next();
      return step.done ? { done: true, value: undefined } : { done: false, value: change(step.value) };
    },
    return: () => source.return(),
    [Symbol.asyncIterator]: () => subscription,
  };
  return subscription;
}

interface PromiseResolvers<Value> {
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

const WITHOUT_CURSOR =
  'Every event of a subscription must have its `cursor` selected: nothing can be resumed without it.';

function requireCursors(query: string): void {
  if (!/\bcursor\b/.test(query)) throw new TypeError(WITHOUT_CURSOR);
  if (!/\bafter\s*:\s*\$after\b/.test(query)) {
    throw new TypeError(
      'A subscription must declare `$after: String` and pass it on as `after: $after`, to be resumed.',
    );
  }
}

/** Of the only field of a result. */
function cursorOf(data: unknown): string | undefined {
  const [event] = Object.values((data ?? {}) as Record<string, unknown>);
  return cursorIn((event ?? {}) as Record<string, unknown>, 'cursor');
}

function cursorIn(holder: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = holder[name];
  return typeof value === 'string' ? value : undefined;
}
