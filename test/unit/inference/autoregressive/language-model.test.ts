import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLanguageModel, createVisionEncoder, openBundle } from '../../../../src/inference/index.js';
import type {
  ChatMessage,
  ChatPart,
  GenerateRequest,
  ImageEmbeddings,
  LanguageModel,
  LanguageTask,
  SamplingOptions,
} from '../../../../src/plugin/contract.js';
import { answers, greatestDifference, patient, picture, TINY_BUNDLE } from '../tiny-bundle.js';

let model: LanguageModel;
let plain: LanguageModel;
let seen: ImageEmbeddings;
beforeAll(async () => {
  const bundle = await openBundle(TINY_BUNDLE);
  model = await createLanguageModel(bundle, { threads: 1 });
  plain = await createLanguageModel(bundle, { threads: 1, guessLeadIn: false });
  const encoder = await createVisionEncoder(bundle, { threads: 1 });
  [seen] = (await encoder.encode([{ image: picture(72, 72), purpose: 'read' }], patient)) as [ImageEmbeddings];
  await encoder.close();
});
afterAll(() => Promise.all([model.close(), plain.close()]));

const image = (): ChatPart => ({ type: 'image', image: seen });
const says = (role: ChatMessage['role'], ...parts: (string | ChatPart)[]): ChatMessage => ({
  role,
  parts: parts.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
});
const ask = (task: LanguageTask, ...parts: (string | ChatPart)[]): GenerateRequest => ({
  task,
  messages: [says('user', ...parts)],
});
const sampled = (request: GenerateRequest, sampling: SamplingOptions): GenerateRequest => ({ ...request, sampling });

/** Short and long, words and pictures, with and without a picture to read. */
const mixed = (): GenerateRequest[] => [
  ask('reply', 'Hello'),
  ask('generate', 'a red circle'),
  ask('generate', '三个小爱心'),
  ask('edit', image(), 'make it green'),
  sampled(ask('understand', image(), 'How many shapes are there?'), { maxNewTokens: 12 }),
  ask('generate', 'something nobody has taught it: a zebra on the moon'),
];

describe('an answer', () => {
  test('to a greeting is words', async () => {
    const [answer] = await answers(model, [ask('reply', 'Hello')]);
    expect(answer).toMatchObject({ text: 'Hello!', images: [], last: { type: 'end', reason: 'stop' } });
  });

  test('to a wish for a picture is words, then the picture', async () => {
    const [answer] = await answers(model, [ask('generate', 'a red circle')]);
    expect(answer?.text).toBe('Here is an image based on the description: ');
    expect(answer?.order).toEqual(['text', 'image', 'end']);
    expect(answer?.images[0]).toMatchObject({
      gridThw: [1, 18, 18],
      embeddings: { dims: [81, model.writes?.dimension] },
    });
  });

  test('to Chinese words uses the Chinese template, so the model answers in Chinese', async () => {
    const [answer] = await answers(model, [ask('generate', '三个小爱心')]);
    expect(answer?.text).toBe('这是根据您的描述生成的图像：');
  });

  test('counts what was read and written, pictures by their rows', async () => {
    const [answer] = await answers(model, [ask('generate', 'a red circle')]);
    expect(answer?.last).toMatchObject({
      usage: { promptTokens: expect.any(Number), completionTokens: expect.any(Number) },
    });
    expect(answer?.last.type === 'end' && answer.last.usage.completionTokens).toBeGreaterThan(83);
  });

  test('depends on the pictures of earlier turns', async () => {
    const conversation = (...parts: (string | ChatPart)[]): GenerateRequest => ({
      task: 'generate',
      messages: [
        says('user', 'a red circle'),
        says('assistant', ...parts),
        says('user', 'a blue star above a green square'),
      ],
    });
    const [withPicture, without] = await answers(model, [conversation('Here: ', image()), conversation('Here: ')]);
    expect(
      greatestDifference(withPicture?.images[0]?.embeddings.data ?? [], without?.images[0]?.embeddings.data ?? []),
    ).toBeGreaterThan(1e-2);
  });

  test('ends at its limit of tokens', async () => {
    const [answer] = await answers(model, [sampled(ask('reply', 'Who are you?'), { maxNewTokens: 2 })]);
    expect(answer?.last).toMatchObject({ type: 'end', reason: 'length', usage: { completionTokens: 2 } });
  });

  test('ends before a stop text, which it does not hold', async () => {
    const [answer] = await answers(model, [sampled(ask('reply', 'Hello'), { stop: ['lo!'] })]);
    expect(answer).toMatchObject({ text: 'Hel', last: { type: 'end', reason: 'stop' } });
  });

  test('that is drawn by chance is the same for the same seed', async () => {
    const drawn = (seed: number) =>
      sampled(ask('understand', image()), { temperature: 3, topK: 50, topP: 1, seed, maxNewTokens: 12 });
    const [first, again, other] = await answers(model, [drawn(1), drawn(1), drawn(2)]);
    expect(again?.text).toBe(first?.text);
    expect(other?.text).not.toBe(first?.text);
  });
});

