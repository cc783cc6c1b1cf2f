import { describe, expect, test } from '@jest/globals';

import { openStorage, type Storage } from '../../../src/storage/index.js';
import { createEventHub } from '../../../src/tasks/event-hub.js';
import { createTaskStore, type NewTask, type StartedLease, type TaskStore } from '../../../src/tasks/store.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ERROR = { code: 'PLUGIN_FAILED', message: 'no', retryable: true, plugin: 'decoder' };

describe('the queue', () => {
  test('gives out the highest priority first, then the oldest', async () => {
    const { store, submit } = await openTasks();
    const [plain, low, high, laterHigh] = [
      await submit(),
      await submit({ priority: -1 }),
      await submit({ priority: 5 }),
      await submit({ priority: 5 }),
    ];
    const order = [await lease(store), await lease(store), await lease(store), await lease(store)].map(
      ({ task }) => task.id,
    );
    expect(order).toEqual([high.id, laterHigh.id, plain.id, low.id]);
    expect(await store.lease('runner', 1000)).toBeNull();
  });

  test('tells each task how many were ahead of it', async () => {
    const { store, submit } = await openTasks();
    await submit();
    await submit({ priority: 5 });
    const third = await submit({ priority: 1 });
    expect(await store.events({ taskId: third.id }, undefined, 10)).toMatchObject([
      { type: 'TaskQueued', position: 1, sequence: 1 },
    ]);
  });

  test('answers one conversation in the order in which it was spoken', async () => {
    const { store, storage, submit } = await openTasks();
    const now = new Date().getTime();
    await storage.db
      .insertInto('conversations')
      .values({ id: 'c', title: '', model_id: 'm', created_at: now, updated_at: now })
      .execute();
    const first = await submit({ kind: 'REPLY', conversationId: 'c' });
    const second = await submit({ kind: 'REPLY', conversationId: 'c', priority: 9 });
    const other = await submit();

    const running = await lease(store);
    expect(running.task.id).toBe(first.id);
    expect((await lease(store)).task.id).toBe(other.id);
    expect(await store.lease('runner', 1000)).toBeNull();
    await store.succeed(running, { timings: {} });
    expect((await lease(store)).task.id).toBe(second.id);
  });

  test('never gives one task to two runners', async () => {
    const { store, submit } = await openTasks();
    for (let count = 0; count < 4; count += 1) await submit();
    const leases = await Promise.all(Array.from({ length: 8 }, (_, runner) => store.lease(`runner ${runner}`, 1000)));
    const given = leases.flatMap((granted) => (granted === null ? [] : [granted.task.id]));
    expect(new Set(given).size).toBe(given.length);
  });
});

