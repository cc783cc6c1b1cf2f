/**
 * The preview protocol of docs/previews.md over a real WebSocket. The model is one in this process, because it must wait
 * after each step until the test has seen its preview: else a slow machine would, rightly, be sent fewer.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from '@jest/globals';

import {
  GenerateImageDocument,
  TaskEventsDocument,
  type TaskEventsSubscription,
} from '../../src/client/gql/graphql.js';
import { tell, watch } from '../support/client.js';
import { deferred, until } from '../support/deferred.js';
import { scriptedModel } from '../support/scripted-model.js';
import { type ServedServices, servedServices } from '../support/served-services.js';

type Preview = Extract<TaskEventsSubscription['taskEvents'], { __typename: 'DenoisingPreview' }>;

const EVERY_STEP = { maxPerSecond: 1_000 };
const WATCH_WITH_URL = `subscription ($taskId: ID!, $preview: PreviewInput) {
  taskEvents(taskId: $taskId, preview: $preview) { __typename ... on DenoisingPreview { stepIndex url } }
}`;

let gateway: ServedServices;

afterEach(() => gateway.close());

async function generate(diffusion: object): Promise<string> {
  const { generateImage } = await tell(gateway.url, GenerateImageDocument, {
    input: { prompt: 'a circle', diffusion },
  });
  return generateImage.task.id;
}

/** The previews that a subscriber gets for whom each step waits. */
async function previewsFor(preview: object, steps: number, wanted: (stepIndex: number) => boolean): Promise<Preview[]> {
  const seen: Preview[] = [];
  const previewsBefore = (stepIndex: number) =>
    Array.from({ length: stepIndex - 1 }, (_, at) => at + 1).filter(wanted).length;
  const isWatched = deferred();
  gateway = await servedServices({
    models: [
      scriptedModel({
        beforeStep: async (stepIndex) => {
          await isWatched.promise;
          await until(() => seen.length >= previewsBefore(stepIndex), `the previews before step ${stepIndex}`);
          // Steps that are faster than the rate asked for would be passed over.
          await sleep(5);
        },
      }),
    ],
  });
  const watcher = watch(gateway.url, TaskEventsDocument, {
    taskId: await generate({ numInferenceSteps: steps }),
    preview,
  });
  for await (const { taskEvents } of watcher) {
    if (taskEvents.__typename === 'ImageStarted') isWatched.resolve();
    if (taskEvents.__typename === 'DenoisingPreview') seen.push(taskEvents);
  }
  return seen;
}

describe('a subscriber that asks for previews', () => {
  it('of every step gets one for every step', async () => {
    const previews = await previewsFor(EVERY_STEP, 6, () => true);

    expect(previews.map(({ stepIndex, sigma }) => [stepIndex, Number(sigma.toFixed(3))])).toEqual([
      [1, 0.833],
      [2, 0.667],
      [3, 0.5],
      [4, 0.333],
      [5, 0.167],
      [6, 0],
    ]);
    expect(previews[0]?.dataUrl).toMatch(/^data:image\/jpeg;base64,\/9j\//);
  });

  it('of every third step gets those', async () => {
    const previews = await previewsFor({ ...EVERY_STEP, everySteps: 3 }, 7, (stepIndex) => stepIndex % 3 === 0);

    expect(previews.map(({ stepIndex }) => stepIndex)).toEqual([3, 6]);
  });

  it('of a size and a format gets them so', async () => {
    const [preview] = await previewsFor({ ...EVERY_STEP, maxSize: 16, format: 'PNG' }, 1, () => true);

    expect([preview?.width, preview?.height]).toEqual([16, 16]);
    expect(preview?.dataUrl).toMatch(/^data:image\/png;base64,iVBOR/);
  });
});

describe('the address of a preview', () => {
  it('serves the newest one while the task runs, and nothing afterwards', async () => {
    const isWatched = deferred();
    const mayEnd = deferred();
    const beforeStep = (stepIndex: number) =>
      stepIndex === 1 ? isWatched.promise : stepIndex === 3 ? mayEnd.promise : undefined;
    gateway = await servedServices({ models: [scriptedModel({ beforeStep })] });
    const taskId = await generate({ numInferenceSteps: 3 });
    const watcher = watch<
      { taskEvents: { __typename: string; stepIndex?: number; url?: string } },
      Record<string, unknown>
    >(gateway.url, WATCH_WITH_URL, { taskId, preview: EVERY_STEP });
    let url: string | undefined;
    while (url === undefined) {
      const event = (await watcher.next()).taskEvents;
      if (event.__typename === 'ImageStarted') isWatched.resolve();
      url = event.url;
    }

    const running = await fetch(url);
    mayEnd.resolve();
    await watcher.rest();
    const ended = await fetch(url);
    const altered = await fetch(url.replace(/maxSize=\d+/, 'maxSize=4096'));

    expect([running.status, running.headers.get('content-type'), running.headers.get('cache-control')]).toEqual([
      200,
      'image/jpeg',
      'no-store',
    ]);
    expect(ended.status).toBe(404);
    expect(altered.status).toBe(403);
  });
});
