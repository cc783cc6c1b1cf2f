/**
 * What the page has seen of tasks. Kept while it is open, so that a finished picture's development can be watched again.
 */
import { type Development, NO_DEVELOPMENT, type TaskEvent, developed } from 'darkroom/client';
import { useEffect } from 'react';

import { gateway } from './gateway';
import { createStore, useStore } from './store';

/** Tasks whose previews are kept: 50 tasks of 50 steps at 20 KB are 50 MB. */
const KEPT_TASKS = 50;

/** By id of the task, the ones heard of last at the end. */
const developments = createStore<ReadonlyMap<string, Development>>(new Map());

export function noteTaskEvent(taskId: string, event: TaskEvent): void {
  developments.set((before) => {
    const after = new Map(before);
    const development = developed(before.get(taskId) ?? NO_DEVELOPMENT, event);
    after.delete(taskId);
    after.set(taskId, development);
    for (const oldest of after.keys()) {
      if (after.size <= KEPT_TASKS) break;
      after.delete(oldest);
    }
    return after;
  });
}

/** What was seen of a task on this page; undefined when nothing was. */
export function useDevelopment(taskId: string | null | undefined): Development | undefined {
  const all = useStore(developments);
  return taskId ? all.get(taskId) : undefined;
}

export const PREVIEW = { maxSize: 512, maxPerSecond: 12 } as const;

/** Follows a task with its previews for as long as the component is there and the task is not over. */
export function useTaskWatch(taskId: string, isWanted: boolean): Development | undefined {
  useEffect(() => {
    if (!isWanted) return undefined;
    const leaving = new AbortController();
    void follow(taskId, leaving.signal);
    return () => leaving.abort();
  }, [taskId, isWanted]);
  return useDevelopment(taskId);
}

async function follow(taskId: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const event of gateway.watch(taskId, { preview: PREVIEW, signal })) noteTaskEvent(taskId, event);
  } catch (error) {
    // Only what no new attempt can mend ends the iteration: the task is gone.
    if (!signal.aborted) noteTaskEvent(taskId, failedBecause(error));
  }
}

function failedBecause(error: unknown): TaskEvent {
  const { code = 'INTERNAL', message = String(error) } = error as { code?: string; message?: string };
  return {
    __typename: 'TaskFailed',
    cursor: '',
    at: new Date().toISOString(),
    error: { code, message, retryable: false },
  } as TaskEvent;
}
