/**
 * One reader's way through a task's events: what was, from the log, then what comes, as it is committed.
 *
 * The reader is either BEHIND (what follows has to be read from the log) or LIVE (it has everything that was published). Published
 * events are only taken while LIVE and only when their sequence continues without a hole; anything else (too many waiting, a hole,
 * news during a read) makes the reader BEHIND, and the log mends it. So nothing is lost or doubled, and a reader that never reads
 * holds at most `MAX_WAITING` events and one preview.
 */
import { GatewayError } from '../errors/index.js';
import type { EventSubscription, PreviewEvent, TaskEventRecord } from '../services/domain.js';
import { fromEventCursor } from './cursor.js';
import type { EventHub } from './event-hub.js';
import type { PreviewHub } from './preview-hub.js';
import { isLastEvent } from './rows.js';
import type { TaskStore } from './store.js';

const READ_AT_ONCE = 100;
const MAX_WAITING = 100;

export interface SubscriptionSources {
  readonly store: TaskStore;
  readonly hub: EventHub;
  readonly previews: PreviewHub;
}

/**
 * Ends after the task's last event. The iterator is written by hand because a generator that waits would not notice its `return()`
 * until the next event; this one wakes up at once.
 *
 * @throws GatewayError NOT_FOUND, CURSOR_INVALID, BAD_INPUT
 */
export async function subscribeToTask(
  { store, hub, previews }: SubscriptionSources,
  taskId: string,
  { after, preview, signal }: EventSubscription = {},
): Promise<AsyncIterableIterator<TaskEventRecord | PreviewEvent>> {
  if (after !== undefined) fromEventCursor(after);
  if ((await store.find([taskId])).length === 0) throw new GatewayError('NOT_FOUND', `There is no task ${taskId}.`);

  let behind = true;
  let reading = false;
  let ended = false;
  let closed = false;
  let cursor = after;
  /** Sequence of the newest event that was taken; unknown until the first. */
  let sequence: number | undefined;
  let waiting: TaskEventRecord[] = [];
  let wake: (() => void) | undefined;

  const signalNews = (): void => {
    wake?.();
    wake = undefined;
  };
  const takeIn = (events: readonly TaskEventRecord[]): void => {
    for (const event of events) {
      sequence = event.sequence;
      cursor = event.cursor;
      waiting.push(event);
    }
  };

  const stopListening = hub.listen(taskId, (events) => {
    const news = events.filter((event) => sequence === undefined || event.sequence > sequence);
    const [first] = news;
    if (first !== undefined && !behind) {
      const continues = sequence !== undefined && first.sequence === sequence + 1;
      if (!reading && continues && waiting.length + news.length <= MAX_WAITING) takeIn(news);
      else behind = true;
    }
    signalNews();
  });
  const slot =
    preview === undefined ? undefined : subscribeToPreviews(previews, taskId, preview, signalNews, stopListening);

  const close = (): void => {
    if (closed) return;
    closed = true;
    stopListening();
    slot?.close();
    signal?.removeEventListener('abort', close);
    waiting = [];
    signalNews();
  };
  signal?.addEventListener('abort', close, { once: true });
  if (signal?.aborted === true) close();

  const catchUp = async (): Promise<void> => {
    behind = false;
    reading = true;
    try {
      const events = await store.events(taskId, cursor, READ_AT_ONCE);
      takeIn(events);
      if (events.length === READ_AT_ONCE) behind = true;
      // Someone who comes back after the last event finds nothing and waits for nothing.
      if (events.length === 0 && (await hasEnded())) {
        const late = await store.events(taskId, cursor, READ_AT_ONCE);
        takeIn(late);
        ended = late.length === 0;
      }
    } finally {
      reading = false;
    }
  };
  const hasEnded = async (): Promise<boolean> => (await store.find([taskId]))[0]?.finishedAt !== null;

  /** Events and the newest preview in the order in which they happened. */
  const takeNext = (): TaskEventRecord | PreviewEvent | undefined => {
    const [event] = waiting;
    const frame = slot?.peek();
    if (frame !== undefined && (event === undefined ? !behind : frame.cursor < event.cursor)) {
      slot?.take();
      return { type: 'DenoisingPreview', ...frame };
    }
    if (event !== undefined) {
      waiting.shift();
      if (isLastEvent(event)) ended = true;
    }
    return event;
  };

  const next = async (): Promise<IteratorResult<TaskEventRecord | PreviewEvent, undefined>> => {
    while (!closed) {
      const item = takeNext();
      if (item !== undefined) return { done: false, value: item };
      if (ended) break;
      if (behind) {
        await catchUp();
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    close();
    return { done: true, value: undefined };
  };

  // One `next` at a time: two at once would take the same event.
  let turn: Promise<unknown> = Promise.resolve();
  const iterator: AsyncIterableIterator<TaskEventRecord | PreviewEvent> = {
    next() {
      const result = turn.then(next);
      turn = result.catch(() => undefined);
      return result;
    },
    return() {
      close();
      return Promise.resolve({ done: true, value: undefined });
    },
    throw(error: unknown) {
      close();
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}

/** A refused wish must not leave the event listener behind. */
function subscribeToPreviews(
  previews: PreviewHub,
  taskId: string,
  wish: NonNullable<EventSubscription['preview']>,
  onFrame: () => void,
  stopListening: () => void,
): ReturnType<PreviewHub['subscribe']> {
  try {
    return previews.subscribe(taskId, wish, onFrame);
  } catch (error) {
    stopListening();
    throw error;
  }
}
