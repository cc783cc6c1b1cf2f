/** The plugins of docs/engines.md with real servers behind them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import editingDecoder from '../../../plugins/kserve/editing-decoder/index.js';
import generationDecoder from '../../../plugins/kserve/generation-decoder/index.js';
import kserveLanguageModel from '../../../plugins/kserve/language-model/index.js';
import visionEncoder from '../../../plugins/kserve/vision-encoder/index.js';
import openaiLanguageModel from '../../../plugins/openai/language-model/index.js';
import {
  createImageDecoder,
  createLanguageModel,
  createVisionEncoder,
  openBundle,
} from '../../../src/inference/index.js';
import { describeConformance } from '../../../src/plugin/conformance/index.js';
import type { LanguageModel } from '../../../src/plugin/contract.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import { answersOfAll } from '../../plugins/engines/kserve-sameness.js';
import { asked, neverAborted, testHost, told } from '../../plugins/engines/support.js';
import { greatestDifference, TINY_BUNDLE } from '../../unit/inference/tiny-bundle.js';
import { type RealServer, realServer } from './real-server.js';

let folder = '';
let llama: RealServer;
let kserve: RealServer;
const llamaOptions = { url: '', model: 'tiny', contextLength: 1024, readsImages: false };
const kserveOptions = { url: '', bundle: TINY_BUNDLE };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-engines-'));
  [llama, kserve] = await Promise.all([
    realServer('llama_server.py', [folder]),
    realServer('kserve_server.py', [TINY_BUNDLE]),
  ]);
  llamaOptions.url = `${llama.url}/v1`;
  kserveOptions.url = kserve.url;
}, 120_000);
afterAll(async () => {
  await Promise.all([llama.stop(), kserve.stop()]);
  await rm(folder, { recursive: true, force: true });
});

describe('a llama.cpp server as a language model', () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await openaiLanguageModel.create(llamaOptions, testHost());
  });
  afterAll(() => model.close());

  it('streams words up to the limit, the same for the same seed, and tells its usage', async () => {
    const sampling = { maxNewTokens: 12, temperature: 0.8, seed: 3 };
    const events = await told(model, asked('What is a circle?', { sampling }));
    expect(events).toEqual([
      { type: 'text', text: expect.stringMatching(/word\d+/) },
      { type: 'end', reason: 'length', usage: { promptTokens: expect.any(Number), completionTokens: 12 } },
    ]);
    expect(await told(model, asked('What is a circle?', { sampling }))).toMatchObject([events[0], { type: 'end' }]);
    const other = await told(model, asked('What is a circle?', { sampling: { ...sampling, seed: 4 } }));
    expect(other[0]).not.toEqual(events[0]);
  });

  it('says the same as a whole as it does in pieces', async () => {
    const sampling = { maxNewTokens: 8, temperature: 0 };
    const whole = await openaiLanguageModel.create({ ...llamaOptions, streams: false }, testHost());
    const [streamed, plain] = [
      await told(model, asked('Hello', { sampling })),
      await told(whole, asked('Hello', { sampling })),
    ];
    expect(plain).toEqual(streamed);
    await whole.close();
  });

  it('ends at a text that it is told to stop at, and leaves that out', async () => {
    const sampling = { maxNewTokens: 8, temperature: 0 };
    const [all] = await told(model, asked('Hello', { sampling }));
    const stop = / (word\d+)$/.exec(all?.type === 'text' ? all.text : '')?.[1] ?? '';
    const [cut, end] = await told(model, asked('Hello', { sampling: { ...sampling, stop: [stop] } }));
    expect(cut?.type === 'text' && cut.text).not.toContain(stop);
    expect(end).toMatchObject({ type: 'end', reason: 'stop' });
  });

  it('takes the offer of a picture, or has it taken back in words', async () => {
    const events = await told(
      model,
      asked('Draw a cat', { drawing: { edits: true }, sampling: { maxNewTokens: 4, temperature: 0 } }),
    );
    expect(events.at(-1)).toMatchObject({ type: 'end' });
  });

  it('refuses a prompt that is too long with a code, and stops when nobody listens any more', async () => {
    expect(await told(model, asked('word '.repeat(5_000)))).toMatchObject([{ type: 'error', code: 'PROMPT_TOO_LONG' }]);
    const aborting = new AbortController();
    const talking = (async () => {
      for await (const { event } of model.generate([asked('Hello', { sampling: { maxNewTokens: 900 } })], {
        signal: aborting.signal,
      }))
        if (event.type === 'text') aborting.abort(new Error('enough'));
    })();
    await expect(talking).rejects.toThrow('enough');
  });
});

describe('a KServe server with the graphs of a bundle', () => {
  it('answers what the engine answers in this process', async () => {
    const bundle = await openBundle(TINY_BUNDLE);
    const session = { threads: 1 };
    const wanted = await answersOfAll({
      encoder: await createVisionEncoder(bundle, session),
      languageModel: await createLanguageModel(bundle, session),
      generation: await createImageDecoder(bundle, 'generation', session),
      editing: await createImageDecoder(bundle, 'editing', session),
    });
    const host = testHost();
    const parts = {
      encoder: await visionEncoder.create(kserveOptions, host),
      languageModel: await kserveLanguageModel.create(kserveOptions, host),
      generation: await generationDecoder.create(kserveOptions, host),
      editing: await editingDecoder.create(kserveOptions, host),
    };
    const came = await answersOfAll(parts);
    await Promise.all(Object.values(parts).map((part) => part.close()));

    expect(came.said.map(({ text }) => text)).toEqual(wanted.said.map(({ text }) => text));
    // Two builds of the runtime may round differently in the last digits.
    const numbersOf = ({ embeddings, said }: typeof wanted) =>
      [...embeddings, ...said.flatMap(({ images }) => images)].flatMap((image) => [...image.embeddings.data]);
    expect(greatestDifference(numbersOf(came), numbersOf(wanted))).toBeLessThan(1e-4);
    const pixelsOf = ({ drawn, edited }: typeof wanted) =>
      [...drawn, ...edited].flatMap((each) => ('data' in each ? [...each.data] : []));
    expect(greatestDifference(pixelsOf(came), pixelsOf(wanted))).toBeLessThanOrEqual(1);
  }, 60_000);

  it('refuses a graph that it does not have', async () => {
    const create = visionEncoder.create({ ...kserveOptions, modelName: 'nobody' }, testHost());
    await expect(create).rejects.toMatchObject({ code: 'ENGINE_REFUSED', message: expect.stringContaining('nobody') });
    expect(neverAborted.aborted).toBe(false);
  });
});

const kit = { describe, beforeAll, it };
describeConformance(kit, join(packageRoot, 'plugins/openai/language-model'), {
  options: llamaOptions,
  timeoutMs: 240_000,
});
for (const name of ['vision-encoder', 'language-model', 'generation-decoder', 'editing-decoder'])
  describeConformance(kit, join(packageRoot, 'plugins/kserve', name), { options: kserveOptions, timeoutMs: 240_000 });