describe('a lease', () => {
  test('that was taken over is refused: the late writer changes nothing', async () => {
    const { store, submit } = await openTasks();
    const task = await submit();
    const stale = await lease(store, 'runner 1');
    await store.requeue(stale, ERROR, { isFault: false, delayMs: 0 });
    const fresh = await lease(store, 'runner 2');
    expect(fresh.attempt).toBe(2);

    await expect(store.append(stale, [{ type: 'TextDelta', text: 'late', offset: 0 }])).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    await expect(store.succeed(stale, { timings: {} })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(store.renew(stale, 1000)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await store.succeed(fresh, { answer: 'mine', timings: {} });

    expect((await store.find([task.id]))[0]).toMatchObject({ status: 'SUCCEEDED', answer: 'mine', attempt: 2 });
    expect(await types(store, task.id)).toEqual([
      'TaskQueued',
      'TaskStarted',
      'TaskRetrying',
      'TaskStarted',
      'TaskSucceeded',
    ]);
  });

  test('is lost when the task is cancelled', async () => {
    const { store, submit } = await openTasks();
    const task = await submit();
    const held = await lease(store);
    await store.cancel(task.id);
    await expect(store.succeed(held, { timings: {} })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(store.cancel(task.id)).rejects.toMatchObject({ code: 'TASK_ENDED' });
    expect((await store.find([task.id]))[0]?.status).toBe('CANCELLED');
  });

  test('writes an event and what belongs to it together or not at all', async () => {
    const { store, submit } = await openTasks();
    const task = await submit();
    const held = await lease(store);
    const write = store.append(held, [{ type: 'TextDelta', text: 'a', offset: 0 }], async () => {
      throw new Error('the other half failed');
    });
    await expect(write).rejects.toThrow('the other half failed');
    expect(await types(store, task.id)).toEqual(['TaskQueued', 'TaskStarted']);
    await store.append(held, [{ type: 'TextDelta', text: 'a', offset: 0 }]);
    expect((await store.events({ taskId: task.id }, undefined, 10)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  test('that ran out is found, as is one whose owner is dead', async () => {
    let now = 1_000_000;
    const { store, submit } = await openTasks(() => now);
    await submit();
    await submit();
    const first = await lease(store, 'alive');
    now += 500;
    const second = await lease(store, 'dead');
    expect(await store.abandoned(() => false)).toEqual([]);
    expect((await store.abandoned((owner) => owner === 'dead')).map(({ task }) => task.id)).toEqual([second.task.id]);
    now += 600;
    expect((await store.abandoned(() => false)).map(({ task }) => task.id)).toEqual([first.task.id]);
  });
});

describe('an idempotency key', () => {
  test('with the same input answers with the first task', async () => {
    const { store, storage, task } = await openTasks();
    const idempotency = { key: 'k', hash: 'h' };
    const first = await store.submit(storage.nextId(), { ...task, idempotency });
    const again = await store.submit(storage.nextId(), { ...task, idempotency });
    expect(again).toMatchObject({ created: false, task: { id: first.task.id } });
    expect(await store.counts()).toEqual({ queued: 1, running: 0 });
  });

  test('with another input is refused', async () => {
    const { store, storage, task } = await openTasks();
    await store.submit(storage.nextId(), { ...task, idempotency: { key: 'k', hash: 'h' } });
    const other = store.submit(storage.nextId(), { ...task, idempotency: { key: 'k', hash: 'another' } });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });
});

describe('event cursors', () => {
  test('sort as the events happened, and hold after a restart', async () => {
    const dataDir = await temporaryFolder();
    const before = await openTasks(Date.now, dataDir);
    const task = await before.submit();
    const held = await lease(before.store);
    for (const text of ['a', 'b', 'c']) await before.store.append(held, [{ type: 'TextDelta', text, offset: 0 }]);
    const events = await before.store.events({ taskId: task.id }, undefined, 10);
    await before.storage.close();

    const { store, storage } = await openTasks(Date.now, dataDir);
    await store.append(held, [{ type: 'TextDelta', text: 'd', offset: 3 }]);
    const all = await store.events({ taskId: task.id }, undefined, 10);
    const cursors = all.map(({ cursor }) => cursor);
    expect([...cursors].sort()).toEqual(cursors);
    expect(all.slice(0, 5)).toEqual(events);
    expect(
      (await store.events({ taskId: task.id }, cursors[3], 10)).map((event) =>
        'text' in event ? event.text : event.type,
      ),
    ).toEqual(['c', 'd']);
    await storage.close();
  });

  test('that nobody made are refused', async () => {
    const { store, submit } = await openTasks();
    const task = await submit();
    await expect(store.events({ taskId: task.id }, 'tomorrow', 10)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});

interface OpenTasks {
  readonly storage: Storage;
  readonly store: TaskStore;
  readonly task: NewTask;
  submit(change?: Partial<NewTask>): ReturnType<typeof submitted>;
}

async function openTasks(now: () => number = Date.now, dataDir?: string): Promise<OpenTasks> {
  const storage = await openStorage({ dataDir: dataDir ?? (await temporaryFolder()) });
  const store = createTaskStore({ storage, hub: createEventHub(), now });
  const task: NewTask = {
    kind: 'GENERATION',
    modelId: 'm',
    prompt: 'a circle',
    sourceImageIds: [],
    settings: null,
    input: {},
    priority: 0,
  };
  return { storage, store, task, submit: (change = {}) => submitted(storage, store, { ...task, ...change }) };
}

async function submitted(storage: Storage, store: TaskStore, task: NewTask) {
  return (await store.submit(storage.nextId(), task)).task;
}

async function lease(store: TaskStore, owner = 'runner'): Promise<StartedLease> {
  const granted = await store.lease(owner, 1000);
  if (granted === null) throw new Error('The queue is empty.');
  return granted;
}

async function types(store: TaskStore, taskId: string): Promise<string[]> {
  return (await store.events({ taskId }, undefined, 100)).map(({ type }) => type);
}
