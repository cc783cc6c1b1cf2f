/** Real graphs; what is counted and disturbed are their runs. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';

import { createLanguageModel, createVisionEncoder, openBundle } from '../../../../src/inference/index.js';
import { GraphSession } from '../../../../src/inference/session/graph-session.js';
import type { Tensor } from '../../../../src/inference/tensor/tensor.js';
import type {
  ChatPart,
  GenerateEvent,
  GenerateRequest,
  ImageEmbeddings,
  LanguageModel,
  LanguageTask,
} from '../../../../src/plugin/contract.js';
import { answers, greatestDifference, patient, picture, TINY_BUNDLE } from '../tiny-bundle.js';

let model: LanguageModel;
let small: LanguageModel;
let seen: ImageEmbeddings;

beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  model = await createLanguageModel(bundle, { threads: 1 });
  small = await createLanguageModel(bundle, { threads: 1, batch: 2 });
  const encoder = await createVisionEncoder(bundle, { threads: 1 });
  [seen] = (await encoder.encode([{ image: picture(72, 72), purpose: 'read' }], patient)) as [ImageEmbeddings];
  await encoder.close();

  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  const tried = await answers(
    model,
    seeds.map((seed) => sampled(seed, 24)),
  );
  talkative = seeds.filter((seed) => {
    const last = tried[seed]?.last;
    return last?.type === 'end' && last.reason === 'length';
  });
  if (talkative.length < 4) throw new Error('Too few seeds make the model talk.');
});
afterAll(() => Promise.all([model.close(), small.close()]));
afterEach(() => {
  jest.restoreAllMocks();
});

const ask = (task: LanguageTask, ...parts: (string | ChatPart)[]): GenerateRequest => ({
  task,
  messages: [
    { role: 'user', parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)) },
  ],
});
/** Seeds whose answers do not end by themselves within 24 tokens. */
let talkative: number[];
/** Says as many words as it may; another `who`, other words. */
const talk = (who: number, maxNewTokens = 24): GenerateRequest => sampled(talkative[who - 1] ?? 0, maxNewTokens);
const sampled = (seed: number, maxNewTokens: number): GenerateRequest => ({
  ...ask('understand', { type: 'image', image: seen }, 'What is this?'),
  sampling: { temperature: 3, topK: 50, topP: 1, seed, maxNewTokens },
});
const poison = (): GenerateRequest => {
  const { embeddings } = seen;
  const data = new Float32Array(embeddings.data.length).fill(Number.NaN);
  return ask('understand', { type: 'image', image: { ...seen, embeddings: { ...embeddings, data } } }, 'What is this?');
};

interface Run {
  readonly graph: 'embed' | 'language' | 'heads';
  /** Sequences of a run of the language graph. */
  readonly sequences: number;
  readonly rows: number;
}

/** Every graph run from now on; `before` may throw in its place. */
function watchRuns(before: (run: Run, feeds: Readonly<Record<string, Tensor>>) => void = () => undefined): Run[] {
  const runs: Run[] = [];
  const original = GraphSession.prototype.run;
  jest.spyOn(GraphSession.prototype, 'run').mockImplementation(function (
    this: GraphSession<'language'>,
    feeds,
    signal,
  ) {
    const tensors = feeds as unknown as Readonly<Record<string, Tensor>>;
    const graph = 'mask' in tensors ? 'language' : 'ids' in tensors ? 'embed' : 'heads';
    const [sequences = 0, rows = 0] = tensors['rows']?.dims ?? [];
    const run: Run = { graph, sequences, rows };
    runs.push(run);
    before(run, tensors);
    return original.call(this, feeds, signal);
  });
  return runs;
}
const passesOf = (runs: readonly Run[]) => runs.filter(({ graph }) => graph === 'language');

/** One request of a call of its own. */
async function answerOf(
  request: GenerateRequest,
  onEvent: (event: GenerateEvent, count: number) => void = () => undefined,
) {
  const events: GenerateEvent[] = [];
  for await (const { event } of model.generate([request], patient)) {
    events.push(event);
    onEvent(event, events.length);
  }
  return {
    text: events.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    images: events.flatMap((event) => (event.type === 'image' ? [event.image] : [])),
    last: events.at(-1),
  };
}

