/**
 * What looks alike: every image gets one vector of the default model's embedding space, in the background, and searches compare
 * all of them. Vectors outlive a restart; a gateway that served another model before makes them anew in the new space.
 */
import { GatewayError, toGatewayError } from '../errors/index.js';
import { embedImages, embedWords, type PipelineModel } from '../pipelines/index.js';
import type { EmbeddingSpace, PluginLog, RgbImage } from '../plugin/contract.js';
import { embeddingsAfter, findEmbedding, imagesToEmbed, saveEmbedding } from '../storage/embeddings.js';
import type { Storage } from '../storage/index.js';
import type { ImageMatch, ImageService, SimilarityService } from './domain.js';
import type { Models } from './models.js';
import { VectorIndex } from './vector-index.js';
import { checkWords } from './words.js';

const MAX_MATCHES = 100;
/** Images that are encoded together in the background. */
const BATCH = 4;
const READ_AT_ONCE = 1_000;
/** How long drawing goes before; then one batch is made all the same. */
const POLITE_MS = 30_000;
const LOOK_AGAIN_MS = 500;
const LONGEST_DELAY_MS = 60_000;

export interface SimilarityOptions {
  readonly storage: Storage;
  readonly models: Models;
  readonly images: Pick<ImageService, 'get' | 'getMany' | 'readPixels'>;
  readonly log: PluginLog;
  readonly promptChars: number;
  /** For one search or one batch. */
  readonly deadlineMs: number;
  /** Whether a task runs: it has the processor first. */
  readonly isBusy: () => Promise<boolean>;
}

export interface Similarity extends SimilarityService {
  /** Begins to work in the background: on what has no vector yet, and on what comes. */
  start(): void;
  /** There is a new image. */
  wake(): void;
  /** An image is gone. */
  forget(imageId: string): void;
  stop(): Promise<void>;
}

interface Picture {
  readonly imageId: string;
  readonly pixels: RgbImage;
}

