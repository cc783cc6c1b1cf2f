import { monitorEventLoopDelay } from 'node:perf_hooks';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { VectorIndex } from '../../src/services/vector-index.js';
import { embeddingsAfter } from '../../src/storage/embeddings.js';
import { openStorage } from '../../src/storage/index.js';
import { timed } from '../lib/repeat.js';
import { type Bench, DURATION_COLUMNS, durationRow, type Goal, megabytes, milliseconds } from '../lib/result.js';
import { summarize } from '../lib/statistics.js';

const IMAGES = 100_000;
/** Of processor time: what a search takes from everybody else, whoever else is at work. */
const LIMIT_MS = 150;
const FIRST = 10;

export const similarImages: Bench = {
  name: 'similar-images',
  title: `Exact search among ${IMAGES.toLocaleString('en')} images`,
  explanation: `\`similarImages\` compares the wanted vector with that of every image, in slices with a turn of the event loop between them. Random vectors of
length 1 in the embedding space of the bundle; the ten nearest are asked for. The delay is how long the event loop was held at most during all
searches. Loading is what the first search after a start waits for: all vectors from the database.`,

  async run({ bundle, isQuick }) {
    const { dimension } = bundle.manifest.embeddingSpace;
    const count = isQuick ? IMAGES / 10 : IMAGES;
    const memoryBefore = process.memoryUsage().arrayBuffers;
    const index = new VectorIndex(dimension);
    for (let row = 0; row < count; row += 1) index.set(String(row), randomDirection(dimension));
    const indexBytes = process.memoryUsage().arrayBuffers - memoryBefore;

    const delay = monitorEventLoopDelay({ resolution: 1 });
    const searches: number[] = [];
    const processor: number[] = [];
    await index.search(randomDirection(dimension), FIRST);
    delay.enable();
    for (let run = 0; run < (isQuick ? 5 : 51); run += 1) {
      const query = randomDirection(dimension);
      const before = process.cpuUsage();
      searches.push((await timed(() => index.search(query, FIRST))).ms);
      const { user, system } = process.cpuUsage(before);
      processor.push((user + system) / 1e3);
    }
    delay.disable();
    const loading = await loadingTime(count, dimension);

    const search = summarize(searches);
    const processorTime = summarize(processor);
    const longestDelayMs = delay.max / 1e6;
    const goal: Goal = {
      what: `processor time of a search among ${count} images of ${dimension} numbers`,
      wanted: `at most ${LIMIT_MS} ms`,
      measured: milliseconds(processorTime.median),
      isMet: processorTime.median <= LIMIT_MS,
    };
    return {
      tables: [
        {
          columns: DURATION_COLUMNS,
          rows: [
            durationRow(`search, ${count} x ${dimension}`, search),
            durationRow('its processor time', processorTime),
            durationRow('loading after a start', summarize([loading])),
          ],
        },
      ],
      goals: [goal],
      reading: [
        `${goal.what}: ${goal.isMet ? 'met' : '**not met**'} (${goal.measured}). The event loop was held for ${milliseconds(longestDelayMs)} at most; the vectors take ${megabytes(indexBytes)}.`,
      ],
      figures: { count, dimension, search, processorTime, longestDelayMs, indexBytes, loadingMs: loading },
    };
  },
};

/** Stores as many images with vectors, and reads them as the first search after a start does. */
async function loadingTime(count: number, dimension: number): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  const storage = await openStorage({ dataDir });
  try {
    const space = 'bench';
    for (let stored = 0; stored < count; stored += 1_000) await storeImages(storage, space, dimension, 1_000);
    const { ms } = await timed(async () => {
      const index = new VectorIndex(dimension);
      for (let after = ''; ; ) {
        const rows = await embeddingsAfter(storage.db, space, after, 1_000);
        for (const { imageId, vector } of rows) index.set(imageId, vector);
        if (rows.length < 1_000) return index;
        after = rows.at(-1)?.imageId ?? after;
      }
    });
    return ms;
  } finally {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function storeImages(
  storage: Awaited<ReturnType<typeof openStorage>>,
  space: string,
  dimension: number,
  count: number,
): Promise<void> {
  const ids = Array.from({ length: count }, storage.nextId);
  return storage.transaction(async (tx) => {
    await tx
      .insertInto('images')
      .values(
        ids.map((id) => ({
          ...{ id, width: 1, height: 1, byte_size: 1, sha256: id, media_type: 'image/png', thumbhash: '' },
          ...{ origin: 'UPLOADED' as const, task_id: null, task_index: null, source_id: null, conversation_id: null },
          ...{ recipe: null, prompt: null, created_at: 0 },
        })),
      )
      .execute();
    await tx
      .insertInto('image_embeddings')
      .values(
        ids.map((image_id) => ({
          ...{ image_id, space },
          vector: Buffer.from(randomDirection(dimension).buffer).toString('base64'),
        })),
      )
      .execute();
  }, 'system');
}

function randomDirection(dimension: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimension);
  let squares = 0;
  for (let axis = 0; axis < dimension; axis += 1) {
    const value = Math.random() - 0.5;
    vector[axis] = value;
    squares += value * value;
  }
  const scale = 1 / Math.sqrt(squares);
  for (let axis = 0; axis < dimension; axis += 1) vector[axis] = (vector[axis] ?? 0) * scale;
  return vector;
}
