/** `darkroom/client` against a real gateway, over networks that fail as networks do. Needs a build. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type Server, createServer, get, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type ClientOptions,
  type ConnectionState,
  CreateConversationDocument,
  ConversationEventsDocument,
  type DarkroomClient,
  DarkroomError,
  EditImageDocument,
  GatewayDocument,
  GenerateImageDocument,
  ImagesDocument,
  NodesDocument,
  SendMessageDocument,
  SimilarImagesDocument,
  StatusDocument,
  type TaskEvent,
  TaskDocument,
  type TaskWatch,
  type TypedDocument,
  type UploadProgress,
  createClient,
} from 'darkroom/client';
import { parse, print } from 'graphql';
import sharp from 'sharp';
import { WebSocket } from 'ws';

import { type FlakyNetwork, flakyNetwork } from '../support/flaky-network.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

const STEP_MS = 25;
const GRACE_MS = 150;
const PICTURE = { prompt: 'a red circle', diffusion: { seed: 7, numInferenceSteps: 16 } };
const SOON = { baseMs: 20, maxMs: 100 };
const TRANSPORTS = [
  ['a WebSocket', { transport: 'websocket', webSocket: WebSocket }],
  ['Server-Sent Events', { transport: 'sse' }],
] as const satisfies [string, ClientOptions][];

let gateway: TestGateway;
let network: FlakyNetwork;
const clients: DarkroomClient[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({ stepMs: STEP_MS, wordMs: 5, config: { deadlines: { disconnectMs: GRACE_MS } } });
  network = await flakyNetwork(() => gateway.url);
}, 60_000);
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  // Connections that are kept for later are of no use to the next test when they were frozen.
  network.restore();
  network.cut();
  await eventually(() => canReach(network.url));
});
afterAll(async () => {
  await network.close();
  await gateway.stop();
});

function connect(options: ClientOptions = {}): DarkroomClient {
  const client = createClient({ url: network.url, retry: SOON, ...options });
  clients.push(client);
  return client;
}

async function draw(client: DarkroomClient, input: object = {}): Promise<string> {
  const { generateImage } = await client.request(GenerateImageDocument, { input: { ...PICTURE, ...input } });
  return generateImage.task.id;
}

/** A picture that lies in the gateway, of this colour. */
async function uploaded(client: DarkroomClient, background = 'red'): Promise<string> {
  return (await client.upload(await pngOf(background))).id;
}

async function pngOf(background: string, size = 64): Promise<Uint8Array<ArrayBuffer>> {
  const png = await sharp({ create: { width: size, height: size, channels: 3, background } })
    .png()
    .toBuffer();
  return new Uint8Array(png);
}

async function storyOf(watch: AsyncIterable<TaskEvent>): Promise<TaskEvent[]> {
  const story: TaskEvent[] = [];
  for await (const event of watch) story.push(event);
  return story;
}

function statesOf(story: readonly TaskEvent[]): string[] {
  return story.filter(({ __typename }) => __typename !== 'DenoisingPreview').map(({ cursor }) => cursor);
}

/** What the log says, read at once and after the end. */
async function wholeStory(taskId: string): Promise<string[]> {
  return statesOf(await storyOf(connect({ url: gateway.url, transport: 'sse' }).watch(taskId, { preview: false })));
}

async function until(watch: TaskWatch, name: TaskEvent['__typename']): Promise<TaskEvent[]> {
  const seen: TaskEvent[] = [];
  while (seen.at(-1)?.__typename !== name) {
    const step = await watch.next();
    if (step.done) throw new Error(`The story ended without ${name}.`);
    seen.push(step.value);
  }
  return seen;
}

async function statusOf(taskId: string): Promise<string | undefined> {
  const { node } = await connect({ url: gateway.url }).request(TaskDocument, { id: taskId });
  return node && 'status' in node ? node.status : undefined;
}

