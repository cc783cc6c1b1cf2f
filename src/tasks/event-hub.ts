/**
 * Tells who listens that events were committed. It keeps nothing: whoever missed one reads it from the log, so a slow listener
 * costs no memory here.
 */
import type { TaskEventRecord } from '../services/domain.js';

export type EventListener = (events: readonly TaskEventRecord[]) => void;

export interface EventHub {
  /** Called after the commit, with events of one task in their order. A listener must not throw. */
  publish(taskId: string, events: readonly TaskEventRecord[]): void;
  /** @returns a function that ends the subscription */
  listen(taskId: string, listener: EventListener): () => void;
  /** How many listen now. */
  readonly size: number;
}

export function createEventHub(): EventHub {
  const listenersOf = new Map<string, Set<EventListener>>();
  return {
    publish(taskId, events) {
      for (const listener of [...(listenersOf.get(taskId) ?? [])]) listener(events);
    },

    listen(taskId, listener) {
      const listeners = listenersOf.get(taskId) ?? new Set();
      listenersOf.set(taskId, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && listenersOf.get(taskId) === listeners) listenersOf.delete(taskId);
      };
    },

    get size() {
      return [...listenersOf.values()].reduce((sum, listeners) => sum + listeners.size, 0);
    },
  };
}