export function createSimilarity(options: SimilarityOptions): Similarity {
  const { storage, models, images, log, deadlineMs } = options;
  const { db } = storage;
  /** Of the space that is searched now. */
  let loaded: { readonly space: string; readonly index: Promise<VectorIndex> } | undefined;
  /** Images that cannot be read or encoded; they are not tried again before a restart. */
  const hopeless = new Set<string>();
  let state: 'IDLE' | 'RUNNING' | 'STOPPED' = 'IDLE';
  let working: Promise<void> | undefined;
  let hasNews = false;
  const stopping = new AbortController();

  const deadline = (): AbortSignal => AbortSignal.any([stopping.signal, AbortSignal.timeout(deadlineMs)]);

  const model = (): { readonly parts: PipelineModel; readonly space: EmbeddingSpace } => {
    const parts = models.parts(models.default().id);
    if (parts.encoder == null) {
      throw new GatewayError(
        'CAPABILITY_MISSING',
        `Model ${parts.id} has no vision encoder, so it cannot tell which images are alike.`,
      );
    }
    return { parts, space: parts.encoder.space };
  };

  const indexOf = ({ id, dimension }: EmbeddingSpace): Promise<VectorIndex> => {
    if (loaded?.space === id) return loaded.index;
    const index = load(id, dimension);
    loaded = { space: id, index };
    index.catch(() => {
      loaded = undefined;
    });
    return index;
  };

  const load = async (space: string, dimension: number): Promise<VectorIndex> => {
    const index = new VectorIndex(dimension);
    for (let after = ''; ; ) {
      const rows = await embeddingsAfter(db, space, after, READ_AT_ONCE);
      for (const { imageId, vector } of rows) if (vector.length === dimension) index.set(imageId, vector);
      if (rows.length < READ_AT_ONCE) return index;
      after = rows.at(-1)?.imageId ?? after;
    }
  };

  /** Makes, stores and indexes vectors. */
  const embed = async (pictures: readonly Picture[]): Promise<Float32Array[]> => {
    const { parts, space } = model();
    const vectors = await embedImages(
      parts,
      pictures.map(({ pixels }) => pixels),
      deadline(),
    );
    for (const [place, { imageId }] of pictures.entries()) {
      const vector = vectors[place];
      if (vector === undefined || !(await saveEmbedding(db, space.id, { imageId, vector }))) continue;
      if (loaded?.space === space.id) (await loaded.index).set(imageId, vector);
    }
    return vectors;
  };

  const vectorOf = async (imageId: string): Promise<Float32Array> => {
    await images.get(imageId);
    const known = await findEmbedding(db, model().space.id, imageId);
    const [vector] =
      known === undefined ? await embed([{ imageId, pixels: await images.readPixels(imageId) }]) : [known];
    if (vector === undefined) throw new TypeError('The encoder left a picture out.');
    return vector;
  };

  const search = async (vector: Float32Array, first: number, except?: string): Promise<ImageMatch[]> => {
    if (!Number.isInteger(first) || first < 0 || first > MAX_MATCHES)
      throw new GatewayError('BAD_INPUT', `\`first\` must be a whole number from 0 to ${MAX_MATCHES}, not ${first}.`);
    const index = await indexOf(model().space);
    const matches = await index.search(vector, first, except);
    const records = await images.getMany(matches.map(({ id }) => id));
    return matches.flatMap(({ score }, place) => {
      const image = records[place];
      // Deleted meanwhile. Rounding must not pass the ends of the scale.
      return image == null ? [] : [{ image, score: Math.min(1, Math.max(-1, score)) }];
    });
  };

  /** One batch of what has no vector. @returns false when everything has one */
  const workOnce = async (): Promise<boolean> => {
    const { space } = model();
    const ids = await imagesToEmbed(db, space.id, [...hopeless], BATCH);
    if (ids.length === 0) return false;
    const pictures: Picture[] = [];
    for (const imageId of ids) {
      try {
        pictures.push({ imageId, pixels: await images.readPixels(imageId) });
      } catch (error) {
        giveUp(imageId, error);
      }
    }
    try {
      if (pictures.length > 0) await embed(pictures);
    } catch (error) {
      if (toGatewayError(error).retryable || stopping.signal.aborted) throw error;
      // One that the encoder refuses must not keep the others waiting.
      for (const picture of pictures) {
        await embed([picture]).catch((reason: unknown) => {
          if (toGatewayError(reason).retryable) throw reason;
          giveUp(picture.imageId, reason);
        });
      }
    }
    return true;
  };

  const giveUp = (imageId: string, error: unknown): void => {
    hopeless.add(imageId);
    log.warn('An image cannot be compared.', { image: imageId, error: toGatewayError(error).message });
  };

  const work = async (): Promise<void> => {
    let delayMs = 1_000;
    while (state === 'RUNNING') {
      hasNews = false;
      try {
        for (let waited = 0; waited < POLITE_MS && (await options.isBusy()); waited += LOOK_AGAIN_MS)
          await sleep(LOOK_AGAIN_MS, stopping.signal);
        if (state !== 'RUNNING') return;
        if (!(await workOnce()) && !hasNews) return;
        delayMs = 1_000;
      } catch (error) {
        const { code, message } = toGatewayError(error);
        if (stopping.signal.aborted || code === 'CAPABILITY_MISSING' || code === 'MODEL_NOT_FOUND') return;
        log.warn('Images could not be compared and are tried again.', { code, error: message, delayMs });
        await sleep(delayMs, stopping.signal);
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      }
    }
  };

  const wake = (): void => {
    hasNews = true;
    if (state !== 'RUNNING' || working !== undefined) return;
    working = work().finally(() => {
      working = undefined;
      if (hasNews && state === 'RUNNING' && !isIncapable()) wake();
    });
  };
  const isIncapable = (): boolean => models.list().length === 0 || models.parts(models.default().id).encoder == null;

  return {
    wake,

    async byImage(imageId, first) {
      return search(await vectorOf(imageId), first, imageId);
    },

    async byWords(words, first) {
      checkWords(words, 'text', options.promptChars);
      return search(await embedWords(model().parts, words, deadline()), first);
    },

    forget(imageId) {
      void loaded?.index.then(
        (index) => index.delete(imageId),
        () => undefined,
      );
    },

    start() {
      state = 'RUNNING';
      wake();
    },

    async stop() {
      state = 'STOPPED';
      stopping.abort();
      await working;
    },
  };
}

/** Ends early when the signal is given. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
