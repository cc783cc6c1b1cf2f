/** What a deletion leaves behind, as clients see it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import {
  CreateConversationDocument,
  CreateImageDocument,
  DeleteConversationDocument,
  DeleteImageDocument,
  SendMessageDocument,
  TaskEventsDocument,
} from '../../src/client/gql/graphql.js';
import { ask, tell, watch } from '../support/client.js';
import { openStream } from '../support/event-stream.js';
import { type ServedServices, servedServices } from '../support/served-services.js';

let gateway: ServedServices;

beforeEach(async () => {
  gateway = await servedServices();
});
afterEach(() => gateway.close());

async function upload() {
  const file = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#c81e32' } })
    .png()
    .toBuffer();
  const response = await fetch(`${gateway.url}/uploads`, { method: 'POST', body: new Uint8Array(file) });
  const { uploadId } = (await response.json()) as { uploadId: string };
  return (await tell(gateway.url, CreateImageDocument, { input: { uploadId } })).createImage.image;
}

describe('a deleted image', () => {
  it('is gone from its address, and leaves an empty place where it was said', async () => {
    const image = await upload();
    const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
    const conversationId = createConversation.conversation.id;
    const { sendMessage } = await tell(gateway.url, SendMessageDocument, {
      input: { conversationId, parts: [{ text: 'look' }, { imageId: image.id }] },
    });
    await watch(gateway.url, TaskEventsDocument, { taskId: sendMessage.task.id }).rest();

    const refused = await ask(gateway.url, DeleteImageDocument, { input: { imageId: image.id } });
    const { deleteImage } = await tell(gateway.url, DeleteImageDocument, { input: { imageId: image.id, force: true } });

    expect(refused.errors[0]?.extensions.code).toBe('IN_USE');
    expect(deleteImage).toEqual({
      deletedImageId: image.id,
      cancelledTasks: [],
      messages: [{ id: sendMessage.userMessage.id }],
    });
    expect((await fetch(image.url)).status).toBe(404);
    const query =
      'query ($id: ID!) { node(id: $id) { ... on Message { parts { ... on ImagePart { image { id } } } } } }';
    expect(await tell(gateway.url, query, { id: sendMessage.userMessage.id })).toEqual({
      node: { parts: [{}, { image: null }] },
    });
  });
});

describe('a deleted conversation', () => {
  const begun = async (): Promise<string> => {
    const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
    return createConversation.conversation.id;
  };
  const say = (conversationId: string) =>
    tell(gateway.url, SendMessageDocument, { input: { conversationId, parts: [{ text: 'hello' }] } });
  const QUERY =
    'subscription ($id: ID!, $after: String) { conversationEvents(conversationId: $id, after: $after) { __typename ... on MessageAdded { cursor } } }';

  it('ends the streams of those who follow it, over WebSocket and Server-Sent Events, after all that was told', async () => {
    const id = await begun();
    const socket = watch<{ conversationEvents: { __typename: string } }, Record<string, unknown>>(gateway.url, QUERY, {
      id,
    });
    const stream = (await openStream(gateway.url, QUERY, { id }))[Symbol.asyncIterator]();
    const { sendMessage } = await say(id);
    await watch(gateway.url, TaskEventsDocument, { taskId: sendMessage.task.id }).rest();
    const told: string[] = [];
    while (told.at(-1) !== 'TaskSucceeded') told.push((await socket.next()).conversationEvents.__typename);

    await tell(gateway.url, DeleteConversationDocument, { input: { conversationId: id } });

    expect(told.slice(0, 3)).toEqual(['MessageAdded', 'MessageAdded', 'TaskQueued']);
    expect(await socket.rest()).toEqual([]);
    const messages = [];
    for (let next = await stream.next(); next.done !== true; next = await stream.next())
      messages.push(next.value.event);
    expect(messages).toEqual([...told.map(() => 'next'), 'complete']);
    expect(gateway.followers.countOf(rawIdOf(id))).toBe(0);
  });

  it('ends the stream of one who waits in an empty conversation, and of one whose task is cancelled with it', async () => {
    const [empty, busy] = [await begun(), await begun()];
    const waiting = watch(gateway.url, QUERY, { id: empty });
    await followed(empty);
    const following = watch(gateway.url, QUERY, { id: busy });
    await say(busy);
    await following.next();

    for (const conversationId of [empty, busy])
      await tell(gateway.url, DeleteConversationDocument, { input: { conversationId, force: true } });

    expect(await waiting.rest()).toEqual([]);
    await following.rest();
  });

  it('is NOT_FOUND for one who comes back with a cursor', async () => {
    const id = await begun();
    await say(id);
    const first = watch<{ conversationEvents: { cursor: string } }, Record<string, unknown>>(gateway.url, QUERY, {
      id,
    });
    const { cursor } = (await first.next()).conversationEvents;
    await tell(gateway.url, DeleteConversationDocument, { input: { conversationId: id, force: true } });

    await expect(watch(gateway.url, QUERY, { id, after: cursor }).rest()).rejects.toMatchObject({
      reason: [{ extensions: { code: 'NOT_FOUND' } }],
    });
  });

  it('is no node any more', async () => {
    const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: {} });
    const { id } = createConversation.conversation;

    const { deleteConversation } = await tell(gateway.url, DeleteConversationDocument, {
      input: { conversationId: id },
    });

    expect(deleteConversation).toEqual({
      ...{ deletedConversationId: id, cancelledTasks: 0, deletedImages: 0, keptImages: 0 },
    });
    expect(await tell(gateway.url, 'query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: null });
  });
});

function rawIdOf(id: string): string {
  return Buffer.from(id, 'base64url').toString().split(':')[1] ?? '';
}

/** Waits until somebody follows it. */
async function followed(id: string): Promise<void> {
  while (gateway.followers.countOf(rawIdOf(id)) === 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}
