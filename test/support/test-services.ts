/** Services over a real database and a model in this process, as gateway.ts builds them over plugins. */
import { afterEach } from '@jest/globals';

import type { PipelineModel } from '../../src/pipelines/index.js';
import {
  createServices,
  describeModel,
  type RunningServices,
  type Services,
  type ServicesOptions,
  type TaskRecord,
} from '../../src/services/index.js';
import { type BlobStore, openStorage, type Storage } from '../../src/storage/index.js';
import { scriptedModel } from './scripted-model.js';
import { temporaryFolder } from './temporary-folder.js';

export interface TestServices extends RunningServices {
  readonly storage: Storage;
  readonly dataDir: string;
  /** Stops the runner and closes the database, as a gateway that ends; done after the test otherwise. */
  close(): Promise<void>;
}

export interface TestServicesOptions
  extends Partial<
    Pick<
      ServicesOptions,
      'concurrency' | 'maxAttempts' | 'textFlushMs' | 'limits' | 'pictureMetadata' | 'compareImages'
    >
  > {
  readonly models?: readonly PipelineModel[];
  readonly dataDir?: string;
  readonly blobs?: BlobStore;
  readonly drainMs?: number;
  readonly disconnectMs?: number;
  /** Default true. */
  readonly isStarted?: boolean;
}

export const LIMITS = {
  uploadBytes: 1_000_000,
  uploadPixels: 1_000_000,
  promptChars: 1_000,
  variantCacheBytes: 100_000,
};

export async function testServices({
  models = [scriptedModel()],
  dataDir: givenDataDir,
  blobs,
  drainMs = 2_000,
  disconnectMs = 5_000,
  isStarted = true,
  ...options
}: TestServicesOptions = {}): Promise<TestServices> {
  const dataDir = givenDataDir ?? (await temporaryFolder());
  const storage = await openStorage({ dataDir, blobs });
  const silent = () => undefined;
  const { services, runner, followers } = await createServices({
    storage,
    dataDir,
    source: {
      models: () => models.map((parts) => ({ parts, record: describeModel(parts, NAMES) })),
      plugins: () => [],
    },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    version: '0.0.0-test',
    urlSecret: 'a secret of at least thirty-two characters',
    urlTtlSeconds: 3600,
    concurrency: 1,
    limits: LIMITS,
    deadlines: { drainMs, leaseMs: 30_000, disconnectMs, answerMs: 10_000 },
    retryDelayMs: 5,
    textFlushMs: 5,
    // Tests that count what the encoder is asked would see it too.
    compareImages: false,
    ...options,
  });
  if (isStarted) await runner.start();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    followers.stop();
    closing ??= runner.stop().then(() => storage.close());
    return closing;
  };
  open.push(close);
  return { services, runner, followers, storage, dataDir, close };
}

/** The task as it is once its stream has ended. */
export async function ended(services: Services, { id }: { readonly id: string }): Promise<TaskRecord> {
  const events = await services.events.subscribe(id);
  while ((await events.next()).done !== true);
  return services.tasks.get(id);
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const NAMES = {
  name: 'Scripted',
  encoder: 'encoder',
  languageModel: 'language',
  imageDecoders: ['generation', 'editing'],
  maxImages: 4,
};
