/**
 * What may go wrong, done for real to real processes. Whatever it is: no state event is lost or doubled, every task ends in one
 * recorded outcome, and the finished picture has the bytes of an undisturbed run.
 */
import { type IncomingMessage, request } from 'node:http';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import {
  EditImageDocument,
  GenerateImageDocument,
  RetryTaskDocument,
  TaskEventsDocument,
  type TaskEventsSubscription,
  UnderstandImagesDocument,
} from '../../src/client/gql/graphql.js';
import { tell, watch, type Watcher } from '../support/client.js';
import { openStream } from '../support/event-stream.js';
import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.js';
import { canMount, fillUp, mountSmallDisk } from '../support/small-disk.js';
import { temporaryFolder } from '../support/temporary-folder.js';

type TaskEvent = TaskEventsSubscription['taskEvents'];
type Story = readonly Pick<TaskEvent, '__typename' | 'cursor'>[];

const SLOW_MS = 120_000;
const STEP_MS = 60;
const PICTURE = { prompt: 'a red circle', diffusion: { seed: 7, numInferenceSteps: 20 } };
/** A word for each word of it. */
const QUESTION = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');

let gateway: GatewayProcess;
/** Of a picture, an edit of it, and an answer about it. */
let undisturbed: { readonly picture: string; readonly edit: string; readonly answer: string };

beforeAll(async () => {
  gateway = await startGatewayProcess();
  const source = await finished(await draw());
  const answered = await storyOf(await understand(source.id));
  undisturbed = {
    picture: source.bytes,
    edit: (await finished(await edit(source.id))).bytes,
    answer: wordsOf(answered),
  };
  await gateway.stop();
}, SLOW_MS);
afterEach(() => gateway.stop());

describe('a gateway that is killed in the middle of a picture', () => {
  it(
    'goes on with it after its next start; three subscribers come back with their cursors and miss nothing',
    async () => {
      gateway = await startGatewayProcess({ stepMs: STEP_MS });
      const taskId = await draw();
      const [one, two] = [follow(taskId), follow(taskId, { preview: { maxPerSecond: 1000 } })];
      const three = await openStream(gateway.url, TaskEventsDocument, { taskId });
      // They have come to different places when it happens.
      const seenByOne = await takeUntil(one, 'TaskQueued');
      const seenByTwo = await takeUntil(two, 'DenoisingPreview');
      const seenByThree: Story[number][] = [];
      for await (const { data } of three) {
        seenByThree.push((data as { data: TaskEventsSubscription }).data.taskEvents);
        if (seenByThree.at(-1)?.__typename === 'ImageStarted') break;
      }

      gateway = await gateway.crash();

      const stories = await Promise.all(
        [seenByOne, seenByTwo, seenByThree].map(async (seen) => [
          ...seen,
          ...(await follow(taskId, { after: seen.at(-1)?.cursor }).rest()).map(({ taskEvents }) => taskEvents),
        ]),
      );
      const whole = await storyOf(taskId);
      for (const story of stories) expect(statesOf(story)).toEqual(statesOf(whole));
      expectOneOutcome(whole, 'TaskSucceeded');
      expect(namesOf(whole)).toContain('TaskRetrying');
      expect((await finished(taskId)).bytes).toBe(undisturbed.picture);
    },
    SLOW_MS,
  );
});

describe('a plugin host that is killed', () => {
  it.each(['encoder', 'decoder'])(
    '(the %s) is replaced, and its task makes the picture that it would have made',
    async (plugin) => {
      gateway = await startGatewayProcess({ stepMs: STEP_MS });
      const source = await finished(await draw());
      const kill = () => process.kill(gateway.hostOf(plugin), 'SIGKILL');
      // The encoder works for a moment only: it is gone when the task needs it.
      if (plugin === 'encoder') kill();
      const taskId = await edit(source.id);
      const seen = await takeUntil(follow(taskId, { preview: {} }), 'DenoisingPreview');
      if (plugin === 'decoder') kill();

      const rest = await storyOf(taskId, seen.at(-1)?.cursor);

      expectOneOutcome([...seen, ...rest], 'TaskSucceeded');
      expect(statesOf([...seen, ...rest])).toEqual(statesOf(await storyOf(taskId)));
      expect((await finished(taskId)).bytes).toBe(undisturbed.edit);
    },
    SLOW_MS,
  );

  it(
    '(the language model) is replaced, and its task gives the answer that it would have given',
    async () => {
      gateway = await startGatewayProcess({ wordMs: STEP_MS });
      const taskId = await understand((await finished(await draw())).id);
      const seen = await takeUntil(follow(taskId), 'TextDelta');
      process.kill(gateway.hostOf('language-model'), 'SIGKILL');

      const rest = await storyOf(taskId, seen.at(-1)?.cursor);

      expectOneOutcome([...seen, ...rest], 'TaskSucceeded');
      expect(statesOf([...seen, ...rest])).toEqual(statesOf(await storyOf(taskId)));
      expect(wordsOf(rest)).toBe(undisturbed.answer);
    },
    SLOW_MS,
  );
});