function canReach(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(`${url}/health`, { agent: false }, (response) => {
      response.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; !(await isSo()); look += 1) {
    if (look === 1_000) throw new Error('It never came to be.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe.each(TRANSPORTS)('a subscription over %s', (_name, over) => {
  it('tells what happens to a task, with previews, and ends with it', async () => {
    const client = connect(over);
    const taskId = await draw(client);
    const story = await storyOf(client.watch(taskId, { preview: { maxPerSecond: 1000, maxSize: 32 } }));

    expect(statesOf(story)).toEqual(await wholeStory(taskId));
    expect(story.map(({ __typename }) => __typename)).toContain('DenoisingPreview');
    expect(story.at(-1)).toMatchObject({ __typename: 'TaskSucceeded', task: { images: [{ origin: 'GENERATED' }] } });
  });

  it('goes on after every loss of its connection: no state event twice, none lost', async () => {
    const states: ConnectionState[] = [];
    const client = connect({ ...over, onConnection: (state) => states.push(state) });
    const taskId = await draw(client);
    const story: TaskEvent[] = [];
    for await (const event of client.watch(taskId, { preview: { maxPerSecond: 1000 } })) {
      story.push(event);
      // At every state event but the last, and at some of the steps.
      if (event.__typename !== 'DenoisingPreview' || event.stepIndex % 5 === 0) network.cut();
    }

    expect(statesOf(story)).toEqual(await wholeStory(taskId));
    expect(states.filter(({ status }) => status === 'WAITING').length).toBeGreaterThan(2);
    expect(states.filter(({ status }) => status === 'CONNECTED').length).toBeGreaterThan(2);
  });

  it('waits while there is no network, and goes on when there is one', async () => {
    const waited: number[] = [];
    const client = connect({
      ...over,
      onConnection: (state) => state.status === 'WAITING' && waited.push(state.attempt),
    });
    const taskId = await draw(client);
    const watch = client.watch(taskId);
    const seen = await until(watch, 'DenoisingPreview');
    network.fail();
    const rest = storyOf(watch);
    await eventually(() => waited.length >= 3);
    network.restore();

    expect(statesOf([...seen, ...(await rest)])).toEqual(await wholeStory(taskId));
    expect(waited.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('notices a connection over which nothing comes any more, and makes a new one', async () => {
    const client = connect({ ...over, silenceMs: 400 });
    const taskId = await draw(client);
    const watch = client.watch(taskId);
    const seen = await until(watch, 'DenoisingPreview');
    network.freeze();

    expect(statesOf([...seen, ...(await storyOf(watch))])).toEqual(await wholeStory(taskId));
  });

  it('goes on after a restart of the gateway', async () => {
    const client = connect(over);
    const taskId = await draw(client);
    const watch = client.watch(taskId);
    const seen = await until(watch, 'DenoisingPreview');
    const rest = storyOf(watch);
    gateway = await gateway.restart();

    const story = [...seen, ...(await rest)];
    expect(statesOf(story)).toEqual(await wholeStory(taskId));
    expect(story.at(-1)?.__typename).toBe('TaskSucceeded');
  }, 60_000);

  it('begins after a cursor, and has the one to go on from', async () => {
    const client = connect(over);
    const taskId = await draw(client);
    const first = client.watch(taskId);
    const seen = await until(first, 'ImageStarted');
    await first.return();
    const second = client.watch(taskId, { after: first.cursor });

    expect(first.cursor).toBe(seen.at(-1)?.cursor);
    expect(statesOf([...seen, ...(await storyOf(second))])).toEqual(await wholeStory(taskId));
  });

  it.each([
    ['return()', (watch: TaskWatch) => watch.return()],
    ['an abort', (_watch: TaskWatch, controller: AbortController) => controller.abort(new Error('enough'))],
    ['close()', (_watch: TaskWatch, _controller: AbortController, client: DarkroomClient) => client.close()],
  ])('is left at once by %s, also while nothing happens', async (_how, leave) => {
    const [asking, client] = [connect({ url: gateway.url }), connect(over)];
    // It waits behind another one, so nothing is told of it; and it lives as long as somebody follows it.
    const running = await draw(asking, { priority: 1, diffusion: { ...PICTURE.diffusion, numInferenceSteps: 50 } });
    const taskId = await draw(asking, { onDisconnect: 'CANCEL' });
    const controller = new AbortController();
    const watch = client.watch(taskId, { signal: controller.signal });
    await until(watch, 'TaskQueued');
    const waiting = watch.next();
    const ended = Promise.allSettled([waiting]);
    await leave(watch, controller, client);

    expect((await ended)[0].status).toBeDefined();
    await eventually(async () => (await statusOf(taskId)) === 'CANCELLED');
    expect(await statusOf(running)).not.toBe('SUCCEEDED');
  });

  it('takes the newest preview where its reader is slow, and every state event', async () => {
    const client = connect(over);
    const taskId = await draw(client);
    const preview = { maxPerSecond: 1000, maxSize: 32 };
    const slow = client.watch(taskId, { preview });
    const first = await slow.next();
    const quick = await storyOf(client.watch(taskId, { preview }));
    const story = [...(first.done ? [] : [first.value]), ...(await storyOf(slow))];

    expect(statesOf(story)).toEqual(statesOf(quick));
    expect(previewsOf(quick)).toBeGreaterThan(previewsOf(story));
  });

  it('carries the events of a conversation, whose tasks take turns', async () => {
    const client = connect(over);
    const { createConversation } = await client.request(CreateConversationDocument, { input: {} });
    const conversationId = createConversation.conversation.id;
    const say = (text: string) => client.request(SendMessageDocument, { input: { conversationId, parts: [{ text }] } });
    await say('what is a circle?');
    await say('draw a red circle');
    const names: string[] = [];
    const cursors: string[] = [];
    for await (const { conversationEvents: event } of client.subscribe(ConversationEventsDocument, {
      conversationId,
    })) {
      names.push(event.__typename);
      cursors.push(event.cursor);
      if (event.__typename === 'TextDelta') network.cut();
      if (names.filter((name) => name === 'TaskSucceeded').length === 2) break;
    }

    expect(names.filter((name) => name === 'MessageAdded')).toHaveLength(4);
    expect(cursors).toEqual([...new Set(cursors)].toSorted());
  });

  it('throws what the gateway says of it, with its code', async () => {
    const client = connect(over);

    await expect(client.watch('nothing').next()).rejects.toMatchObject({ name: 'DarkroomError', code: 'BAD_INPUT' });
    await expect(client.watch(await draw(client), { preview: { maxSize: 1 } }).next()).rejects.toMatchObject({
      code: 'BAD_INPUT',
      retryable: false,
    });
  });

  it('gives up after as many attempts as it was told', async () => {
    network.fail();
    const watch = connect({ ...over, retry: { ...SOON, maxAttempts: 2 } }).watch('any');

    await expect(watch.next()).rejects.toMatchObject({ code: 'CONNECTION_FAILED', retryable: true });
    await expect(watch.next()).resolves.toEqual({ done: true, value: undefined });
  });
});

function previewsOf(story: readonly TaskEvent[]): number {
  return story.filter(({ __typename }) => __typename === 'DenoisingPreview').length;
}

describe('a document of a subscription', () => {
  it.each([
    ['does not select `cursor`', 'subscription ($after: String) { taskEvents(taskId: "x", after: $after) { taskId } }'],
    ['takes no `$after`', 'subscription { taskEvents(taskId: "x") { cursor } }'],
  ])('that %s is refused at once: it could not be resumed', (_what, document) => {
    expect(() => connect().subscribe(document)).toThrow(TypeError);
  });

  it('that selects `cursor` of some events only fails at the first without', async () => {
    const client = connect();
    const document =
      'subscription ($id: ID!, $after: String) { taskEvents(taskId: $id, after: $after) { ... on TaskStarted { cursor } } }';

    const variables: { id: string; after?: string } = { id: await draw(client) };
    await expect(client.subscribe(document, variables).next()).rejects.toThrow('`cursor`');
  });
});

describe('watch', () => {
  it('hands out the finished task with its pictures', async () => {
    const client = connect();
    const task = await client.watch(await draw(client)).finished();

    expect(task).toMatchObject({ __typename: 'GenerationTask', status: 'SUCCEEDED', prompt: PICTURE.prompt });
    expect('images' in task && task.images).toHaveLength(1);
  });

  it('hands it out after its last event was read, too, and when it began after that', async () => {
    const client = connect();
    const watch = client.watch(await draw(client));
    const last = (await storyOf(watch)).at(-1);
    const again = client.watch(last && 'task' in last ? last.task.id : '', { after: last?.cursor });

    expect(await watch.finished()).toMatchObject({ status: 'SUCCEEDED' });
    expect(await again.finished()).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('throws that a task was cancelled', async () => {
    const client = connect();
    const taskId = await draw(client, { onDisconnect: 'CANCEL' });
    await eventually(async () => (await statusOf(taskId)) === 'CANCELLED');

    await expect(client.watch(taskId).finished()).rejects.toMatchObject({ code: 'CANCELLED', retryable: false });
  });
});

describe('a request', () => {
  it('covers the whole daily work with the documents of the client', async () => {
    const client = connect();
    const sourceImageId = await uploaded(client);
    const { models, plugins, status } = await client.request(GatewayDocument);
    const { editImage } = await client.request(EditImageDocument, {
      input: { sourceImageId, instruction: 'make it green', diffusion: { seed: 1, numInferenceSteps: 2 } },
    });
    const edited = await client.watch(editImage.task.id).finished();
    const { images } = await client.request(ImagesDocument, { filter: { origin: 'EDITED' } });
    const { nodes } = await client.request(NodesDocument, { ids: [sourceImageId, edited.id, 'nothing'] });
    const { similarImages } = await client.request(SimilarImagesDocument, { imageId: sourceImageId, first: 2 });

    expect(models[0]?.id).toBe('minimal');
    expect(plugins).toHaveLength(3);
    expect(status.version).toBe((await client.request(StatusDocument)).status.version);
    expect(images.totalCount).toBeGreaterThan(0);
    expect(nodes.map((node) => node?.__typename)).toEqual(['Image', 'EditTask', undefined]);
    expect(similarImages).toEqual(expect.any(Array));
  });

  it('throws an error with code, request id, field and what was answered all the same', async () => {
    const client = connect();
    const document = '{ status { version } node(id: 7) { id } similarImages(first: 0) { score } }';
    const error = await client.request(document).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(DarkroomError);
    expect(error).toMatchObject({ retryable: false, status: expect.any(Number) });
    expect((error as DarkroomError).requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect((error as DarkroomError).errors.length).toBeGreaterThan(0);
  });

  it('hands out the part that was answered beside the errors', async () => {
    const client = connect();
    const id = await uploaded(client);
    const document =
      'query ($id: ID!) { good: nodes(ids: [$id]) { ... on Image { caption } } bad: nodes(ids: [$id]) { ... on Image { answer(question: "") } } }';
    const { data, errors } = await client.requestPartial<{ good: object[]; bad: object[] }, { id: string }>(document, {
      id,
    });

    expect(data).toEqual({ good: [{ caption: expect.any(String) }], bad: [{ answer: null }] });
    expect(errors).toMatchObject([{ code: 'PROMPT_EMPTY', path: ['bad', 0, 'answer'] }]);
  });

  it('takes documents of its user: text, text with types, and parsed ones with `print`', async () => {
    type Version = { status: { version: string } };
    const text = '{ status { version } }';
    const typed = Object.assign(new String(text), {}) as unknown as TypedDocument<Version, Record<string, never>>;
    const parsed = parse(text) as TypedDocument<Version, Record<string, never>>;
    const version = (await connect().request<Version, Record<string, never>>(text)).status.version;

    expect((await connect().request(typed)).status.version).toBe(version);
    expect((await connect({ print }).request(parsed)).status.version).toBe(version);
    await expect(connect().request(parsed)).rejects.toThrow('`print`');
  });

  it('ends when it was aborted, when it took too long, and when the client is closed', async () => {
    const controller = new AbortController();
    const client = connect();
    network.hold();
    const aborted = client.request(StatusDocument, {}, { signal: controller.signal });
    const late = client.request(StatusDocument, {}, { timeoutMs: 50 });
    const closed = client.request(StatusDocument);
    controller.abort(new Error('enough'));

    await expect(aborted).rejects.toThrow('enough');
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
    client.close();
    await expect(closed).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
    await expect(client.request(StatusDocument)).rejects.toMatchObject({ code: 'CLIENT_CLOSED' });
  });

  it('says so when there is no gateway, or something else in its place', async () => {
    network.fail();
    await expect(connect().request(StatusDocument)).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      retryable: true,
    });
    await expect(connect({ url: `${gateway.url}/elsewhere` }).request(StatusDocument)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      status: 404,
    });
  });
});

describe('an upload', () => {
  let png: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    png = new Uint8Array(
      await sharp(noise(300), { raw: { width: 300, height: 300, channels: 3 } })
        .png()
        .toBuffer(),
    );
  });

  it('takes blobs, bytes and streams, and tells how far it is', async () => {
    const client = connect();
    const path = join(await temporaryFolder(), 'picture.png');
    await writeFile(path, png);
    const sources = [new Blob([png]), png, png.buffer, createReadStream(path, { highWaterMark: 10_000 })];

    for (const source of sources) {
      const told: UploadProgress[] = [];
      const image = await client.upload(source, { onProgress: (progress) => told.push(progress) });
      const loaded = told.map((progress) => progress.loaded);
      expect(image).toMatchObject({ width: 300, height: 300, origin: 'UPLOADED' });
      expect(loaded.at(-1)).toBe(png.byteLength);
      expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
      expect(told.at(-1)?.total).toBe(source instanceof Blob || 'byteLength' in source ? png.byteLength : undefined);
    }
  });

  it('ends when it is aborted in the middle', async () => {
    const controller = new AbortController();
    let taken = 0;
    let hasEnded = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          taken += 1;
          yield png.subarray(0, 1_000);
          if (taken === 5) controller.abort(new Error('enough'));
        }
      } finally {
        hasEnded = true;
      }
    }

    await expect(connect().upload(endless(), { signal: controller.signal })).rejects.toThrow('enough');
    await eventually(() => hasEnded);
    expect(taken).toBeLessThan(100);
  });

  it('throws why it was refused', async () => {
    await expect(connect().upload(new Blob(['no picture']))).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
      status: 415,
      retryable: false,
      requestId: expect.any(String),
    });
  });
});

