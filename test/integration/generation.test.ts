import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  CancelTaskDocument,
  GenerateImageDocument,
  ImageLineageDocument,
  TaskEventsDocument,
  type TaskEventsSubscription,
} from '../../src/client/gql/graphql.js';
import { ask, tell, watch } from '../support/client.js';
import { type TestGateway, startTestGateway } from '../support/test-gateway.js';

type TaskEvent = TaskEventsSubscription['taskEvents'];

const STEP_MS = 60;
/** No step is left out for being too fast. */
const EVERY_STEP = { maxPerSecond: 1_000 };

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway({ stepMs: STEP_MS });
});
afterAll(() => gateway.stop());

async function generate(
  prompt: string,
  diffusion: { numInferenceSteps?: number; seed?: number; count?: number } = {},
): Promise<string> {
  const { generateImage } = await tell(gateway.url, GenerateImageDocument, { input: { prompt, diffusion } });
  return generateImage.task.id;
}

async function allEvents(taskId: string, options: { after?: string; preview?: object } = {}): Promise<TaskEvent[]> {
  const events = await watch(gateway.url, TaskEventsDocument, { taskId, ...options }).rest();
  return events.map(({ taskEvents }) => taskEvents);
}

const names = (events: readonly TaskEvent[]) => events.map(({ __typename }) => __typename);
const withoutPreviews = (events: readonly TaskEvent[]) =>
  events.filter(({ __typename }) => __typename !== 'DenoisingPreview');

function ofType<Name extends TaskEvent['__typename']>(
  events: readonly TaskEvent[],
  name: Name,
): Extract<TaskEvent, { __typename: Name }>[] {
  return events.filter((event): event is Extract<TaskEvent, { __typename: Name }> => event.__typename === name);
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

describe('generateImage', () => {
  it('is told as a story: queued, started, previews as it develops, finished, succeeded', async () => {
    const events = await allEvents(await generate('a red circle', { numInferenceSteps: 6, seed: 7 }), {
      preview: EVERY_STEP,
    });

    const previews = ofType(events, 'DenoisingPreview');
    expect(previews.length).toBeGreaterThan(0);
    expect(names(events)).toEqual([
      'TaskQueued',
      'TaskStarted',
      'ImageStarted',
      ...previews.map(() => 'DenoisingPreview'),
      'ImageFinished',
      'TaskSucceeded',
    ]);
    expect(isAscending(previews.map(({ stepIndex }) => stepIndex))).toBe(true);
    expect(isAscending(previews.map(({ sigma }) => 1 - sigma))).toBe(true);
    expect(previews[0]?.dataUrl).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    expect(ofType(events, 'ImageStarted')[0]?.settings).toMatchObject({
      seed: 7,
      numInferenceSteps: 6,
      width: 64,
      height: 64,
    });
  });

  it('makes a picture that can be fetched, and tells how it came about', async () => {
    const events = await allEvents(await generate('a blue star', { seed: 3 }));
    const [finished] = ofType(events, 'ImageFinished');

    const { node } = await tell(gateway.url, ImageLineageDocument, { id: finished?.image?.id ?? '' });
    const picture = await fetch(finished?.image?.url ?? '');

    expect(node).toMatchObject({
      origin: 'GENERATED',
      width: 64,
      task: { prompt: 'a blue star', settings: { seed: 3 } },
      source: null,
    });
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect([...new Uint8Array(await picture.arrayBuffer()).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  });

  it('draws the same picture for the same seed, watched or not', async () => {
    const watched = await allEvents(await generate('a house', { seed: 11 }), { preview: EVERY_STEP });
    const unwatched = await allEvents(await generate('a house', { seed: 11 }));
    const other = await allEvents(await generate('a house', { seed: 12 }));

    const bytes = async (events: readonly TaskEvent[]) => {
      const response = await fetch(`${ofType(events, 'ImageFinished')[0]?.image?.url}`);
      return Buffer.from(await response.arrayBuffer()).toString('base64');
    };
    expect(await bytes(watched)).toBe(await bytes(unwatched));
    expect(await bytes(other)).not.toBe(await bytes(watched));
  });

  it('draws as many pictures as were asked for, each with the next seed', async () => {
    const events = await allEvents(await generate('stars', { seed: 5, count: 2, numInferenceSteps: 2 }));

    expect(ofType(events, 'ImageFinished').map(({ index }) => index)).toEqual([0, 1]);
    expect(ofType(events, 'ImageStarted').map(({ settings }) => settings.seed)).toEqual([5, 6]);
  });
});

describe('a subscriber', () => {
  it('that comes after the end gets the whole story, without previews', async () => {
    const taskId = await generate('late', { numInferenceSteps: 2 });
    const live = await allEvents(taskId, { preview: EVERY_STEP });

    expect(await allEvents(taskId, { preview: EVERY_STEP })).toEqual(
      withoutPreviews(live).map((event) => expect.objectContaining({ cursor: event.cursor })),
    );
  });

  it('that lost its connection goes on from its cursor: nothing is missed, nothing comes twice', async () => {
    const taskId = await generate('reconnect', { numInferenceSteps: 10 });
    const first = watch(gateway.url, TaskEventsDocument, { taskId, preview: EVERY_STEP });
    const seen: TaskEvent[] = [];
    for (let event = await first.next(); ; event = await first.next()) {
      seen.push(event.taskEvents);
      if (event.taskEvents.__typename === 'DenoisingPreview') break;
    }
    first.breakOff();

    const rest = await allEvents(taskId, { after: seen.at(-1)?.cursor ?? '' });

    const whole = await allEvents(taskId);
    expect([...withoutPreviews(seen), ...rest].map(({ cursor }) => cursor)).toEqual(whole.map(({ cursor }) => cursor));
    expect(names(rest)).toEqual(['ImageFinished', 'TaskSucceeded']);
  });

  it('that does not ask for previews gets none', async () => {
    expect(names(await allEvents(await generate('quiet', { numInferenceSteps: 3 })))).not.toContain('DenoisingPreview');
  });

  it.each([
    [
      'of a task that does not exist',
      Buffer.from('Task:01ARZ3NDEKTSV4RRFFQ69G5FAV').toString('base64url'),
      undefined,
      'NOT_FOUND',
    ],
    ['with an id of another kind', Buffer.from('Image:x').toString('base64url'), undefined, 'BAD_INPUT'],
  ])('%s is told so', async (_what, taskId, after, code) => {
    await expect(allEvents(taskId, after === undefined ? {} : { after })).rejects.toMatchObject({
      reason: [expect.objectContaining({ extensions: expect.objectContaining({ code }) })],
    });
  });

  it('with a cursor that is none is told so', async () => {
    await expect(allEvents(await generate('cursor'), { after: 'nonsense' })).rejects.toMatchObject({
      reason: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'CURSOR_INVALID' }) })],
    });
  });
});

