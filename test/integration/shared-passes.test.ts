/** `Image.caption` through GraphQL down to the graphs of a real bundle, in this process so that their runs can be counted. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import sharp from 'sharp';

import { createLanguageModel, createVisionEncoder, openBundle } from '../../src/inference/index.js';
import { type Feeds, GraphSession } from '../../src/inference/session/graph-session.js';
import type { PipelineModel } from '../../src/pipelines/index.js';
import type { LanguageModel, VisionEncoder } from '../../src/plugin/contract.js';
import { ask } from '../support/client.js';
import { type ServedServices, servedServices } from '../support/served-services.js';
import { TINY_BUNDLE } from '../unit/inference/tiny-bundle.js';

const IMAGES = 20;
const WORDS = 6;

let encoder: VisionEncoder;
let languageModel: LanguageModel;
let gateway: ServedServices;
/** Requests of each call of the language model, and runs of its main graph. */
let calls: number[];

beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  encoder = await createVisionEncoder(bundle, { threads: 1 });
  languageModel = await createLanguageModel(bundle, { threads: 1 });
});
beforeEach(async () => {
  gateway = await servedServices({
    models: [model()],
    http: { queryLimits: { maxDepth: 10, maxAliases: 100, maxDirectives: 5, maxTokens: 4_000, maxCost: 10_000 } },
  });
  for (let shade = 0; shade < IMAGES; shade += 1) {
    const background = { r: 12 * shade, g: 255 - 12 * shade, b: 80 };
    const file = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
      .png()
      .toBuffer();
    const response = await fetch(`${gateway.url}/uploads`, { method: 'POST', body: new Uint8Array(file) });
    const { uploadId } = (await response.json()) as { uploadId: string };
    await gateway.services.images.createFromUpload(uploadId);
  }
});
afterEach(async () => {
  jest.restoreAllMocks();
  await gateway.close();
});
afterAll(() => Promise.all([encoder.close(), languageModel.close()]));

/** The bundle's parts; a few words are enough of an answer. */
function model(): PipelineModel {
  calls = [];
  return {
    id: 'tiny',
    encoder,
    languageModel: {
      ...languageModel,
      generate(requests, call) {
        calls.push(requests.length);
        const short = requests.map((request) => ({
          ...request,
          sampling: { ...request.sampling, maxNewTokens: WORDS },
        }));
        return languageModel.generate(short, call);
      },
    },
    decoders: {},
  };
}

function countPasses(): () => number {
  const spy = jest.spyOn(GraphSession.prototype, 'run');
  return () =>
    spy.mock.calls.filter(([feeds]) => 'mask' in (feeds as object) && 'pastKeys' in (feeds as object)).length;
}

interface Captions {
  readonly images: { readonly edges: readonly { readonly node: { readonly id: string; readonly caption: string } }[] };
}
const captionsOf = ({ images }: Captions) => images.edges.map(({ node }) => node.caption);

describe('captions', () => {
  it(`of ${IMAGES} images in one query are one call, and as many graph runs as the longest of them takes alone`, async () => {
    calls.length = 0;
    const passes = countPasses();

    const { data, errors } = await ask<Captions, never>(
      gateway.url,
      `{ images(first: ${IMAGES}) { edges { node { id caption } } } }`,
    );

    expect(errors).toEqual([]);
    expect(calls).toEqual([IMAGES]);
    expect(captionsOf(data)).toHaveLength(IMAGES);
    expect(passes()).toBeLessThanOrEqual(WORDS);
  });

  it('of two requests at the same moment share passes, and are what they are alone', async () => {
    const query = (first: string) => `{ images(first: 1, after: ${first}) { edges { node { id caption } } } }`;
    const { data } = await ask<{ images: { edges: { cursor: string }[] } }, never>(
      gateway.url,
      '{ images(first: 3) { edges { cursor } } }',
    );
    const queries = data.images.edges.map(({ cursor }) => query(JSON.stringify(cursor)));
    const alone = [];
    for (const one of queries) alone.push(captionsOf((await ask<Captions, never>(gateway.url, one)).data));
    calls.length = 0;
    const widths: number[] = [];
    const original = GraphSession.prototype.run;
    jest.spyOn(GraphSession.prototype, 'run').mockImplementation(function (
      this: GraphSession<'language'>,
      feeds,
      signal,
    ) {
      if ('mask' in feeds) widths.push((feeds as Feeds<'language'>).rows.dims[0] ?? 0);
      return original.call(this, feeds, signal);
    });

    const together = await Promise.all(
      queries.map(async (one) => captionsOf((await ask<Captions, never>(gateway.url, one)).data)),
    );

    expect(together).toEqual(alone);
    expect(calls).toEqual([1, 1, 1]);
    expect(Math.max(...widths)).toBeGreaterThan(1);
  });

  it('that fail are null, each with an error of its own, and their neighbours are answered', async () => {
    const [first] = (await gateway.services.images.list({ first: 1 }, {})).items;
    const long = 'x'.repeat(2_000);
    const { data, errors } = await ask<Captions & { bad: object }, { long: string; id: string }>(
      gateway.url,
      'query ($long: String!, $id: ID!) { images(first: 3) { edges { node { id caption } } } bad: node(id: $id) { ... on Image { width answer(question: $long) } } }',
      { long, id: Buffer.from(`Image:${first?.id}`).toString('base64url') },
    );

    expect(data.bad).toEqual({ width: 32, answer: null });
    expect(captionsOf(data)).toEqual([expect.any(String), expect.any(String), expect.any(String)]);
    expect(errors.map(({ path, extensions: { code } }) => [path, code])).toEqual([
      [['bad', 'answer'], 'PROMPT_TOO_LONG'],
    ]);
  });
});
