/** Everything about following that is not a single task over a WebSocket: conversations, Server-Sent Events, leaving, retrying. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-sse';

import {
  CancelTaskDocument,
  ConversationEventsDocument,
  type ConversationEventsSubscription,
  CreateConversationDocument,
  GenerateImageDocument,
  RetryTaskDocument,
  SendMessageDocument,
  TaskEventsDocument,
  type TaskEventsSubscription,
} from '../../src/client/gql/graphql.js';
import { ask, tell, watch } from '../support/client.js';
import { deferred, until } from '../support/deferred.js';
import { openStream } from '../support/event-stream.js';
import { END, imagined, type Script, scriptedModel, textsOf } from '../support/scripted-model.js';
import { type ServedServices, type ServedServicesOptions, servedServices } from '../support/served-services.js';

type ConversationEvent = ConversationEventsSubscription['conversationEvents'];
type TaskEvent = TaskEventsSubscription['taskEvents'];

const EVERY_STEP = { maxPerSecond: 1_000 };

let gateway: ServedServices;

afterEach(() => gateway.close());

async function serve(script: Script = {}, options: ServedServicesOptions = {}): Promise<void> {
  gateway = await servedServices({ models: [scriptedModel(script)], ...options });
}

async function generate(input: object = {}): Promise<string> {
  const { generateImage } = await tell(gateway.url, GenerateImageDocument, {
    input: { prompt: 'a circle', diffusion: { numInferenceSteps: 3, seed: 7 }, ...input },
  });
  return generateImage.task.id;
}

async function converse(): Promise<string> {
  const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
  return createConversation.conversation.id;
}

async function say(conversationId: string, text: string): Promise<string> {
  const { sendMessage } = await tell(gateway.url, SendMessageDocument, {
    input: { conversationId, parts: [{ text }] },
  });
  return sendMessage.task.id;
}

async function storyOf(taskId: string): Promise<TaskEvent[]> {
  return (await watch(gateway.url, TaskEventsDocument, { taskId }).rest()).map(({ taskEvents }) => taskEvents);
}

async function conversationUntilEnd(conversationId: string, ends: number, options: object = {}) {
  const watcher = watch(gateway.url, ConversationEventsDocument, { conversationId, ...options });
  const seen: ConversationEvent[] = [];
  for (let ended = 0; ended < ends; ) {
    const { conversationEvents: event } = await watcher.next();
    seen.push(event);
    if (['TaskSucceeded', 'TaskFailed', 'TaskCancelled'].includes(event.__typename)) ended += 1;
  }
  await watcher.leave();
  return seen;
}

const names = (events: readonly { readonly __typename: string }[]) => events.map(({ __typename }) => __typename);
const cursors = (events: readonly { readonly cursor: string }[]) => events.map(({ cursor }) => cursor);

/** Draws when it is told to, else answers with words. */
const drawing: Script = {
  *answer(request) {
    if (textsOf(request).at(-1)?.startsWith('draw') === true) yield imagined(0.5);
    else yield { type: 'text', text: 'words' };
    yield END;
  },
};

/** The first step waits until its picture was told of, the third until a preview was seen. */
function seenStepByStep() {
  const [isStarted, isSeen] = [deferred(), deferred()];
  return {
    beforeStep: (stepIndex: number) =>
      stepIndex === 1 ? isStarted.promise : stepIndex === 3 ? isSeen.promise : undefined,
    onEvent({ __typename }: { readonly __typename: string }): void {
      if (__typename === 'ImageStarted') isStarted.resolve();
      if (__typename === 'DenoisingPreview') isSeen.resolve();
    },
  };
}