describe('a plugin host that is frozen', () => {
  it(
    'is replaced when it was silent for too long, and its task has the result it would have had',
    async () => {
      gateway = await startGatewayProcess({ stepMs: STEP_MS, config: { deadlines: { pluginSilenceMs: 1_500 } } });
      const taskId = await draw();
      const seen = await takeUntil(follow(taskId, { preview: {} }), 'DenoisingPreview');
      process.kill(gateway.hostOf('decoder'), 'SIGSTOP');

      const rest = await storyOf(taskId, seen.at(-1)?.cursor);

      expectOneOutcome([...seen, ...rest], 'TaskSucceeded');
      expect(namesOf(rest)).toContain('TaskRetrying');
      expect(statesOf([...seen, ...rest])).toEqual(statesOf(await storyOf(taskId)));
      expect((await finished(taskId)).bytes).toBe(undisturbed.picture);
    },
    SLOW_MS,
  );
});

// Where nothing can be mounted there is no true way to fill a disk: that is told as skipped, not as passed.
(canMount() ? describe : describe.skip)('a full disk', () => {
  it(
    'fails the task with a recorded outcome; with room again, a retry has the result it would have had',
    async () => {
      const disk = mountSmallDisk(join(await temporaryFolder(), 'disk'), '6m');
      if (disk === undefined) throw new Error('A disk could be mounted when the tests began, and now it cannot.');
      gateway = await startGatewayProcess({ stepMs: STEP_MS, config: { dataDir: disk } });
      const taskId = await draw({ ...PICTURE, diffusion: { ...PICTURE.diffusion, width: 512, height: 512 } });
      const seen = await takeUntil(follow(taskId, { preview: {} }), 'DenoisingPreview');
      await fillUp(disk);

      const rest = await storyOf(taskId, seen.at(-1)?.cursor);
      expectOneOutcome([...seen, ...rest], 'TaskFailed');
      expect(rest.at(-1)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
      await rm(join(disk, 'ballast'));
      const { retryTask } = await tell(gateway.url, RetryTaskDocument, { input: { taskId } });
      const again = await finished(retryTask.task.id);
      const plain = await finished(await draw());

      expect(statesOf([...seen, ...rest])).toEqual(statesOf(await storyOf(taskId)));
      expect(plain.bytes).toBe(undisturbed.picture);
      expect(again.bytes.length).toBeGreaterThan(0);
      await gateway.stop();
    },
    SLOW_MS,
  );
});

describe('a client that never reads', () => {
  /** A reader would get 30 previews of a megabyte each. Systems buffer some megabytes of a connection by themselves. */
  const STEPS = 30;
  const HELD_BYTES = 15_000_000;

  it.each(['WebSocket', 'Server-Sent Events'])(
    '(over %s) is held no previews for, holds up nobody, and finds all state events when it reads at last',
    async (transport) => {
      gateway = await startGatewayProcess({ stepMs: 20 });
      const taskId = await draw({
        prompt: 'a circle',
        diffusion: { seed: 1, numInferenceSteps: STEPS, width: 512, height: 512 },
      });
      const variables = { taskId, preview: { maxPerSecond: 1000, format: 'PNG', view: 'NOISY' } };
      const payload = { query: TaskEventsDocument.toString(), variables };
      const idle = transport === 'WebSocket' ? await idleSocket(payload) : await idleStream(payload);

      const whole = await storyOf(taskId);
      expectOneOutcome(whole, 'TaskSucceeded');
      const { events, bytes } = await idle.readAtLast();
      // On a slow machine it was taken for gone meanwhile, and comes back with its cursor.
      const rest = await storyOf(taskId, events.at(-1)?.cursor);

      expect(statesOf([...events, ...rest])).toEqual(statesOf(whole));
      expect(bytes).toBeLessThan(HELD_BYTES);
    },
    SLOW_MS,
  );
});

// ── What is asked for ────────────────────────────────────────────────────────────────────────────────────────────────

async function draw(input: typeof PICTURE | object = PICTURE): Promise<string> {
  return (await tell(gateway.url, GenerateImageDocument, { input: input as typeof PICTURE })).generateImage.task.id;
}

async function edit(sourceImageId: string): Promise<string> {
  const input = { sourceImageId, instruction: 'make it green', diffusion: { seed: 3, numInferenceSteps: 20 } };
  return (await tell(gateway.url, EditImageDocument, { input })).editImage.task.id;
}

async function understand(imageId: string): Promise<string> {
  const input = { imageIds: [imageId], question: QUESTION };
  return (await tell(gateway.url, UnderstandImagesDocument, { input })).understandImages.task.id;
}

// ── What is told of it ───────────────────────────────────────────────────────────────────────────────────────────────

function follow(taskId: string, options: object = {}): Watcher<TaskEventsSubscription> {
  return watch(gateway.url, TaskEventsDocument, { taskId, ...options });
}

async function storyOf(taskId: string, after?: string): Promise<TaskEvent[]> {
  return (await follow(taskId, after === undefined ? {} : { after }).rest()).map(({ taskEvents }) => taskEvents);
}

async function takeUntil(
  watcher: Watcher<TaskEventsSubscription>,
  name: TaskEvent['__typename'],
): Promise<TaskEvent[]> {
  const seen: TaskEvent[] = [];
  while (seen.at(-1)?.__typename !== name) seen.push((await watcher.next()).taskEvents);
  watcher.breakOff();
  return seen;
}

/** The picture of a task, once it is finished. */
async function finished(taskId: string): Promise<{ id: string; bytes: string }> {
  const event = (await storyOf(taskId)).findLast(({ __typename }) => __typename === 'ImageFinished');
  if (event?.__typename !== 'ImageFinished' || event.image === null) throw new Error('The task made no picture.');
  const response = await fetch(event.image.url);
  return { id: event.image.id, bytes: Buffer.from(await response.arrayBuffer()).toString('base64') };
}

function statesOf(story: Story): string[] {
  return story.filter(({ __typename }) => __typename !== 'DenoisingPreview').map(({ cursor }) => cursor);
}

function namesOf(story: Story): string[] {
  return story.map(({ __typename }) => __typename);
}

/** What the last attempt said. */
function wordsOf(story: readonly TaskEvent[]): string {
  const begin = story.findLastIndex(({ __typename }) => __typename === 'TaskStarted');
  return story
    .slice(Math.max(0, begin))
    .map((event) => (event.__typename === 'TextDelta' ? event.text : ''))
    .join('');
}

function expectOneOutcome(story: Story, outcome: TaskEvent['__typename']): void {
  const states = statesOf(story);
  expect(states).toEqual([...new Set(states)].toSorted());
  expect(namesOf(story).filter((name) => /^Task(Succeeded|Failed|Cancelled)$/.test(name))).toEqual([outcome]);
  expect(story.at(-1)?.__typename).toBe(outcome);
}

// ── Clients that do not read until they are told to ──────────────────────────────────────────────────────────────────

interface IdleClient {
  readAtLast(): Promise<{ events: Story; bytes: number }>;
}

async function idleSocket(payload: object): Promise<IdleClient> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let bytes = 0;
  const events: Story[number][] = [];
  const isComplete = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = String(data);
      bytes += text.length;
      const message = JSON.parse(text) as { type: string; payload: { data: TaskEventsSubscription } };
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        socket.pause();
      }
      if (message.type === 'next') events.push(message.payload.data.taskEvents);
      if (message.type === 'complete') resolve();
    });
    socket.on('close', () => resolve());
  });
  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
  return {
    async readAtLast() {
      socket.resume();
      await isComplete;
      socket.close();
      return { events, bytes };
    },
  };
}

async function idleStream(payload: object): Promise<IdleClient> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const asked = request(`${gateway.url}/graphql`, { method: 'POST', headers });
  asked.end(JSON.stringify(payload));
  const response = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve));
  return {
    async readAtLast() {
      let text = '';
      try {
        for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
      } catch {
        // It was broken off; what came is what was held.
      }
      const events = [...text.matchAll(/^data: (.+)\n\n/gm)].map(
        ([, data]) => (JSON.parse(data ?? '') as { data: TaskEventsSubscription }).data.taskEvents,
      );
      return { events, bytes: text.length };
    },
  };
}
