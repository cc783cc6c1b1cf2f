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
