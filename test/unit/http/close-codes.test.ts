/** With which code a WebSocket is closed when its client breaks the protocol graphql-transport-ws. */
import { once } from 'node:events';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { type ServedServices, servedServices } from '../../support/served-services.js';

let gateway: ServedServices;
beforeEach(async () => {
  gateway = await servedServices();
});
afterEach(() => gateway.close());

const INIT = { type: 'connection_init' };
const subscribe = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: ENDLESS, variables: { id: conversationId } },
});
const ENDLESS = 'subscription ($id: ID!) { conversationEvents(conversationId: $id) { __typename } }';
let conversationId = '';
let rawId = '';

describe('a WebSocket is closed with', () => {
  it.each<[number, string, unknown[]]>([
    [4400, 'a message that is no JSON', ['{"type":']],
    [4400, 'a message of a type that does not exist', [{ type: 'hello' }]],
    [4400, 'a subscribe without a query', [INIT, { id: '1', type: 'subscribe', payload: {} }]],
    [
      4401,
      'a subscribe before the connection was acknowledged',
      [{ id: '1', type: 'subscribe', payload: { query: '{ __typename }' } }],
    ],
    [4429, 'two connection_init', [INIT, INIT]],
  ])('%i for %s', async (code, _what, messages) => {
    expect(await closeOf(messages)).toMatchObject({ code });
  });

  it('4408 for no connection_init within three seconds', async () => {
    expect(await closeOf([])).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });

  it('4409 for an id that is in use', async () => {
    conversationId = await newConversation();

    expect(await closeOf([INIT, subscribe('1'), subscribe('1')])).toEqual({
      code: 4409,
      reason: 'Subscriber for 1 already exists',
    });
  });

  it('nothing for an id that is free again', async () => {
    const socket = await open();
    const messages: { type: string; id?: string }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as { type: string }));
    const ask = { id: '1', type: 'subscribe', payload: { query: '{ __typename }' } };
    const complete = async (count: number) => {
      while (messages.filter(({ type }) => type === 'complete').length < count) await once(socket, 'message');
    };

    await send(socket, [INIT, ask]);
    await complete(1);
    socket.send(JSON.stringify(ask));
    await complete(2);

    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
  });

  it('4406 for no subprotocol that it speaks', async () => {
    expect(await closeOf([], [])).toMatchObject({ code: 4406 });
  });

  it.each<[string, (socket: WebSocket) => void, number]>([
    ['the code of the client when it terminates (4499)', (socket) => socket.close(4499, 'Terminated'), 4499],
    ['no code when its network is gone', (socket) => socket.terminate(), 1006],
  ])('%s, and its subscriptions end at once', async (_what, leave, code) => {
    conversationId = await newConversation();
    const socket = await open();
    await send(socket, [INIT, subscribe('1')]);
    const before = await listeners(1);

    leave(socket);
    const [closed] = (await once(socket, 'close')) as [number];

    expect([before, closed, await listeners(0)]).toEqual([1, code, 0]);
  });
});

/** Opens a socket, sends, and waits until it is closed. */
async function closeOf(messages: readonly unknown[], protocols?: string[]): Promise<{ code: number; reason: string }> {
  const socket = await open(protocols);
  const closed = once(socket, 'close');
  await send(socket, messages);
  const [code, reason] = (await closed) as [number, Buffer];
  return { code, reason: reason.toString() };
}

async function open(protocols = ['graphql-transport-ws']): Promise<WebSocket> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, protocols);
  await once(socket, 'open');
  return socket;
}

/** One message after the other; the connection is acknowledged before the next goes. */
async function send(socket: WebSocket, messages: readonly unknown[]): Promise<void> {
  for (const message of messages) {
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    if (message === INIT) await Promise.race([once(socket, 'message'), once(socket, 'close')]);
  }
}

async function newConversation(): Promise<string> {
  const { id } = await gateway.services.conversations.create({});
  rawId = id;
  return Buffer.from(`Conversation:${id}`).toString('base64url');
}

/** How many follow an event stream, once it is so many; the test times out otherwise. */
async function listeners(wanted: number): Promise<number> {
  for (;;) {
    const count = gateway.followers.countOf(rawId);
    if (count === wanted) return count;
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
