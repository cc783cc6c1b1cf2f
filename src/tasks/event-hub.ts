/**
 * Tells who listens that events were committed. It keeps nothing: whoever missed one reads it from the log, so a slow listener
 * costs no memory here.
 */
import type { TaskEventRecord } from '../services/domain.js';

export type EventListener = (events: readonly TaskEventRecord[]) => void;

export interface EventHub {
  /** Called after the commit, with events of one task in their order. Listeners must not throw. */
  publish(events: readonly TaskEventRecord[]): void;
  /**
   * @param topic id of a task or of a conversation
   * @param onGone called when the topic was deleted: nothing will be published of it any more
   * @returns a function that ends the subscription
   */
  listen(topic: string, listener: EventListener, onGone?: () => void): () => void;
  /** Called after the commit that deleted a topic. */
  retire(topic: string): void;
  /** How many listen now. */
  readonly size: number;
}

interface Listening {
  readonly listener: EventListener;
  readonly onGone: (() => void) | undefined;
}

export function createEventHub(): EventHub {
  const listenersOf = new Map<string, Set<Listening>>();

  const tell = (topic: string, events: readonly TaskEventRecord[]): void => {
    for (const { listener } of [...(listenersOf.get(topic) ?? [])]) listener(events);
  };

  return {
    publish(events) {
      const [first] = events;
      if (first === undefined) return;
      tell(first.taskId, events);
      if (first.conversationId !== null) tell(first.conversationId, events);
    },

    listen(topic, listener, onGone) {
      const listeners = listenersOf.get(topic) ?? new Set();
      const listening: Listening = { listener, onGone };
      listenersOf.set(topic, listeners.add(listening));
      return () => {
        listeners.delete(listening);
        if (listeners.size === 0 && listenersOf.get(topic) === listeners) listenersOf.delete(topic);
      };
    },

    retire(topic) {
      for (const { onGone } of [...(listenersOf.get(topic) ?? [])]) onGone?.();
    },

    get size() {
      return [...listenersOf.values()].reduce((sum, listeners) => sum + listeners.size, 0);
    },
  };
}
