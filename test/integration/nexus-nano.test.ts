/** The embedded model, served as it is shipped: what a caller asks for in sampling and diffusion settings is what happens. Needs a build. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import {
  CreateConversationDocument,
  EditImageDocument,
  GenerateImageDocument,
  SendMessageDocument,
  TaskEventsDocument,
  type TaskEventsSubscription,
  UnderstandImagesDocument,
} from '../../src/client/gql/graphql.js';
import { DEFAULT_MODELS, DEFAULT_PLUGINS } from '../../src/config/defaults.js';
import { ask, tell, watch } from '../support/client.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const NANO = join(import.meta.dirname, '../../models/nexus-nano');

type TaskEvent = TaskEventsSubscription['taskEvents'];
type Picture = NonNullable<Extract<TaskEvent, { __typename: 'ImageFinished' }>['image']>;

let gateway: TestGateway;
let imageId: string;

beforeAll(async () => {
  gateway = await startTestGateway({ config: { plugins: DEFAULT_PLUGINS, models: DEFAULT_MODELS } });
  imageId = (await draw('generation', { seed: 5 })).id;
}, 60_000);
afterAll(() => gateway.stop());

async function eventsOf(taskId: string): Promise<TaskEvent[]> {
  const events = await watch(gateway.url, TaskEventsDocument, { taskId }).rest();
  return events.map(({ taskEvents }) => taskEvents);
}

async function answer(sampling: object = {}): Promise<string> {
  const input = { imageIds: [imageId], question: 'what is in the picture?', sampling };
  const { understandImages } = await tell(gateway.url, UnderstandImagesDocument, { input });
  return wordsOf(await eventsOf(understandImages.task.id));
}

function wordsOf(events: readonly TaskEvent[]): string {
  return events.map((event) => (event.__typename === 'TextDelta' ? event.text : '')).join('');
}

async function draw(decoder: 'generation' | 'editing', diffusion: object): Promise<Picture> {
  const settings = { seed: 1, numInferenceSteps: 2, ...diffusion };
  const { task } =
    decoder === 'generation'
      ? (
          await tell(gateway.url, GenerateImageDocument, {
            input: { prompt: 'a red circle and a small blue star', diffusion: settings },
          })
        ).generateImage
      : (
          await tell(gateway.url, EditImageDocument, {
            input: { sourceImageId: imageId, instruction: 'make the circle green', diffusion: settings },
          })
        ).editImage;
  const finished = (await eventsOf(task.id)).find((event) => event.__typename === 'ImageFinished');
  if (finished?.__typename !== 'ImageFinished' || finished.image === null) throw new Error('There is no picture.');
  return finished.image;
}

/** Without the file's metadata, which names the settings. */
async function pixelsOf(image: Picture): Promise<string> {
  const file = await (await fetch(image.url)).arrayBuffer();
  return (await sharp(file).raw().toBuffer()).toString('base64');
}

