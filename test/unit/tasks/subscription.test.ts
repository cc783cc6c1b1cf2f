import { describe, expect, test } from '@jest/globals';

import type { PreviewEvent, TaskEventRecord } from '../../../src/services/domain.js';
import { openStorage } from '../../../src/storage/index.js';
import { createEventHub } from '../../../src/tasks/event-hub.js';
import { createFollowers } from '../../../src/tasks/followers.js';
import { createPreviewHub } from '../../../src/tasks/preview-hub.js';
import { createTaskStore, type StartedLease } from '../../../src/tasks/store.js';
import { followTask } from '../../../src/tasks/subscription.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

type Event = TaskEventRecord | PreviewEvent;

describe('a subscription', () => {
  test('replays what was, follows what comes, and ends with the task', async () => {
    const { task, say, succeed, subscribe } = await openTask();
    await say('one');
    const events = collect(await subscribe());
    await say('two');
    await succeed();
    expect(spell(await events)).toEqual(['TaskQueued', 'TaskStarted', 'one', 'two', 'TaskSucceeded']);
    expect((await events).every(({ taskId }) => taskId === task.id)).toBe(true);
  });

  test('goes on after the cursor it is given', async () => {
    const { say, succeed, subscribe } = await openTask();
    for (const word of ['one', 'two', 'three']) await say(word);
    await succeed();
    const all = await collect(await subscribe());
    expect(spell(await collect(await subscribe({ after: all[2]?.cursor })))).toEqual(['two', 'three', 'TaskSucceeded']);
    expect(await collect(await subscribe({ after: all.at(-1)?.cursor }))).toEqual([]);
  });

  test('neither loses nor doubles an event, whenever it joins and however many read', async () => {
    const { say, succeed, subscribe } = await openTask();
    const readers: Promise<Event[]>[] = [];
    const words = Array.from({ length: 130 }, (_, index) => `w${index}`);
    for (const [index, word] of words.entries()) {
      const saying = say(word);
      // Joins while a commit is under way, between commits, and while another reads.
      if (index % 20 === 0) readers.push(subscribe().then(collect));
      await saying;
      if (index % 30 === 0) readers.push(subscribe().then(collect));
    }
    await succeed();
    const wanted = ['TaskQueued', 'TaskStarted', ...words, 'TaskSucceeded'];
    for (const reader of readers) expect(spell(await reader)).toEqual(wanted);
  });

  test('that is read slowly gets everything from the log, and holds little meanwhile', async () => {
    const { say, succeed, subscribe } = await openTask();
    const events = await subscribe();
    const first = await events.next();
    const words = Array.from({ length: 220 }, (_, index) => `w${index}`);
    for (const word of words) await say(word);
    await succeed();
    expect(spell([first.value, ...(await collect(events))])).toEqual([
      'TaskQueued',
      'TaskStarted',
      ...words,
      'TaskSucceeded',
    ]);
  });

  test('that waits ends at once when it is returned', async () => {
    const { hub, previews, task, subscribe } = await openTask();
    const events = await subscribe({ preview: {} });
    await events.next();
    await events.next();
    const waiting = events.next();
    await events.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(hub.size).toBe(0);
    expect(previews.open(task.id, '').wishes.current.everySteps).toEqual([]);
  });

  test('that waits ends at once when its signal is aborted', async () => {
    const { hub, subscribe } = await openTask();
    const controller = new AbortController();
    const events = await subscribe({ signal: controller.signal });
    await events.next();
    await events.next();
    const waiting = events.next();
    controller.abort();
    expect((await waiting).done).toBe(true);
    expect(hub.size).toBe(0);
  });

  test('of an unknown task, with a foreign cursor or an impossible wish is refused and leaves nothing behind', async () => {
    const { hub, subscribe } = await openTask();
    await expect(subscribe({}, 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(subscribe({ after: 'yesterday' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    await expect(subscribe({ preview: { everySteps: 0 } })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(hub.size).toBe(0);
  });
});

describe('previews in a subscription', () => {
  const step = (stepIndex: number) => ({
    index: 0,
    stepIndex,
    numInferenceSteps: 9,
    sigma: 0.5,
    image: { width: 1, height: 1, data: new Uint8Array(3) },
  });

  test('come between the events around them', async () => {
    const { append, channel, succeed, subscribe } = await openTask();
    const events = await subscribe({ preview: { maxPerSecond: 1000 } });
    await append({ type: 'ImageStarted', index: 0, settings: SETTINGS });
    channel.step(step(1));
    const seen = [await events.next(), await events.next(), await events.next(), await events.next()].map(
      ({ value }) => value?.type,
    );
    expect(seen).toEqual(['TaskQueued', 'TaskStarted', 'ImageStarted', 'DenoisingPreview']);
    await append({ type: 'ImageFinished', index: 0, imageId: 'i' });
    await succeed();
    expect((await collect(events)).map(({ type }) => type)).toEqual(['ImageFinished', 'TaskSucceeded']);
  });

  test('that a reader was too slow for are replaced by the newest, and none holds up the events', async () => {
    const { append, channel, subscribe } = await openTask();
    const events = await subscribe({ preview: { maxPerSecond: 1000 } });
    for (let read = 0; read < 2; read += 1) await events.next();
    await append({ type: 'ImageStarted', index: 0, settings: SETTINGS });
    for (let stepIndex = 1; stepIndex <= 9; stepIndex += 1) {
      channel.step(step(stepIndex));
      await new Promise((resolve) => {
        setTimeout(resolve, 2);
      });
    }
    await append({ type: 'ImageFinished', index: 0, imageId: 'i' });
    const seen = [await events.next(), await events.next(), await events.next()].map(({ value }) => value);
    expect(seen).toMatchObject([
      { type: 'ImageStarted' },
      { type: 'DenoisingPreview', stepIndex: 9 },
      { type: 'ImageFinished' },
    ]);
    await events.return?.();
  });
});

const SETTINGS = {
  width: 16,
  height: 16,
  numInferenceSteps: 9,
  guidanceScale: 1,
  trueCfgScale: 1,
  negativePrompt: '',
  seed: 1,
  count: 1,
  decoder: 'generation',
};

async function openTask() {
  const storage = await openStorage({ dataDir: await temporaryFolder() });
  const hub = createEventHub();
  const previews = createPreviewHub();
  const followers = createFollowers({ graceMs: 0, cancel: () => Promise.resolve(true) });
  const store = createTaskStore({ storage, hub });
  const { task } = await store.submit(storage.nextId(), {
    kind: 'GENERATION',
    modelId: 'm',
    prompt: 'p',
    sourceImageIds: [],
    settings: null,
    input: {},
    priority: 0,
  });
  const granted = await store.lease('runner', 60_000);
  if (granted === null) throw new Error('The queue is empty.');
  const lease: StartedLease = granted;
  const channel = previews.open(task.id, lease.cursor);
  hub.listen(task.id, () => undefined)();
  const append: (body: Parameters<typeof store.append>[1][number]) => Promise<void> = async (body) => {
    const [event] = await store.append(lease, [body]);
    channel.advance(event?.cursor ?? '');
  };
  return {
    ...{ hub, previews, store, task, channel, append },
    say: (text: string) => append({ type: 'TextDelta', text, offset: 0 }),
    succeed: () => store.succeed(lease, { timings: {} }),
    subscribe: (options: Parameters<typeof followTask>[2] = {}, taskId = task.id) =>
      followTask({ store, hub, previews, followers }, taskId, options),
  };
}

async function collect(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Text by its words, anything else by its type. */
function spell(events: readonly (Event | undefined)[]): (string | undefined)[] {
  return events.map((event) => (event?.type === 'TextDelta' ? event.text : event?.type));
}
