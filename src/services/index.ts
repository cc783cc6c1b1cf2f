/** All services of a gateway, and the work in the background that does what they promise. */
import { join } from 'node:path';

import { toGatewayError } from '../errors/index.js';
import type { PluginLog } from '../plugin/contract.js';
import { openFileCache } from '../storage/file-cache.js';
import type { Storage } from '../storage/index.js';
import { createEventHub } from '../tasks/event-hub.js';
import { createFollowers, type Followers } from '../tasks/followers.js';
import { createPreviewHub, type PreviewDefaults } from '../tasks/preview-hub.js';
import { createRunner, type Runner } from '../tasks/runner.js';
import { createStepTimes } from '../tasks/step-times.js';
import { createTaskStore, type Submitted } from '../tasks/store.js';
import { createConversationService } from './conversations.js';
import { createDeletionService } from './deletion.js';
import type { Services } from './domain.js';
import { createEstimates } from './estimates.js';
import { createEventService } from './events.js';
import { createExecute } from './execution.js';
import { createImageService } from './images.js';
import { createLanguageService } from './language.js';
import { createMessageService } from './messages.js';
import { createModels, type ModelSource } from './models.js';
import { createUrlSigner } from './signed-urls.js';
import { createSimilarity } from './similarity.js';
import { createTaskService } from './tasks.js';
import { createUploadService } from './uploads.js';

export type * from './domain.js';
export { describeModel, type ModelNames, type ModelSource, type ServedModel } from './models.js';

export interface ServicesOptions {
  readonly storage: Storage;
  readonly source: ModelSource;
  readonly log: PluginLog;
  /** Of the gateway, for `status`. */
  readonly version: string;
  /** For uploads that are being received, and for copies of pictures in other sizes. */
  readonly dataDir: string;
  readonly urlSecret: string;
  readonly urlTtlSeconds: number;
  /** Tasks at once. */
  readonly concurrency: number;
  readonly limits: {
    readonly uploadBytes: number;
    readonly uploadPixels: number;
    /** Of a prompt, question, instruction or message. */
    readonly promptChars: number;
    /** Of the copies of pictures in other sizes and formats that are kept. */
    readonly variantCacheBytes: number;
  };
  readonly previews?: PreviewDefaults | undefined;
  /** Whether prompt, seed, model and settings go into the files of pictures. */
  readonly pictureMetadata?: boolean | undefined;
  /** Whether each image's embedding is made in the background, for `similarImages`. Default true. */
  readonly compareImages?: boolean | undefined;
  readonly deadlines: {
    readonly drainMs: number;
    readonly leaseMs: number;
    /** How long a task with `onDisconnect: CANCEL` goes on without anybody who follows it. */
    readonly disconnectMs: number;
    /** For a batch of questions about images. */
    readonly answerMs: number;
  };
  /** How often a task is attempted. */
  readonly maxAttempts?: number | undefined;
  /** Wait before a second attempt. */
  readonly retryDelayMs?: number | undefined;
  /** How long a piece of text waits for more. */
  readonly textFlushMs?: number | undefined;
}

export interface RunningServices {
  readonly services: Services;
  /** Works through the tasks, and then on embeddings; not started yet. */
  readonly runner: Runner;
  /** To be started once clients can come, and stopped before they are sent away. */
  readonly followers: Followers;
}

export async function createServices(options: ServicesOptions): Promise<RunningServices> {
  const { storage, source, log, limits, deadlines, concurrency } = options;
  const { pictureMetadata = true, textFlushMs = 50 } = options;
  const { promptChars } = limits;
  const startedAt = Date.now();

  const hub = createEventHub();
  const previews = createPreviewHub({ defaults: options.previews });
  const store = createTaskStore({ storage, hub });
  const estimates = createEstimates(createStepTimes());
  const signer = createUrlSigner({ secret: options.urlSecret, ttlSeconds: options.urlTtlSeconds });

  const variants = await openFileCache({
    folder: join(options.dataDir, 'variants'),
    maxBytes: limits.variantCacheBytes,
  });

  const models = createModels(source);
  const onImage = (): void => similarity.wake();
  const images = createImageService({ storage, signer, variants, onImage });
  const similarity = createSimilarity({
    ...{ storage, models, images, log, promptChars, deadlineMs: deadlines.answerMs },
    isBusy: async () => (await store.counts()).running > 0,
  });
  const execute = createExecute({
    ...{ storage, models, images, estimates, promptChars, textFlushMs, pictureMetadata, onImage },
  });
  const runner = createRunner({
    ...{ store, hub, previews, execute, log, concurrency, reserve: storage.reserve },
    ...{ leaseMs: deadlines.leaseMs, drainMs: deadlines.drainMs },
    ...{ maxAttempts: options.maxAttempts, retryDelayMs: options.retryDelayMs },
  });
  const followers = createFollowers({
    graceMs: deadlines.disconnectMs,
    async cancel(taskId) {
      try {
        await store.cancel(taskId);
        log.info('Nobody follows a task any more: it was cancelled.', { task: taskId });
      } catch (error) {
        const { code } = toGatewayError(error);
        return code === 'TASK_ENDED' || code === 'NOT_FOUND';
      }
      return true;
    },
  });
  for (const task of await store.bound()) followers.bind(task);
  const onSubmitted = ({ task, input, created }: Submitted): void => {
    if (created && input.onDisconnect === 'CANCEL') followers.bind(task);
    runner.wake();
  };
  const conversations = createConversationService(storage, models);

  const services: Services = {
    models,
    images,
    conversations,
    messages: createMessageService({ storage, store, models, onSubmitted, promptChars }),
    uploads: await createUploadService(storage, {
      temporaryDir: join(options.dataDir, 'uploads'),
      maxBytes: limits.uploadBytes,
      maxPixels: limits.uploadPixels,
      promptChars,
    }),
    deletion: createDeletionService({ storage, store, hub, variants, forget: similarity.forget }),
    similarity,
    tasks: createTaskService({ storage, store, models, estimates, onSubmitted, promptChars, concurrency }),
    events: createEventService({ store, hub, previews, followers, conversations, signer }),
    language: createLanguageService(models, images, { promptChars, deadlineMs: deadlines.answerMs }),
    plugins: { list: () => source.plugins() },
    async status() {
      return { version: options.version, uptimeSeconds: (Date.now() - startedAt) / 1000, ...(await store.counts()) };
    },
  };
  return {
    services,
    runner: {
      ...runner,
      async start() {
        await runner.start();
        if (options.compareImages ?? true) similarity.start();
      },
      async stop() {
        await similarity.stop();
        await runner.stop();
      },
    },
    followers,
  };
}
