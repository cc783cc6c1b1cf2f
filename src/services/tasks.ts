import { GatewayError } from '../errors/index.js';
import { type DecoderName, resolveSettings } from '../pipelines/index.js';
import type { Storage } from '../storage/index.js';
import { passMessage } from '../storage/messages.js';
import { pagesOfTaskIds } from '../storage/tasks.js';
import type { AlsoWrite, NewTask, Submitted, TaskStore } from '../tasks/store.js';
import type { DiffusionInput, DiffusionSettings, TaskRecord, TaskService } from './domain.js';
import type { Estimates } from './estimates.js';
import type { Models } from './models.js';
import { existing, inOrderOf } from './records.js';
import { checkPriority, idempotencyOf, requireCapability, requireImages, withSeed } from './submission.js';
import { checkWords } from './words.js';

/** Pictures that one question may be about. */
const MAX_QUESTION_IMAGES = 16;

export interface TaskServiceOptions {
  readonly storage: Storage;
  readonly store: TaskStore;
  readonly models: Models;
  readonly estimates: Estimates;
  /** There is something to run. */
  readonly onSubmitted: (submitted: Submitted) => void;
  /** Characters of a prompt. */
  readonly promptChars: number;
  /** Tasks that run at once. */
  readonly concurrency: number;
}

export function createTaskService({
  storage,
  store,
  models,
  estimates,
  onSubmitted,
  promptChars,
  concurrency,
}: TaskServiceOptions): TaskService {
  const get = async (id: string): Promise<TaskRecord> => existing((await store.find([id]))[0], 'task', id);

  const submit = async (task: NewTask, also?: AlsoWrite, id = storage.nextId()): Promise<TaskRecord> => {
    const submitted = await store.submit(id, task, also);
    onSubmitted(submitted);
    return submitted.task;
  };

  const settingsFor = (modelId: string, fallback: DecoderName, input: DiffusionInput = {}): DiffusionSettings =>
    resolveSettings(models.parts(modelId), fallback, input, {
      maxImages: models.get(modelId).limits.maxImages,
      promptChars,
    });

  return {
    async submitUnderstanding(input) {
      const model = models.choose(input.modelId);
      checkWords(input.question, 'question', promptChars);
      requireCapability(model, 'UNDERSTAND');
      if (input.imageIds.length === 0 || input.imageIds.length > MAX_QUESTION_IMAGES) {
        throw new GatewayError(
          'BAD_INPUT',
          `A question is about 1 to ${MAX_QUESTION_IMAGES} images, not ${input.imageIds.length}.`,
        );
      }
      await requireImages(storage, input.imageIds);
      return submit({
        kind: 'UNDERSTANDING',
        modelId: model.id,
        prompt: input.question,
        sourceImageIds: input.imageIds,
        settings: null,
        input: { sampling: withSeed(input.sampling, undefined), onDisconnect: input.onDisconnect },
        priority: checkPriority(input.priority),
        idempotency: idempotencyOf('UNDERSTANDING', input),
      });
    },

    async submitGeneration(input) {
      const model = models.choose(input.modelId);
      checkWords(input.prompt, 'prompt', promptChars);
      requireCapability(model, 'GENERATE');
      const settings = settingsFor(model.id, 'generation', input.diffusion);
      return submit({
        kind: 'GENERATION',
        modelId: model.id,
        prompt: input.prompt,
        sourceImageIds: [],
        settings,
        input: { sampling: withSeed(input.sampling, settings.seed), onDisconnect: input.onDisconnect },
        priority: checkPriority(input.priority),
        idempotency: idempotencyOf('GENERATION', input),
      });
    },

    async submitEdit(input) {
      const model = models.choose(input.modelId);
      checkWords(input.instruction, 'instruction', promptChars);
      requireCapability(model, 'EDIT');
      await requireImages(storage, [input.sourceImageId]);
      const settings = settingsFor(model.id, 'editing', input.diffusion);
      return submit({
        kind: 'EDIT',
        modelId: model.id,
        prompt: input.instruction,
        sourceImageIds: [input.sourceImageId],
        settings,
        input: { sampling: withSeed(input.sampling, settings.seed), onDisconnect: input.onDisconnect },
        priority: checkPriority(input.priority),
        idempotency: idempotencyOf('EDIT', input),
      });
    },

    cancel: (id) => store.cancel(id),

    async retry(options) {
      const { task, input } = await store.load(options.taskId);
      if (task.status !== 'FAILED' && task.status !== 'CANCELLED') throw notRetryable(`it is ${task.status}`);
      models.get(task.modelId);
      // What was deleted since cannot be read again; a reply goes on without it.
      if (task.kind !== 'REPLY') await requireImages(storage, task.sourceImageIds);
      const id = storage.nextId();
      const { messageId } = task;
      return submit(
        {
          ...{ kind: task.kind, modelId: task.modelId, prompt: task.prompt, settings: task.settings, input },
          ...{ sourceImageIds: task.sourceImageIds, messageId: messageId ?? undefined },
          conversationId: task.conversationId ?? undefined,
          priority: checkPriority(options.priority ?? task.priority),
          idempotency: idempotencyOf('RETRY', options),
        },
        async (tx) => {
          if (messageId === null || (await passMessage(tx, messageId, task.id, id))) return;
          throw notRetryable('its message is being written, or was written, by a later retry');
        },
        id,
      );
    },

    get,
    getMany: async (ids) => inOrderOf(ids, await store.find(ids)),
    list: (page, filter = {}) => store.page(page, filter),
    async ofConversations(ids, page) {
      const pages = await pagesOfTaskIds(storage.db, ids, page);
      const found = await store.find(pages.flatMap(({ items }) => items.map(({ id }) => id)));
      const byId = new Map(found.map((task) => [task.id, task]));
      return pages.map(({ items, cursorOf, ...rest }) => ({
        ...rest,
        items: items.flatMap(({ id }) => byId.get(id) ?? []),
        cursorOf,
      }));
    },

    queuePosition: (id) => store.queuePosition(id),

    async etaSeconds(id) {
      const task = await get(id);
      if (task.finishedAt !== null) return null;
      const own = estimates.remainingMs(task);
      if (own === null || task.status === 'RUNNING') return own === null ? null : own / 1000;

      // Everything that runs or is ahead of it in the queue comes first, `concurrency` at a time.
      let before = 0;
      for (const other of await store.before(id)) {
        const remaining = estimates.remainingMs(other);
        if (remaining === null) return null;
        before += remaining;
      }
      return (before / concurrency + own) / 1000;
    },

    progress: async (id) => estimates.progress(await get(id)),
  };
}

function notRetryable(why: string): GatewayError {
  return new GatewayError(
    'TASK_NOT_RETRYABLE',
    `Only a task that failed or was cancelled is retried, and a reply only by its newest task; ${why}.`,
  );
}
