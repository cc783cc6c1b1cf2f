import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { definePlugin } from '../../../src/plugin/define.js';
import { DecodeEventCheck } from '../../../src/plugin/client/checks.js';
import type { DecodeEvent, EmbeddingSpace, ImageDecoder, PluginHost } from '../../../src/plugin/contract.js';
import { checkSpaces } from '../../../src/plugin/spaces.js';
import { previewWishAt } from '../../../src/plugin/wishes.js';

describe('definePlugin', () => {
  const host: PluginHost = {
    log: { debug() {}, info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
    metrics: { add() {}, set() {} },
    folder: process.cwd(),
    modelsFolder: null,
    resolvePath: (file) => file,
  };
  const given: unknown[] = [];
  const plugin = definePlugin({
    kind: 'vision-encoder',
    name: 'eye',
    version: '1.0.0',
    options: z.strictObject({
      bundle: z.string(),
      session: z.object({ threads: z.int().positive().default(2) }).prefault({}),
    }),
    async create(options) {
      given.push(options);
      return { space: { id: 's', dimension: 1, imageTokens: 1 }, encode: async () => [], close: async () => {} };
    },
  });

  it('tells the versions of the API that it speaks', () => {
    expect(plugin).toMatchObject({ kind: 'vision-encoder', name: 'eye', version: '1.0.0', apiVersions: ['1'] });
  });

  it('hands options over with their defaults filled in', async () => {
    await plugin.create({ bundle: 'nano' }, host);
    expect(given).toEqual([{ bundle: 'nano', session: { threads: 2 } }]);
  });

  it('refuses options that do not hold, naming every field', async () => {
    await expect(plugin.create({ session: { threads: -1 } }, host)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^The options of plugin eye do not hold: bundle: .*; session\.threads: .*\.$/),
    });
  });
});

describe('a preview is wanted', () => {
  const wish = { maxSize: 64, view: 'x0' } as const;
  const wanted = (everySteps: number[]) =>
    [1, 2, 3, 4, 5, 6].filter((stepIndex) => previewWishAt({ everySteps, ...wish }, stepIndex));

  it('after every step', () => expect(wanted([1])).toEqual([1, 2, 3, 4, 5, 6]));
  it('after the steps that any watcher wants', () => expect(wanted([2, 3])).toEqual([2, 3, 4, 6]));
  it('never, when the list is empty', () => expect(wanted([])).toEqual([]));
  it('never, when nobody watches', () => expect(previewWishAt(undefined, 1)).toBeUndefined());
  it('with the size and the view of the wishes', () =>
    expect(previewWishAt({ everySteps: [1], ...wish }, 1)).toEqual(wish));
});

describe('the parts of a model', () => {
  const space: EmbeddingSpace = { id: 'a', dimension: 4, imageTokens: 9 };
  const encoder = { space };
  const languageModel = { reads: space, writes: space };
  const names = { encoder: 'E', languageModel: 'L', generation: 'G', editing: 'D' };
  const decoder = (reads: ImageDecoder['reads'], edit = reads.reference !== undefined) => ({
    reads,
    supports: { edit, mask: false, trueCfg: false, preview: 'none' as const, batch: 1 },
  });
  const both = { generation: decoder({ condition: space }), editing: decoder({ condition: space, reference: space }) };

  it('share the space of their embeddings', () => {
    expect(checkSpaces('m', { encoder, languageModel, decoders: both }, names)).toEqual(space);
  });

  it('may share none, when pictures cross as pixels and words', () => {
    const decoders = {
      generation: decoder({ condition: 'text' }),
      editing: decoder({ condition: 'text', reference: 'pixels' }),
    };
    expect(
      checkSpaces('m', { encoder: null, languageModel: { reads: 'pixels', writes: null }, decoders }, names),
    ).toBeNull();
  });

  it.each([
    ['an id', { ...space, id: 'b' }],
    ['a dimension', { ...space, dimension: 8 }],
    ['a number of tokens', { ...space, imageTokens: 81 }],
  ])('are refused when they differ in %s', (_what, other) => {
    const decoders = { generation: decoder({ condition: other }), editing: null };
    expect(() => checkSpaces('m', { encoder, languageModel, decoders }, names)).toThrow(
      `Model m: its generation decoder G reads the space ${other.id} (dimension ${other.dimension}, ${other.imageTokens} tokens), its language model L gives the space a (dimension 4, 9 tokens).`,
    );
  });

  it('are refused when a language model reads embeddings that nobody makes', () => {
    const parts = { encoder: null, languageModel, decoders: { generation: null, editing: null } };
    expect(() => checkSpaces('m', parts, names)).toThrow(
      'its language model L reads the space a (dimension 4, 9 tokens), the encoder, which it lacks, gives no embeddings',
    );
  });

  it('are refused when a decoder reads embeddings of a language model that writes only words', () => {
    const parts = { encoder, languageModel: { reads: space, writes: null }, decoders: both };
    expect(() => checkSpaces('m', parts, names)).toThrow('its language model L gives no embeddings');
  });

  it('are refused when the editing decoder cannot edit', () => {
    const decoders = { generation: null, editing: decoder({ condition: space, reference: space }, false) };
    expect(() => checkSpaces('m', { encoder, languageModel, decoders }, names)).toThrow(
      'editing decoder D declares that it cannot edit',
    );
  });
});

describe("an image decoder's events are refused", () => {
  const request = { width: 2, height: 1, numInferenceSteps: 3 };
  const step = (stepIndex: number): DecodeEvent => ({ type: 'step', stepIndex, sigma: 0 });
  const picture = (width: number): DecodeEvent => ({
    type: 'image',
    image: { width, height: 1, data: new Uint8Array(width * 3) },
    timings: { denoiseMs: 0, vaeMs: 0, previewMs: 0 },
  });
  function check(...events: DecodeEvent[]) {
    const check = new DecodeEventCheck(request, 'D');
    for (const event of events) check.next(event);
    return check.image();
  }

  it('never, when steps count up and a picture of the right size ends them', () => {
    expect(check(step(1), step(3), picture(2))).toEqual(picture(2));
  });
  it('when a step comes twice', () => expect(() => check(step(2), step(2))).toThrow('sent step 2 of 3 after step 2'));
  it('when there are more steps than asked for', () => expect(() => check(step(4))).toThrow('sent step 4 of 3'));
  it('when the picture has another size', () => expect(() => check(picture(1))).toThrow('asked for 2 x 1; 1 x 1 came'));
  it('when something follows the picture', () => expect(() => check(picture(2), step(3))).toThrow('after its picture'));
  it('when there is no picture', () => expect(() => check(step(3))).toThrow('ended after step 3 without a picture'));
});
