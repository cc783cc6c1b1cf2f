/**
 * How a task develops, gathered from its events: its words, and the previews of each of its pictures. For a page that shows all of
 * it, and that can play a finished picture's development again.
 *
 *   let development = NO_DEVELOPMENT;
 *   for await (const event of client.watch(taskId)) show((development = developed(development, event)));
 */
import type { ErrorPartsFragment, ImagePartsFragment, TaskEventPartsFragment, TaskStatus } from './gql/graphql.js';

/** The picture after a denoising step. */
export interface DevelopmentFrame {
  readonly dataUrl: string;
  /** Steps done, 1 to `numInferenceSteps`. */
  readonly stepIndex: number;
  readonly numInferenceSteps: number;
  /** Noise level after the step, 1 to 0. */
  readonly sigma: number;
  /** When it was made, milliseconds since 1970. */
  readonly at: number;
}

export interface DevelopingImage {
  /** Of the pictures of its task, from 0. */
  readonly index: number;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Null where its beginning was not seen. */
  readonly seed: number | null;
  /** In the order of their steps; those that nobody watched are missing. */
  readonly frames: readonly DevelopmentFrame[];
  /** Null until it is finished. */
  readonly image: ImagePartsFragment | null;
}

export interface Development {
  readonly status: TaskStatus;
  /** Tasks ahead of it when it was queued; null when it is not queued. */
  readonly position: number | null;
  /** From 1. */
  readonly attempt: number;
  /** Of the answer, so far. */
  readonly text: string;
  readonly images: readonly DevelopingImage[];
  readonly error: ErrorPartsFragment | null;
}

/** Of a task of which nothing was heard. */
export const NO_DEVELOPMENT: Development = {
  status: 'QUEUED',
  position: null,
  attempt: 1,
  text: '',
  images: [],
  error: null,
};

/** What is known after one more event. Events come in order; those of a new attempt begin words and pictures anew. */
export function developed(before: Development, event: TaskEventPartsFragment): Development {
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
      // It was deleted since.
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
  return { ...development, images: images.sort((left, right) => left.index - right.index) };
}

/** Seconds until the picture is done, from the pace of its steps; null before there is one. */
export function secondsLeft(frames: readonly DevelopmentFrame[]): number | null {
  const first = frames[0];
  const last = frames[frames.length - 1];
  if (first === undefined || last === undefined || last.stepIndex === first.stepIndex) return null;
  const msPerStep = (last.at - first.at) / (last.stepIndex - first.stepIndex);
  return (msPerStep * (last.numInferenceSteps - last.stepIndex)) / 1_000;
}