describe('cancelTask', () => {
  it('ends a running task within a step, and frees the way for the next one', async () => {
    const taskId = await generate('endless', { numInferenceSteps: 1_000 });
    const watcher = watch(gateway.url, TaskEventsDocument, { taskId, preview: EVERY_STEP });
    const seen: TaskEvent[] = [];
    for await (const { taskEvents } of watcher) {
      seen.push(taskEvents);
      const isFirstPreview =
        taskEvents.__typename === 'DenoisingPreview' && ofType(seen, 'DenoisingPreview').length === 1;
      if (isFirstPreview) await tell(gateway.url, CancelTaskDocument, { input: { taskId } });
    }

    expect(seen.at(-1)?.__typename).toBe('TaskCancelled');
    expect(ofType(seen, 'DenoisingPreview').length).toBeLessThan(20);
    const next = await allEvents(await generate('after it', { numInferenceSteps: 1 }));
    expect(next.at(-1)?.__typename).toBe('TaskSucceeded');
  });

  it('ends a queued task at once', async () => {
    const running = await generate('in front', { numInferenceSteps: 1_000 });
    const queued = await generate('behind');

    const { cancelTask } = await tell(gateway.url, CancelTaskDocument, { input: { taskId: queued } });
    await tell(gateway.url, CancelTaskDocument, { input: { taskId: running } });

    expect(cancelTask.task.status).toBe('CANCELLED');
    expect(names(await allEvents(queued))).toEqual(['TaskQueued', 'TaskCancelled']);
  });

  it('of a task that has ended is refused', async () => {
    const taskId = await generate('done', { numInferenceSteps: 1 });
    await allEvents(taskId);

    const { errors } = await ask(gateway.url, CancelTaskDocument, { input: { taskId } });

    expect(errors[0]?.extensions.code).toBe('TASK_ENDED');
  });
});
