import { Readable } from 'node:stream';

import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';

import type { ImageMatch, ImageRecord, Services } from '../../../src/services/index.js';
import { VectorIndex } from '../../../src/services/vector-index.js';
import { embed, SPACE } from '../../../plugins/minimal/space.js';
import { until } from '../../support/deferred.js';
import { END, scriptedModel, type ScriptedModel, textsOf } from '../../support/scripted-model.js';
import { type TestServices, testServices } from '../../support/test-services.js';

const COLOURS = { red: [255, 0, 0], orange: [255, 120, 0], green: [0, 200, 0], blue: [0, 0, 255] } as const;
type Colour = keyof typeof COLOURS;

/** Its encoder and its imagination know mean colours. */
function colourModel(encodes?: () => Promise<void>): ScriptedModel {
  const model = scriptedModel({
    *answer(request) {
      const colour = COLOURS[textsOf(request).at(-1) as Colour].map((value) => value / 255);
      yield { type: 'image', image: embed(Array(4).fill(colour) as [number, number, number][]) };
      yield END;
    },
  });
  return {
    ...model,
    encoder: {
      space: SPACE,
      async encode(requests) {
        await encodes?.();
        model.asked.encode.push(requests);
        return requests.map(({ image: { data } }) => {
          const colour = [0, 1, 2].map((channel) => (data[channel] ?? 0) / 255);
          return embed(Array(4).fill(colour) as [number, number, number][]);
        });
      },
      async close() {},
    },
  };
}

const coloursOf = (matches: readonly ImageMatch[], images: Readonly<Record<Colour, ImageRecord>>) =>
  matches.map(({ image }) => (Object.keys(images) as Colour[]).find((colour) => images[colour].id === image.id));

async function library(services: Services): Promise<Record<Colour, ImageRecord>> {
  const entries: [string, ImageRecord][] = [];
  for (const [name, [r, g, b]] of Object.entries(COLOURS)) {
    const file = await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } })
      .png()
      .toBuffer();
    const { uploadId } = await services.uploads.receive(Readable.from([file]));
    entries.push([name, await services.images.createFromUpload(uploadId)]);
  }
  return Object.fromEntries(entries) as Record<Colour, ImageRecord>;
}

const embedded = async ({ storage }: TestServices) =>
  (await storage.db.selectFrom('image_embeddings').select('image_id').execute()).length;

describe('similar images', () => {
  test('are found by an image, which is not among them, and by words', async () => {
    const { services } = await testServices({ models: [colourModel()] });
    const images = await library(services);
    for (const { id } of Object.values(images)) await services.similarity.byImage(id, 1);

    const like = await services.similarity.byImage(images.red.id, 10);
    expect(coloursOf(like, images)).toEqual(['orange', 'green', 'blue']);
    expect(like[0]?.score).toBeGreaterThan(0.8);
    expect(like[2]?.score).toBeCloseTo(0, 5);
    const blue = await services.similarity.byWords('blue', 1);
    expect(coloursOf(blue, images)).toEqual(['blue']);
    expect(blue[0]?.score).toBeCloseTo(1, 5);
  });

  test('are made ready in the background, also for what was there before, and are not made twice', async () => {
    const first = await testServices({ models: [colourModel()] });
    await library(first.services);
    await first.close();

    const model = colourModel();
    const second = await testServices({ models: [model], dataDir: first.dataDir, compareImages: true });
    await until(async () => (await embedded(second)) === 4, 'vectors of four images');
    await library(second.services);
    await until(async () => (await embedded(second)) === 8, 'vectors of eight images');

    expect(model.asked.encode.flat()).toHaveLength(8);
    expect(model.asked.encode.flat().every(({ purpose }) => purpose === 'target')).toBe(true);
    expect(await second.services.similarity.byWords('green', 10)).toHaveLength(8);
    expect(model.asked.encode.flat()).toHaveLength(8);
  });

  test('are made ready although the encoder failed at first, and one picture cannot be read', async () => {
    let failures = 1;
    const model = colourModel(async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('not today');
    });
    const first = await testServices({ models: [model] });
    const images = await library(first.services);
    await first.storage.blobs.remove(images.green.sha256);
    await first.close();

    const second = await testServices({ models: [model], dataDir: first.dataDir, compareImages: true });
    await until(async () => (await embedded(second)) === 3, 'vectors of three images');
    const found = await second.services.similarity.byWords('green', 10);
    expect(coloursOf(found, images).sort()).toEqual(['blue', 'orange', 'red']);
  });

  test('do not hold what was deleted', async () => {
    const { services } = await testServices({ models: [colourModel()] });
    const images = await library(services);
    for (const { id } of Object.values(images)) await services.similarity.byImage(id, 1);

    await services.deletion.image(images.orange.id);

    expect(coloursOf(await services.similarity.byImage(images.red.id, 10), images)).toEqual(['green', 'blue']);
    await expect(services.similarity.byImage(images.orange.id, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('cannot be looked for without words, without end, or without an encoder', async () => {
    const { services } = await testServices();
    await expect(services.similarity.byWords(' ', 1)).rejects.toMatchObject({ code: 'PROMPT_EMPTY' });
    await expect(services.similarity.byWords('red', 101)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    const blind = await testServices({ models: [{ ...scriptedModel(), encoder: null }] });
    await expect(blind.services.similarity.byWords('red', 1)).rejects.toMatchObject({ code: 'CAPABILITY_MISSING' });
  });
});

describe('an index of vectors', () => {
  const random = (seed: number) => {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32 - 0.5;
    };
  };
  const vectors = (count: number, dimension: number) => {
    const next = random(7);
    return Array.from({ length: count }, () => {
      const vector = Float32Array.from({ length: dimension }, next);
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    });
  };

  test('finds what comparing all by hand finds, over several blocks and after deletions', async () => {
    const all = vectors(9_000, 19);
    const index = new VectorIndex(19);
    for (const [place, vector] of all.entries()) index.set(String(place), vector);
    for (let place = 0; place < 9_000; place += 3) index.delete(String(place));
    for (let place = 0; place < 100; place += 3) index.set(String(place), all[place] as Float32Array);
    const query = all[1] as Float32Array;

    const byHand = all
      .map((vector, place) => ({
        id: String(place),
        score: vector.reduce((sum, value, axis) => sum + value * (query[axis] as number), 0),
      }))
      .filter(({ id }) => Number(id) % 3 !== 0 || Number(id) < 100)
      .sort((left, right) => right.score - left.score);

    const found = await index.search(query, 20, '1');
    expect(found.map(({ id }) => id)).toEqual(byHand.slice(1, 21).map(({ id }) => id));
    expect(index.size).toBe(6_034);
  });

  test('misses nothing while others are deleted and added', async () => {
    const axis = (place: number) => new Float32Array(512).fill(1, place, place + 1);
    const index = new VectorIndex(512);
    for (let place = 0; place < 4_000; place += 1) index.set(String(place), axis(place % 500));
    index.set('last', axis(511));

    const searching = index.search(axis(511), 1);
    for (let place = 0; place < 100; place += 1) index.delete(String(place));
    index.set('new', axis(0));

    expect((await searching)[0]?.id).toBe('last');
  });
});
