/**
 * One reader's way through the events of a task or a conversation: what was, from the log, then what comes, as it is committed.
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
import type { Followers } from './followers.js';
import type { PreviewHub } from './preview-hub.js';
import { isLastEvent } from './rows.js';
import type { EventLog, TaskStore } from './store.js';

const READ_AT_ONCE = 100;
const MAX_WAITING = 100;

export interface SubscriptionSources {
  readonly store: TaskStore;
  readonly hub: EventHub;
  readonly previews: PreviewHub;
  readonly followers: Followers;
}

export type EventStream = AsyncIterableIterator<TaskEventRecord | PreviewEvent>;

/**
 * Ends after the task's last event.
 *
 * @throws GatewayError NOT_FOUND, CURSOR_INVALID, BAD_INPUT
 */
export async function followTask(
  sources: SubscriptionSources,
  taskId: string,
  options: EventSubscription = {},
): Promise<EventStream> {
  const { store } = sources;
  if (options.after !== undefined) fromEventCursor(options.after);
  if ((await store.find([taskId])).length === 0) throw new GatewayError('NOT_FOUND', `There is no task ${taskId}.`);
  return follow(sources, options, {
    topic: taskId,
    log: { taskId },
    includes: ({ type }) => type !== 'MessageAdded',
    endsWith: isLastEvent,
    hasEnded: async () => (await store.find([taskId]))[0]?.finishedAt !== null,
  });
}

/**
 * Goes on until it is left, or until the conversation is deleted: it can always be spoken in.
 *
 * @param exists whether the conversation is still there
 * @throws GatewayError CURSOR_INVALID, BAD_INPUT
 */
export function followConversation(
  sources: SubscriptionSources,
  conversationId: string,
  exists: () => Promise<boolean>,
  options: EventSubscription = {},
): EventStream {
  if (options.after !== undefined) fromEventCursor(options.after);
  return follow(sources, options, {
    topic: conversationId,
    log: { conversationId },
    includes: () => true,
    endsWith: () => false,
    hasEnded: async () => !(await exists()),
  });
}

interface Story {
  /** Of hubs. */
  readonly topic: string;
  readonly log: EventLog;
  includes(event: TaskEventRecord): boolean;
  endsWith(event: TaskEventRecord): boolean;
  /** Asked when nothing follows in the log. */
  hasEnded(): Promise<boolean>;
}

/**
 * The iterator is written by hand because a generator that waits would not notice its `return()` until the next event; this one
 * wakes up at once.
 */
function follow(
  { store, hub, previews, followers }: SubscriptionSources,
  { after, preview, signal }: EventSubscription,
  { topic, log, includes, endsWith, hasEnded }: Story,
): EventStream {
  let behind = true;
  let reading = false;
  let ended = false;
  let closed = false;
  let cursor = after;
  /** The newest event that was taken in. */
  let last: TaskEventRecord | undefined;
  let waiting: TaskEventRecord[] = [];
  let wake: (() => void) | undefined;

  const signalNews = (): void => {
    wake?.();
    wake = undefined;
  };
  const takeIn = (events: readonly TaskEventRecord[]): void => {
    for (const event of events) {
      last = event;
      cursor = event.cursor;
      waiting.push(event);
    }
  };

  /** Ids, commits and publications have one order; within a task a hole would show as well. */
  const isNext = ({ taskId, sequence }: TaskEventRecord): boolean =>
    last !== undefined && (taskId !== last.taskId || sequence === last.sequence + 1);

  const onNews = (events: readonly TaskEventRecord[]): void => {
    const news = events.filter((event) => includes(event) && (cursor === undefined || event.cursor > cursor));
    const [first] = news;
    if (first !== undefined && !behind) {
      const continues = isNext(first);
      if (!reading && continues && waiting.length + news.length <= MAX_WAITING) takeIn(news);
      else behind = true;
    }
    signalNews();
  };
  // The log tells how it ended.
  const onGone = (): void => {
    behind = true;
    signalNews();
  };
  const stopListening = hub.listen(topic, onNews, onGone);
  const slot =
    preview === undefined ? undefined : subscribeToPreviews(previews, topic, preview, signalNews, stopListening);

  const leave = followers.enter(topic);

  const close = (): void => {
    if (closed) return;
    closed = true;
    leave();
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
      const events = await store.events(log, cursor, READ_AT_ONCE);
      takeIn(events);
      if (events.length === READ_AT_ONCE) behind = true;
      // Someone who comes back after the last event finds nothing and waits for nothing.
      if (events.length === 0 && (await hasEnded())) {
        const late = await store.events(log, cursor, READ_AT_ONCE);
        takeIn(late);
        ended = late.length === 0;
      }
    } finally {
      reading = false;
    }
  };

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
      if (endsWith(event)) ended = true;
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
  const iterator: EventStream = {
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
  topic: string,
  wish: NonNullable<EventSubscription['preview']>,
  onFrame: () => void,
  stopListening: () => void,
): ReturnType<PreviewHub['subscribe']> {
  try {
    return previews.subscribe(topic, wish, onFrame);
  } catch (error) {
    stopListening();
    throw error;
  }
}
