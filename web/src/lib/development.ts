/**
 * How a task develops, gathered from its events: its words, and the previews of each of its pictures. Kept while the page is open, so
 * that a finished picture's development can be watched again.
 */
import type { ErrorPartsFragment, ImagePartsFragment, TaskEvent as ClientTaskEvent, TaskStatus } from 'darkroom/client';
import { useEffect } from 'react';

import { gateway } from './gateway';
import { createStore, useStore } from './store';

export type TaskEvent = ClientTaskEvent;

/** The picture after a denoising step. */
export interface Frame {
  readonly dataUrl: string;
  /** From 0. */
  readonly stepIndex: number;
  readonly numInferenceSteps: number;
  /** Noise level after the step, 1 to 0. */
  readonly sigma: number;
  /** When it was made, ms since 1970. */
  readonly at: number;
}

export interface DevelopingImage {
  /** Of the pictures of its task, from 0. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly seed: number | null;
  /** In the order of their steps; those that nobody watched are missing. */
  readonly frames: readonly Frame[];
  readonly image: ImagePartsFragment | null;
}

export interface Development {
  readonly status: TaskStatus;
  /** Tasks ahead of it while it is queued. */
  readonly position: number | null;
  readonly attempt: number;
  readonly text: string;
  readonly images: readonly DevelopingImage[];
  readonly error: ErrorPartsFragment | null;
}

const NOTHING: Development = { status: 'QUEUED', position: null, attempt: 1, text: '', images: [], error: null };
/** Tasks whose previews are kept: 50 tasks of 50 steps at 20 KB are 50 MB. */
const KEPT_TASKS = 50;

/** What is known after one more event. Events come in order; those of a new attempt begin the pictures anew. */
export function developed(before: Development, event: TaskEvent): Development {
  switch (event.__typename) {
    case 'TaskQueued':
      return { ...before, status: 'QUEUED', position: event.position };
    case 'TaskStarted':
      return { ...before, status: 'RUNNING', position: null, attempt: event.attempt, text: '' };
    case 'TextDelta':
      // An offset makes a delta that comes twice harmless. Without the words before it, it says nothing: the stored message has them.
      if (event.offset > before.text.length) return { ...before, status: 'RUNNING' };
      return { ...before, status: 'RUNNING', text: before.text.slice(0, event.offset) + event.text };
    case 'ImageStarted': {
      const { width, height, seed } = event.settings;
      return withImage(before, event.index, () => ({
        width,
        height,
        seed: seed + event.index,
        frames: [],
        image: null,
      }));
    }
    case 'DenoisingPreview':
      return withImage({ ...before, status: 'RUNNING' }, event.index, (image) => ({
        ...(image ?? { width: event.width, height: event.height, seed: null, image: null }),
        frames: [
          ...(image?.frames.filter((frame) => frame.stepIndex < event.stepIndex) ?? []),
          {
            dataUrl: event.dataUrl,
            stepIndex: event.stepIndex,
            numInferenceSteps: event.numInferenceSteps,
            sigma: event.sigma,
            at: Date.parse(event.at),
          },
        ],
      }));
    case 'ImageFinished': {
      const finished = event.image;
      if (finished === null) return before;
      return withImage(before, event.index, (image) => ({
        width: finished.width,
        height: finished.height,
        seed: image?.seed ?? null,
        frames: image?.frames ?? [],
        image: finished,
      }));
    }
    case 'TaskRetrying':
      return { ...before, status: 'QUEUED', attempt: event.attempt, text: '', images: [] };
    case 'TaskSucceeded':
      return { ...before, status: 'SUCCEEDED' };
    case 'TaskFailed':
      return { ...before, status: 'FAILED', error: event.error };
    case 'TaskCancelled':
      return { ...before, status: 'CANCELLED' };
  }
}

function withImage(
  development: Development,
  index: number,
  change: (image: DevelopingImage | undefined) => Omit<DevelopingImage, 'index'>,
): Development {
  const image = { ...change(development.images.find((known) => known.index === index)), index };
  const images = [...development.images.filter((known) => known.index !== index), image];
  return { ...development, images: images.toSorted((left, right) => left.index - right.index) };
}

/** Seconds until the picture is done, from the pace of its steps; null before there is one. */
export function secondsLeft(frames: readonly Frame[]): number | null {
  const [first, last] = [frames.at(0), frames.at(-1)];
  if (first === undefined || last === undefined || last.stepIndex === first.stepIndex) return null;
  const msPerStep = (last.at - first.at) / (last.stepIndex - first.stepIndex);
  return (msPerStep * (last.numInferenceSteps - 1 - last.stepIndex)) / 1_000;
}

/** By id of the task, the ones heard of last at the end. */
const developments = createStore<ReadonlyMap<string, Development>>(new Map());

export function noteTaskEvent(taskId: string, event: TaskEvent): void {
  developments.set((before) => {
    const after = new Map(before);
    const development = developed(before.get(taskId) ?? NOTHING, event);
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
