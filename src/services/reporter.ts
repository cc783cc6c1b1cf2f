/** From what a pipeline tells to the task's log, its previews, its pictures and, for a reply, its message. */
import type { PipelineEvent } from '../pipelines/index.js';
import { insertImage } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import { updateMessageParts } from '../storage/messages.js';
import type { RunningTask } from '../tasks/runner.js';
import { createTextCoalescer } from '../tasks/text-coalescer.js';
import type { ImageRecord, PartRecord } from './domain.js';
import type { Estimates } from './estimates.js';
import { savePicture } from './pictures.js';
import { recipeText, toRecipe } from './recipe.js';

export interface ReporterOptions {
  readonly storage: Storage;
  readonly estimates: Estimates;
  /** How long a piece of text waits for more. */
  readonly textFlushMs: number;
  /** Whether prompt, seed, model and settings go into the picture's file. */
  readonly pictureMetadata: boolean;
  /** There is a new image. */
  readonly onImage: () => void;
  /** What the picture's file says it was asked for. */
  readonly prompt: string;
  /** What an edit is made from. */
  readonly sourceId: string | null;
  /** Images of earlier attempts, by their index. */
  readonly finished: ReadonlyMap<number, string>;
}

export interface Reporter {
  emit(event: PipelineEvent): Promise<void>;
  /** Everything that was told is written. */
  flush(): Promise<void>;
}

export function createReporter(running: RunningTask, options: ReporterOptions): Reporter {
  const { storage, estimates } = options;
  const { task, previews } = running;
  let parts: readonly PartRecord[] = [];

  /** In the transaction of the event that tells of it, a reply's message grows by `part`. */
  const growMessage = (part: PartRecord) => {
    const last = parts.at(-1);
    const isContinued = part.type === 'text' && last?.type === 'text';
    const grown: readonly PartRecord[] = isContinued
      ? [...parts.slice(0, -1), { type: 'text', text: last.text + part.text }]
      : [...parts, part];
    return {
      write: async (tx: Storage['db']): Promise<void> => {
        if (task.messageId !== null) await updateMessageParts(tx, task.messageId, grown);
      },
      keep: (): void => {
        parts = grown;
      },
    };
  };

  /** A write in the background that failed; it ends the work at its next event. */
  let failure: { readonly error: unknown } | undefined;
  const text = createTextCoalescer({
    flushMs: options.textFlushMs,
    async write(delta, offset) {
      const growth = growMessage({ type: 'text', text: delta });
      await running.emit({ type: 'TextDelta', text: delta, offset }, growth.write);
      growth.keep();
    },
    onError(error) {
      failure = { error };
    },
  });

  const finishPicture = async (event: Extract<PipelineEvent, { type: 'imageFinished' }>): Promise<void> => {
    const { index, settings, image, isEdit } = event;
    const recipe = toRecipe(options.prompt, task.modelId, settings);
    const metadata = options.pictureMetadata ? recipeText(recipe) : {};
    await savePicture(storage, image, metadata, async (stored) => {
      const record: ImageRecord = {
        ...{
          ...stored,
          id: storage.nextId(),
          createdAt: new Date(),
          taskId: task.id,
          conversationId: task.conversationId,
          recipe,
        },
        ...(isEdit ? { origin: 'EDITED', sourceId: options.sourceId } : { origin: 'GENERATED', sourceId: null }),
      };
      const growth = growMessage({ type: 'image', imageId: record.id });
      await running.emit({ type: 'ImageFinished', index, imageId: record.id }, async (tx) => {
        await insertImage(tx, record, index);
        await growth.write(tx);
      });
      growth.keep();
    });
    options.onImage();
    estimates.pictureDone(task.id);
  };

  const emit = async (event: PipelineEvent): Promise<void> => {
    if (failure !== undefined) throw failure.error;
    switch (event.type) {
      case 'text':
        text.add(event.text);
        return;
      case 'imageStarted':
        await text.flush();
        await running.emit({ type: 'ImageStarted', index: event.index, settings: event.settings });
        estimates.begin(task.id, event.index, event.settings);
        return;
      case 'step': {
        const { index, stepIndex, sigma, preview, settings } = event;
        estimates.stepDone(task.id, stepIndex);
        previews.step({ index, stepIndex, sigma, image: preview, numInferenceSteps: settings.numInferenceSteps });
        return;
      }
      case 'imageFinished':
        return finishPicture(event);
      case 'imageKept': {
        // Whoever follows the new attempt hears of this picture again, and the message shows it again.
        const imageId = options.finished.get(event.index);
        if (imageId === undefined) return;
        await text.flush();
        const growth = growMessage({ type: 'image', imageId });
        await running.emit({ type: 'ImageFinished', index: event.index, imageId }, growth.write);
        growth.keep();
      }
    }
  };

  return { emit, flush: () => text.flush() };
}