describe('requests of different calls', () => {
  test('that come at the same moment share every pass', async () => {
    const alone = watchRuns();
    await answerOf(talk(1));
    const passes = passesOf(alone).length;
    jest.restoreAllMocks();

    const runs = watchRuns();
    await Promise.all([1, 2, 3, 4].map((seed) => answerOf(talk(seed))));

    expect(passesOf(runs)).toHaveLength(passes);
    expect(passesOf(runs).map(({ sequences }) => sequences)).toEqual(Array(passes).fill(4));
  });

  test('join those that are being written at their next step, and get what they would get alone', async () => {
    const newcomers = [
      talk(7, 8),
      ask('generate', 'a red circle'),
      ask('reply', 'Hello'),
      ask('edit', { type: 'image', image: seen }, 'make it green'),
    ];
    const alone = [await answerOf(talk(1))];
    for (const request of newcomers) alone.push(await answerOf(request));
    const runs = watchRuns();

    const late: Promise<Awaited<ReturnType<typeof answerOf>>>[] = [];
    const first = await answerOf(talk(1), (_event, count) => {
      const next = newcomers[count / 3 - 1];
      if (count % 3 === 0 && next !== undefined) late.push(answerOf(next));
    });
    const together = [first, ...(await Promise.all(late))];

    expect(late).toHaveLength(newcomers.length);
    expect(Math.max(...passesOf(runs).map(({ sequences }) => sequences))).toBeGreaterThan(1);
    for (const [index, own] of alone.entries()) {
      expect(together[index]).toMatchObject({ text: own.text, last: own.last });
      expect(together[index]?.images).toHaveLength(own.images.length);
      own.images.forEach((image, k) => {
        expect(
          greatestDifference(image.embeddings.data, together[index]?.images[k]?.embeddings.data ?? []),
        ).toBeLessThan(1e-4);
      });
    }
  });

  test('are not padded to the length of a prompt that joins', async () => {
    const runs = watchRuns();

    let joined: Promise<unknown> | undefined;
    await answerOf(talk(1), (_event, count) => {
      if (count === 3) joined = answerOf(talk(2));
    });
    await joined;

    expect(passesOf(runs).filter(({ sequences, rows }) => sequences > 1 && rows > 1)).toEqual([]);
  });

  test('wait for a place where all are taken, and take it when it is free', async () => {
    const runs = watchRuns();

    const all = await Promise.all(
      [talk(1, 4), talk(2, 24), talk(3, 4), talk(4, 4)].map((request) => answers(small, [request])),
    );

    expect(all.map(([answer]) => answer?.last.type)).toEqual(['end', 'end', 'end', 'end']);
    expect(Math.max(...passesOf(runs).map(({ sequences }) => sequences))).toBe(2);
    // The three short ones follow each other beside the long one.
    expect(passesOf(runs).length).toBeLessThan(24 + 2 * 3);
  });
});

describe('a request that fails', () => {
  test('by what it was given leaves its neighbours as they are alone', async () => {
    const [own, other] = [await answerOf(talk(1)), await answerOf(talk(2))];

    const [first, failed, last] = await Promise.all([answerOf(talk(1)), answerOf(poison()), answerOf(talk(2))]);

    expect(failed.last).toMatchObject({ type: 'error', code: 'INFERENCE_FAILED' });
    expect([first.text, last.text]).toEqual([own.text, other.text]);
  });

  test('and takes a whole pass with it is found: the others of that pass are read again without it', async () => {
    const [own, other] = [await answerOf(talk(1)), await answerOf(talk(2))];
    watchRuns(({ graph }, { rows }) => {
      if (graph === 'language' && [...((rows?.data as Float32Array | undefined) ?? [])].some(Number.isNaN))
        throw new Error('out of memory');
    });

    const [first, failed, last] = await Promise.all([answerOf(talk(1)), answerOf(poison()), answerOf(talk(2))]);

    expect(failed.last).toMatchObject({ type: 'error', code: 'INTERNAL' });
    expect([first.text, last.text]).toEqual([own.text, other.text]);
  });

  test('in the heads, after its rows were cached, does not spoil the cache for the others', async () => {
    const [own, other] = [await answerOf(talk(1)), await answerOf(talk(2))];
    let heads = 0;
    watchRuns(({ graph }) => {
      if (graph === 'heads' && (heads += 1) === 4) throw new Error('once');
    });

    const [first, last] = await Promise.all([answerOf(talk(1)), answerOf(talk(2))]);

    expect([first.text, last.text]).toEqual([own.text, other.text]);
  });
});

describe('a call that is aborted', () => {
  const rejection = { code: 'CANCELLED' };

  /** @param after events after which it is aborted */
  async function abortedAfter(after: number, controller = new AbortController()): Promise<void> {
    let count = 0;
    for await (const _ of model.generate([talk(2, 100)], { signal: controller.signal })) {
      if ((count += 1) === after) controller.abort();
    }
  }

  test('leaves the batch at the next step, and its neighbour gets what it would get alone', async () => {
    const own = await answerOf(talk(1));
    const runs = watchRuns();

    const [first, aborted] = await Promise.allSettled([answerOf(talk(1)), abortedAfter(3)]);

    expect(first).toMatchObject({ status: 'fulfilled', value: { text: own.text } });
    expect(aborted).toMatchObject({ status: 'rejected', reason: rejection });
    expect([...new Set(passesOf(runs).map(({ sequences }) => sequences))]).toEqual([2, 1]);
    expect(passesOf(runs).filter(({ sequences }) => sequences === 2).length).toBeLessThan(8);
  });

  test('while it waits for a place never takes one', async () => {
    const controller = new AbortController();
    const busy = Promise.all([answers(small, [talk(1)]), answers(small, [talk(2)])]);
    const waiting = (async () => {
      for await (const _ of small.generate([talk(3)], { signal: controller.signal }));
    })();
    controller.abort();

    await expect(waiting).rejects.toMatchObject(rejection);
    await busy;
  });

  test.each([
    ['by all who want it gives a pass up between its graph runs', 2, 0],
    ['by one of two lets the pass go on', 1, 1],
  ])('%s', async (_what, aborts, heads) => {
    const controllers = [new AbortController(), new AbortController()];
    const runs = watchRuns(({ graph }) => {
      if (graph === 'language') for (const controller of controllers.slice(0, aborts)) controller.abort();
    });

    const calls = await Promise.allSettled(controllers.map((controller) => abortedAfter(1, controller)));

    expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(runs.filter(({ graph }) => graph === 'heads').length).toBe(heads);
  });

  test('and left by its reader leaves the batch too', async () => {
    const runs = watchRuns();
    for await (const _ of model.generate([talk(1, 100)], patient)) break;
    await answerOf(talk(2, 2));

    expect(passesOf(runs).length).toBeLessThan(10);
  });
});