describe('conversationEvents', () => {
  it('tells of messages and of the tasks that answer them, live and from the log alike', async () => {
    await serve(drawing);
    const id = await converse();
    const live = conversationUntilEnd(id, 2);
    await say(id, 'hello');
    await say(id, 'draw a star');

    const events = await live;

    // The second message may come before the first answer: what belongs to one task is in order.
    const byTask = (taskId: string) => events.filter((event) => 'taskId' in event && event.taskId === taskId);
    const tasks = [...new Set(events.flatMap((event) => ('taskId' in event ? [event.taskId] : [])))];
    expect(tasks.map((task) => names(byTask(task)))).toEqual([
      ['TaskQueued', 'TaskStarted', 'TextDelta', 'TaskSucceeded'],
      ['TaskQueued', 'TaskStarted', 'ImageStarted', 'ImageFinished', 'TaskSucceeded'],
    ]);
    expect(names(events).filter((name) => name === 'MessageAdded')).toHaveLength(4);
    expect(cursors(events)).toEqual(cursors(events).toSorted());
    expect(cursors(await conversationUntilEnd(id, 2))).toEqual(cursors(events));
  });

  it('goes on from any cursor, also over a restart of the gateway', async () => {
    await serve(drawing);
    const id = await converse();
    await say(id, 'hello');
    const before = await conversationUntilEnd(id, 1);
    await gateway.close();
    await serve(drawing, { dataDir: gateway.dataDir });
    await say(id, 'again');

    const after = await conversationUntilEnd(id, 1, { after: before.at(-1)?.cursor });

    expect(names(after)).toEqual(names(before));
    for (const [at, cursor] of cursors(before).entries()) {
      const rest = await conversationUntilEnd(id, at === before.length - 1 ? 1 : 2, { after: cursor });
      expect(cursors(rest)).toEqual(cursors([...before.slice(at + 1), ...after]));
    }
  });

  it('shows previews of whatever is drawn in it, to those who ask', async () => {
    const { beforeStep, onEvent } = seenStepByStep();
    await serve({ ...drawing, beforeStep });
    const id = await converse();
    const watcher = watch(gateway.url, ConversationEventsDocument, { conversationId: id, preview: EVERY_STEP });
    const quiet = conversationUntilEnd(id, 1);
    const task = await say(id, 'draw a star');

    const seen: ConversationEvent[] = [];
    for await (const { conversationEvents: event } of watcher) {
      seen.push(event);
      onEvent(event);
      if (event.__typename === 'TaskSucceeded') break;
    }
    await watcher.leave();

    const previews = seen.filter((event) => event.__typename === 'DenoisingPreview');
    expect(previews.length).toBeGreaterThan(0);
    expect(previews[0]).toMatchObject({ taskId: task, dataUrl: expect.stringMatching(/^data:image\/jpeg/) });
    expect(names(await quiet)).not.toContain('DenoisingPreview');
  });

  it('of a conversation that does not exist is refused', async () => {
    await serve();
    const conversationId = Buffer.from('Conversation:01ARZ3NDEKTSV4RRFFQ69G5FAV').toString('base64url');
    await expect(watch(gateway.url, ConversationEventsDocument, { conversationId }).next()).rejects.toThrow(
      /NOT_FOUND/,
    );
  });
});