it('takes 30 MB at most, so that it comes with the package', async () => {
  const files = await readdir(NANO, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  const bytes = (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
  expect(bytes).toBeGreaterThan(1e6);
  expect(bytes).toBeLessThanOrEqual(30e6);
});

/** All tokens may come, and unlikely ones do. */
const WILD = { temperature: 3, topK: 1_500, topP: 1, maxNewTokens: 24 };

describe('sampling', () => {
  let greedy: string;
  let wild: string;
  beforeAll(async () => {
    greedy = await answer({ topK: 1, maxNewTokens: 24 });
    wild = await answer({ ...WILD, seed: 1 });
  });

  it('with a temperature strays from the likeliest words, as its seed says', async () => {
    expect(wild).not.toBe(greedy);
    expect(await answer({ ...WILD, seed: 1 })).toBe(wild);
    expect(await answer({ ...WILD, seed: 2 })).not.toBe(wild);
  });

  it.each([
    ['temperature 0', { temperature: 0 }],
    ['topK 1', { topK: 1 }],
    ['a topP that only the likeliest token reaches', { topP: 1e-6 }],
  ])('with %s keeps to the likeliest words, whatever the seed', async (_what, option) => {
    expect(await answer({ ...WILD, seed: 2, ...option })).toBe(greedy);
  });

  it('with a repetition penalty avoids words that were used', async () => {
    expect(await answer({ topK: 1, maxNewTokens: 24, repetitionPenalty: 20 })).not.toBe(greedy);
  });

  it('ends after maxNewTokens', async () => {
    const short = await answer({ topK: 1, maxNewTokens: 3 });
    expect(short.length).toBeGreaterThan(0);
    expect(short.length).toBeLessThan(greedy.length);
    expect(greedy.startsWith(short)).toBe(true);
  });

  it('ends before a stop text, which is left out', async () => {
    const stop = greedy.slice(4, 8);
    expect(await answer({ topK: 1, maxNewTokens: 24, stop: [stop] })).toBe(greedy.slice(0, greedy.indexOf(stop)));
  });

  it('holds for the words of a conversation too', async () => {
    const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
    const said = async (sampling: object) => {
      const conversationId = createConversation.conversation.id;
      const input = { conversationId, parts: [{ imageId }, { text: 'what is in the picture?' }], sampling };
      const { sendMessage } = await tell(gateway.url, SendMessageDocument, { input });
      return wordsOf(await eventsOf(sendMessage.task.id));
    };
    const short = await said({ topK: 1, maxNewTokens: 3 });
    expect(short.length).toBeGreaterThan(0);
    expect(short.length).toBeLessThan((await said({ topK: 1, maxNewTokens: 24 })).length);
  });

  it.each([
    ['maxNewTokens', { maxNewTokens: 0 }],
    ['temperature', { temperature: -1 }],
    ['topP', { topP: 0 }],
    ['topK', { topK: 0 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
  ])('with a %s out of range is refused by that name', async (name, sampling) => {
    const { url } = gateway;
    const input = { imageIds: [imageId], question: 'what is it?', sampling };
    const { data, errors } = await ask(url, UnderstandImagesDocument, { input });
    const failed = errors[0] ?? (await eventsOf(data.understandImages.task.id)).at(-1);
    expect(JSON.stringify(failed)).toContain('BAD_INPUT');
    expect(JSON.stringify(failed)).toContain(name);
  });
});

describe('conversations', () => {
  it.each([
    [
      "the README's",
      ['draw two red hearts', 'make the left one green', 'what is in the picture?'],
      'A green heart on the left and a red heart on the right.',
    ],
    [
      'an English one',
      ['draw a red circle', 'make it green', 'add a star on the right', 'what is in the picture?'],
      'A green circle in the center and a blue star on the right.',
    ],
    [
      'a Chinese one',
      ['画一个红色的圆形', '把它变成绿色', '在右边加一个星星', '图里有什么？'],
      '中间有一个绿色的圆形，右边有一个蓝色的星星。',
    ],
    [
      'one about a cat',
      ['draw a cat'],
      'I can only draw simple shapes: circles, squares, triangles, stars, hearts, diamonds, rings and crosses.',
    ],
  ])('%s ends in the right answer', async (_which, said, answered) => {
    const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
    const conversationId = createConversation.conversation.id;
    let words = '';
    for (const text of said) {
      const { sendMessage } = await tell(gateway.url, SendMessageDocument, {
        input: { conversationId, parts: [{ text }] },
      });
      words = wordsOf(await eventsOf(sendMessage.task.id));
    }
    expect(words).toBe(answered);
  });
});

describe.each(['generation', 'editing'] as const)('the %s decoder', (decoder) => {
  let plain: string;
  beforeAll(async () => {
    plain = await pixelsOf(await draw(decoder, {}));
  });

  it('draws the same picture for the same settings', async () => {
    expect(await pixelsOf(await draw(decoder, {}))).toBe(plain);
  });

  it.each([
    ['seed', { seed: 2 }],
    ['numInferenceSteps', { numInferenceSteps: 5 }],
    ['guidanceScale', { guidanceScale: 7 }],
  ])('draws another one for another %s', async (_name, diffusion) => {
    expect(await pixelsOf(await draw(decoder, diffusion))).not.toBe(plain);
  });

  it('draws the one size that it knows, and says so of any other', async () => {
    const image = await draw(decoder, { width: 288, height: 288 });
    expect([image.width, image.height]).toEqual([288, 288]);
    await expect(draw(decoder, { width: 320, height: 288 })).rejects.toThrow(
      /widths from 288 to 288 and heights from 288 to 288/,
    );
  });

  it('takes as many steps as its limit, and says so of more', async () => {
    await expect(draw(decoder, { numInferenceSteps: 101 })).rejects.toThrow(/from 1 to 100 inference steps, not 101/);
  });
});
