/** What the runner does with a task: gathers what its pipeline needs, runs it, and reports what it tells. */
import { GatewayError, UnreachableCaseError } from '../errors/index.js';
import {
  edit,
  generate,
  type PipelineCall,
  type PipelineModel,
  type PipelineTimings,
  reply,
  resolveSettings,
  type SaidMessage,
  understand,
} from '../pipelines/index.js';
import { findImages, findImagesOfTasks } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import { messagesBefore } from '../storage/messages.js';
import type { Execute, RunningTask, TaskOutcome } from '../tasks/runner.js';
import type { DiffusionSettings, ImageService, MessageRecord } from './domain.js';
import type { Estimates } from './estimates.js';
import type { Models } from './models.js';
import { createReporter } from './reporter.js';

export interface ExecutionOptions {
  readonly storage: Storage;
  readonly models: Models;
  readonly images: ImageService;
  readonly estimates: Estimates;
  /** Characters of a negative prompt. */
  readonly promptChars: number;
  readonly textFlushMs: number;
  readonly pictureMetadata: boolean;
  /** There is a new image. */
  readonly onImage: () => void;
}

export function createExecute(options: ExecutionOptions): Execute {
  const { storage, models, images, estimates } = options;

  return async (running): Promise<TaskOutcome> => {
    const { task, signal, previews } = running;
    const model = models.parts(task.modelId);
    const startedAt = performance.now();

    // 1 what was said before, for a reply; what an earlier attempt finished
    const said = task.kind === 'REPLY' ? await conversationOf(storage, running) : [];
    const newestPicture = said.flatMap(imageIdsOf).at(-1);
    const earlier = await findImagesOfTasks(storage.db, [task.id]);
    const finished = new Map(earlier.map(({ index, id }) => [index, id]));

    // 2 where the pipeline's events go
    const reporter = createReporter(running, {
      ...{ storage, estimates, finished, textFlushMs: options.textFlushMs, pictureMetadata: options.pictureMetadata },
      onImage: options.onImage,
      prompt: task.kind === 'REPLY' ? wordsOf(said.at(-1)) : task.prompt,
      sourceId: task.kind === 'REPLY' ? (newestPicture ?? null) : (task.sourceImageIds[0] ?? null),
    });
    const call: PipelineCall = {
      signal,
      emit: (event) => reporter.emit(event),
      previewWishes: previews.wishes,
      finished: new Set(finished.keys()),
    };

    // 3 the work
    try {
      const outcome = await runPipeline(model, running, said, call);
      await reporter.flush();
      estimates.taskDone(task, performance.now() - startedAt);
      return outcome;
    } finally {
      estimates.forget(task.id);
    }
  };

  async function runPipeline(
    model: PipelineModel,
    { task, input }: RunningTask,
    said: readonly MessageRecord[],
    call: PipelineCall,
  ): Promise<TaskOutcome> {
    const { sampling } = input;
    const pixels = (ids: readonly string[]) => Promise.all(ids.map((id) => images.readPixels(id)));
    switch (task.kind) {
      case 'UNDERSTANDING':
        return understand(model, { images: await pixels(task.sourceImageIds), question: task.prompt, sampling }, call);
      case 'GENERATION':
        return {
          timings: await generate(model, { prompt: task.prompt, settings: settingsOf(task.settings), sampling }, call),
        };
      case 'EDIT': {
        const [source] = await pixels(task.sourceImageIds);
        if (source === undefined) throw new TypeError(`Edit ${task.id} has no source.`);
        return {
          timings: await edit(
            model,
            { source, instruction: task.prompt, settings: settingsOf(task.settings), sampling },
            call,
          ),
        };
      }
      case 'REPLY': {
        const messages = await Promise.all(said.map((message) => withPixels(message)));
        const timings: PipelineTimings = await reply(
          model,
          { messages, sampling, settings: replySettings(model, input.diffusion ?? {}) },
          call,
        );
        return { timings };
      }
      default:
        throw new UnreachableCaseError(task.kind);
    }
  }

  async function withPixels(message: MessageRecord): Promise<SaidMessage> {
    const parts = await Promise.all(
      message.parts.map(async (part) =>
        part.type === 'text' ? part : ({ type: 'image', image: await images.readPixels(part.imageId) } as const),
      ),
    );
    return { role: message.role === 'USER' ? 'user' : 'assistant', parts };
  }

  /** Settings for the decoders that a reply may use; a caller who names one decoder restricts it to that one. */
  function replySettings(model: PipelineModel, diffusion: NonNullable<RunningTask['input']['diffusion']>) {
    const limits = { maxImages: models.get(model.id).limits.maxImages, promptChars: options.promptChars };
    const resolve = (name: 'generation' | 'editing'): DiffusionSettings | undefined => {
      const isWanted = diffusion.decoder === undefined || diffusion.decoder === name;
      return isWanted && model.decoders[name] != null ? resolveSettings(model, name, diffusion, limits) : undefined;
    };
    return { generation: resolve('generation'), editing: resolve('editing') };
  }
}

/** Everything that was said before the message that the task writes. */
async function conversationOf(storage: Storage, { task }: RunningTask): Promise<MessageRecord[]> {
  if (task.conversationId === null || task.messageId === null)
    throw new TypeError(`Reply ${task.id} has no conversation.`);
  const said = await messagesBefore(storage.db, task.conversationId, task.messageId);
  const shown = await findImages(storage.db, [...new Set(said.flatMap(imageIdsOf))]);
  const there = new Set(shown.map(({ id }) => id));
  // A picture that was deleted is not said any more. A reply that failed or was cancelled before its first word says nothing.
  return said
    .map((message) => ({
      ...message,
      parts: message.parts.filter((part) => part.type === 'text' || there.has(part.imageId)),
    }))
    .filter((message) => message.parts.length > 0);
}

function imageIdsOf(message: MessageRecord): string[] {
  return message.parts.flatMap((part) => (part.type === 'image' ? [part.imageId] : []));
}

function wordsOf(message: MessageRecord | undefined): string {
  return (message?.parts ?? []).flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
}

function settingsOf(settings: DiffusionSettings | null): DiffusionSettings {
  if (settings === null) throw new GatewayError('INTERNAL', 'A task that draws was stored without its settings.');
  return settings;
}