describe('a gateway behind a proxy', () => {
  /** Without a ticket it answers 401; of WebSockets it knows nothing. */
  let proxy: Server;
  let url: string;
  let tickets: (string | undefined)[];
  let upgrades: number;
  beforeAll(async () => {
    proxy = createServer((request, response) => {
      if (request.headers.upgrade !== undefined) {
        upgrades += 1;
        response.writeHead(404).end();
        return;
      }
      tickets.push(request.headers.authorization);
      if (request.headers.authorization === undefined && tickets.length < 2) {
        response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '2' }).end('<html>away</html>');
        return;
      }
      const { hostname, port } = new URL(gateway.url);
      const options = { hostname, port, path: request.url, method: request.method, headers: request.headers };
      const onward = forward(options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
      response.on('close', () => onward.destroy());
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await once(proxy, 'close');
  });
  const fresh = () => {
    tickets = [];
    upgrades = 0;
  };

  it('gets the token with every request, subscription and upload, asked for anew each time', async () => {
    fresh();
    let count = 0;
    const client = connect({ url, token: async () => `ticket-${(count += 1)}`, webSocket: WebSocket });
    const taskId = await draw(client);
    await client.watch(taskId).finished();
    await client.upload(await pngOf('blue'));

    expect(tickets).toEqual([1, 2, 3, 4].map((number) => `Bearer ticket-${number}`));
    expect(upgrades).toBe(0);
  });

  it('is asked over Server-Sent Events where no WebSocket gets through, and stays so', async () => {
    fresh();
    tickets.push('warm');
    const client = connect({ url, webSocket: WebSocket });
    const first = await storyOf(client.watch(await draw(client)));
    const second = await storyOf(client.watch(await draw(client)));

    expect([first, second].map((story) => story.at(-1)?.__typename)).toEqual(['TaskSucceeded', 'TaskSucceeded']);
    expect(upgrades).toBe(1);
  });

  it('and away is told as that, with when to come back', async () => {
    fresh();
    await expect(connect({ url }).request(StatusDocument)).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      status: 503,
      retryable: true,
      retryAfterMs: 2_000,
    });
  });
});

describe('createClient', () => {
  it('takes the address of the gateway, with a slash or `/graphql` at its end or without', async () => {
    for (const url of ['', '/', '/graphql', '/graphql/'].map((end) => network.url + end)) {
      expect((await connect({ url }).request(StatusDocument)).status.queued).toBeGreaterThanOrEqual(0);
    }
  });

  it('refuses what cannot be, with what to do', () => {
    expect(() => createClient()).toThrow('`url`');
  });
});

/** Does not compress. */
function noise(size: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: size * size * 3 }, () => (state = (state * 48_271) % 2_147_483_647) & 255);
}