describe('requests that share passes', () => {
  test('get the words and pictures that they would get alone', async () => {
    const together = await answers(model, mixed());
    for (const [index, request] of mixed().entries()) {
      const [alone] = await answers(model, [request]);
      expect(together[index]).toMatchObject({ text: alone?.text, last: alone?.last });
      expect(together[index]?.images).toHaveLength(alone?.images.length ?? 0);
      alone?.images.forEach((own, k) => {
        expect(greatestDifference(own.embeddings.data, together[index]?.images[k]?.embeddings.data ?? [])).toBeLessThan(
          1e-4,
        );
      });
    }
  });

  test('do not fail with a neighbour that cannot be served', async () => {
    const foreign: ChatPart = { type: 'image', image: { ...seen, space: 'somebody-else' } };
    const [first, failed, last] = await answers(model, [
      ask('reply', 'Hello'),
      ask('understand', foreign, 'What is this?'),
      ask('reply', '你好'),
    ]);
    expect(failed?.last).toMatchObject({ type: 'error', code: 'SPACE_MISMATCH' });
    expect([first?.text, last?.text]).toEqual(['Hello!', '你好！']);
  });

  test('may be more than fit one pass', async () => {
    const small = await createLanguageModel(await openBundle(TINY_BUNDLE), { threads: 1, batch: 2 });
    const all = await answers(small, [ask('reply', 'Hello'), ask('reply', '你好'), ask('reply', 'Hello')]);
    await small.close();
    expect(all.map(({ text }) => text)).toEqual(['Hello!', '你好！', 'Hello!']);
  });
});

describe('guessing the lead-in', () => {
  test('gives the answers of plain decoding, where the guess is right and where it is wrong', async () => {
    const [guessed, decoded] = [await answers(model, mixed()), await answers(plain, mixed())];
    guessed.forEach((answer, index) => {
      expect(answer).toMatchObject({ text: decoded[index]?.text, last: decoded[index]?.last });
      answer.images.forEach((own, k) => {
        expect(greatestDifference(own.embeddings.data, decoded[index]?.images[k]?.embeddings.data ?? [])).toBeLessThan(
          1e-4,
        );
      });
    });
  });
});

describe('tasks', () => {
  test('a question is answered in words, even when it asks for a picture', async () => {
    const [answer] = await answers(model, [
      sampled(ask('understand', image(), 'Generate an image according to the following description: a red circle'), {
        maxNewTokens: 20,
      }),
    ]);
    expect(answer?.images).toEqual([]);
  });

  test('a picture without a question is described: the default question is asked', async () => {
    const limit = { maxNewTokens: 8 };
    const [silent, spoken] = await answers(model, [
      sampled(ask('understand', image()), limit),
      sampled(ask('understand', image(), 'Please give a brief description of the image.'), limit),
    ]);
    expect(silent?.text).toBe(spoken?.text);
  });

  test('a wish for a picture gets one, even from a model that would rather talk', async () => {
    const [answer] = await answers(model, [ask('generate', 'Hello')]);
    expect(answer?.images).toHaveLength(1);
  });
});

describe('a request that cannot be served', () => {
  test.each<[string, () => GenerateRequest, string]>([
    ['without words', () => ask('generate', '   '), 'PROMPT_EMPTY'],
    ['with an empty message', () => ask('reply'), 'PROMPT_EMPTY'],
    ['for an edit without a picture', () => ask('edit', 'make it green'), 'BAD_INPUT'],
    ['without a message of the user', () => ({ task: 'reply', messages: [says('assistant', 'Hello')] }), 'BAD_INPUT'],
    ['with pixels', () => ask('understand', { type: 'pixels', image: picture(8, 8) }), 'CAPABILITY_MISSING'],
    ['longer than the model reads', () => ask('reply', 'word '.repeat(20_000)), 'PROMPT_TOO_LONG'],
    [
      'for a picture with too few tokens for one',
      () => sampled(ask('generate', 'a red circle'), { maxNewTokens: 20 }),
      'BAD_INPUT',
    ],
    ['with a temperature below zero', () => sampled(ask('reply', 'Hello'), { temperature: -1 }), 'BAD_INPUT'],
  ])('%s ends with its code', async (_, request, code) => {
    const [answer] = await answers(model, [request()]);
    expect(answer).toMatchObject({ text: '', images: [], last: { type: 'error', code } });
  });

  test('that is aborted stops before the next pass', async () => {
    const controller = new AbortController();
    let count = 0;
    const writing = (async () => {
      for await (const _ of model.generate([sampled(ask('understand', image()), { maxNewTokens: 100 })], {
        signal: controller.signal,
      })) {
        if (++count === 2) controller.abort();
      }
    })();
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(count).toBe(2);
  });
});