describe('Server-Sent Events', () => {
  it('tell the story that a WebSocket tells, with each cursor as the id of its message', async () => {
    await serve();
    const taskId = await generate();
    const stream = await openStream(gateway.url, TaskEventsDocument, { taskId });
    const messages = [];
    for await (const message of stream) messages.push(message);

    expect([stream.status, stream.contentType]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(messages.at(-1)).toEqual({ event: 'complete', id: undefined, data: null });
    const events = messages.slice(0, -1);
    expect(events.map(({ event }) => event)).toEqual(events.map(() => 'next'));
    const story = await storyOf(taskId);
    expect(events.map(({ id }) => id)).toEqual(cursors(story));
    expect(names(events.map(({ data }) => (data as { data: TaskEventsSubscription }).data.taskEvents))).toEqual(
      names(story),
    );
  });

  it('go on after the Last-Event-ID of a client that comes back', async () => {
    await serve();
    const taskId = await generate();
    const story = await storyOf(taskId);

    const again = await openStream(
      gateway.url,
      TaskEventsDocument,
      { taskId },
      { 'last-event-id': story[2]?.cursor ?? '' },
    );
    const ids = [];
    for await (const { id } of again) ids.push(id);

    expect(ids).toEqual([...cursors(story.slice(3)), undefined]);
  });

  it('are understood by the client of graphql-sse, previews included', async () => {
    const { beforeStep, onEvent } = seenStepByStep();
    await serve({ beforeStep });
    const client = createClient({ url: `${gateway.url}/graphql`, retryAttempts: 0 });
    const query = TaskEventsDocument.toString();
    const variables = { taskId: await generate(), preview: EVERY_STEP };

    const seen: TaskEvent[] = [];
    for await (const { data } of client.iterate<TaskEventsSubscription>({ query, variables })) {
      if (data == null) continue;
      seen.push(data.taskEvents);
      onEvent(data.taskEvents);
    }

    expect(names(seen)).toContain('DenoisingPreview');
    expect(names(seen).at(-1)).toBe('TaskSucceeded');
  });

  it('tell errors as GraphQL does, with their codes', async () => {
    await serve();
    const errorOf = async (query: string, variables: object = {}) => {
      for await (const { data } of await openStream(gateway.url, query, variables)) return data;
      return undefined;
    };
    const withCode = (code: string) => ({ errors: [{ extensions: { code } }] });

    expect(await errorOf('subscription { nothing }')).toMatchObject(withCode('GRAPHQL_VALIDATION_FAILED'));
    expect(await errorOf('subscription {')).toMatchObject(withCode('GRAPHQL_PARSE_FAILED'));
    expect(await errorOf(TaskEventsDocument.toString(), { taskId: 'x' })).toMatchObject(withCode('BAD_INPUT'));
  });

  it('are refused to pages of other origins, and change nothing by GET', async () => {
    await serve();
    const { status } = await openStream(gateway.url, '{ status { version } }', {}, { origin: 'https://evil.example' });
    const query = encodeURIComponent('mutation { createConversation(input: {}) { conversation { id } } }');
    const get = await fetch(`${gateway.url}/graphql?query=${query}`, { headers: { accept: 'text/event-stream' } });

    expect([status, get.status]).toEqual([403, 400]);
    expect(await (await gateway.services.conversations.list({})).totalCount()).toBe(0);
  });

  it('end at once when their client goes, and when the gateway stops', async () => {
    const mayEnd = deferred();
    await serve({ beforeStep: () => mayEnd.promise });
    const taskId = await generate();
    const [gone, stays] = [
      await openStream(gateway.url, TaskEventsDocument, { taskId, preview: EVERY_STEP }),
      await openStream(gateway.url, TaskEventsDocument, { taskId }),
    ];
    const ended = (async () => {
      const events = [];
      for await (const { event } of stays) events.push(event);
      return events;
    })();

    expect(await followersOf(taskId, 2)).toBe(2);
    gone.breakOff();
    expect(await followersOf(taskId, 1)).toBe(1);
    const closing = gateway.close();
    expect(await ended).not.toContain('complete');
    mayEnd.resolve();
    await closing;
  });
});

describe('a task with onDisconnect: CANCEL', () => {
  /** Long enough to connect in, on a busy machine. */
  const GRACE_MS = 1_000;

  it('is cancelled when the last one who follows it has left and nobody comes back', async () => {
    await serve({ beforeStep: () => wait(150) }, { disconnectMs: GRACE_MS });
    const taskId = await generate({ onDisconnect: 'CANCEL', diffusion: { numInferenceSteps: 50 } });
    const [first, second] = [
      watch(gateway.url, TaskEventsDocument, { taskId }),
      watch(gateway.url, TaskEventsDocument, { taskId }),
    ];
    await Promise.all([first.next(), second.next()]);

    first.breakOff();
    await wait(1.5 * GRACE_MS);
    expect(await statusOf(taskId)).toBe('RUNNING');
    await second.leave();
    // Somebody comes back within the grace, and leaves again.
    const third = watch(gateway.url, TaskEventsDocument, { taskId });
    await third.next();
    await wait(1.5 * GRACE_MS);
    expect(await statusOf(taskId)).toBe('RUNNING');
    third.breakOff();

    await until(async () => (await statusOf(taskId)) === 'CANCELLED', 'the end of the task');
    expect(names(await storyOf(taskId)).filter((name) => name === 'TaskCancelled')).toHaveLength(1);
  });

  it('lives on by those who follow its conversation', async () => {
    const mayEnd = deferred();
    await serve(
      {
        async *answer() {
          await mayEnd.promise;
          yield END;
        },
      },
      { disconnectMs: 100 },
    );
    const id = await converse();
    const watcher = watch(gateway.url, ConversationEventsDocument, { conversationId: id });
    expect(await followersOf(id, 1)).toBe(1);
    await tell(gateway.url, SendMessageDocument, {
      input: { conversationId: id, parts: [{ text: 'hello' }], onDisconnect: 'CANCEL' },
    });
    await watcher.next();
    await wait(300);
    mayEnd.resolve();

    const seen: string[] = [];
    while (!/Succeeded|Cancelled/.test(seen.at(-1) ?? ''))
      seen.push((await watcher.next()).conversationEvents.__typename);
    expect(seen.at(-1)).toBe('TaskSucceeded');
    await watcher.leave();
  });

  it('outlives a restart of the gateway, if somebody comes back', async () => {
    const mayEnd = deferred();
    await serve({ beforeStep: () => wait(20) }, { disconnectMs: GRACE_MS, drainMs: 0 });
    const endless = { onDisconnect: 'CANCEL', diffusion: { numInferenceSteps: 50 } };
    const [followed, left] = [await generate(endless), await generate(endless)];
    const before = watch(gateway.url, TaskEventsDocument, { taskId: followed });
    const first = await before.next();
    await gateway.close();
    await serve({ beforeStep: () => mayEnd.promise }, { disconnectMs: GRACE_MS, dataDir: gateway.dataDir });
    const after = watch(gateway.url, TaskEventsDocument, { taskId: followed, after: first.taskEvents.cursor });

    await until(async () => (await statusOf(left)) === 'CANCELLED', 'the end of the task that nobody follows');
    expect(await statusOf(followed)).toBe('RUNNING');
    mayEnd.resolve();
    expect((await after.rest()).at(-1)?.taskEvents.__typename).toBe('TaskSucceeded');
  });
});

describe('retryTask', () => {
  it('does the work of a task that was cancelled as a new task, with the same seed', async () => {
    const mayEnd = deferred();
    await serve({ beforeStep: () => mayEnd.promise });
    const taskId = await generate({ diffusion: { numInferenceSteps: 2 } });
    await tell(gateway.url, CancelTaskDocument, { input: { taskId } });
    mayEnd.resolve();

    const input = { taskId, idempotencyKey: 'once' };
    const { retryTask } = await tell(gateway.url, RetryTaskDocument, { input });
    const again = await tell(gateway.url, RetryTaskDocument, { input });
    const story = await storyOf(retryTask.task.id);

    expect(again.retryTask.task.id).toBe(retryTask.task.id);
    expect(names(story)).toEqual(['TaskQueued', 'TaskStarted', 'ImageStarted', 'ImageFinished', 'TaskSucceeded']);
    const settings = async (id: string) => (await gateway.services.tasks.get(rawId(id))).settings;
    expect(await settings(retryTask.task.id)).toEqual(await settings(taskId));
    expect(await statusOf(taskId)).toBe('CANCELLED');
  });

  it('has a reply written anew into its message, and only once', async () => {
    let attempts = 0;
    await serve({
      *answer() {
        attempts += 1;
        yield { type: 'text', text: `try ${attempts}` };
        if (attempts === 1) throw new TypeError('It does not work.');
        yield END;
      },
    });
    const id = await converse();
    const failed = await say(id, 'hello');
    expect(names(await storyOf(failed)).at(-1)).toBe('TaskFailed');

    const { retryTask } = await tell(gateway.url, RetryTaskDocument, { input: { taskId: failed } });
    await storyOf(retryTask.task.id);
    const second = await ask(gateway.url, RetryTaskDocument, { input: { taskId: failed } });
    const [messages] = await gateway.services.messages.ofConversations([rawId(id)], {});

    expect(messages?.items.map(({ parts }) => parts)).toEqual([
      [{ type: 'text', text: 'hello' }],
      [{ type: 'text', text: 'try 2' }],
    ]);
    expect(second.errors[0]?.extensions.code).toBe('TASK_NOT_RETRYABLE');
  });

  it('of a task that has not failed is refused', async () => {
    await serve();
    const taskId = await generate();
    await storyOf(taskId);
    const { errors } = await ask(gateway.url, RetryTaskDocument, { input: { taskId } });
    expect(errors[0]?.extensions.code).toBe('TASK_NOT_RETRYABLE');
  });
});

async function statusOf(taskId: string): Promise<string> {
  return (await gateway.services.tasks.get(rawId(taskId))).status;
}

/** How many follow the task, once it is `wanted` or a second has passed. */
async function followersOf(taskId: string, wanted: number): Promise<number> {
  const count = () => gateway.followers.countOf(rawId(taskId));
  await until(() => count() === wanted, `${wanted} followers`, 1_000).catch(() => undefined);
  return count();
}

function rawId(globalId: string): string {
  return Buffer.from(globalId, 'base64url').toString().split(':')[1] ?? '';
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
