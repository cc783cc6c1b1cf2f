import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import {
  ConversationDocument,
  ConversationsDocument,
  CreateConversationDocument,
  GatewayDocument,
  SendMessageDocument,
  TaskEventsDocument,
  TasksDocument,
} from '../../src/client/gql/graphql.js';
import { createClient } from '../../src/client/index.js';
import { tell, watch } from '../support/client.js';
import { type TestGateway, startTestGateway } from '../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

async function say(conversationId: string, parts: { text?: string; imageId?: string }[]) {
  const { sendMessage } = await tell(gateway.url, SendMessageDocument, {
    input: { conversationId, parts, diffusion: { seed: 4 } },
  });
  const events = await watch(gateway.url, TaskEventsDocument, { taskId: sendMessage.task.id }).rest();
  return { sendMessage, events: events.map(({ taskEvents }) => taskEvents) };
}

async function messagesOf(id: string) {
  const { node } = await tell(gateway.url, ConversationDocument, { id });
  if (node?.__typename !== 'Conversation') throw new Error(`${id} is no conversation.`);
  return node.messages.edges.map(({ node: message }) => message);
}

interface Metrics {
  readonly plugins: readonly { readonly name: string; readonly metrics: object }[];
}

function query<Result>(document: string): Promise<Result> {
  return createClient({ url: gateway.url }).request<Result, Record<string, never>>(document);
}

async function begin(title: string): Promise<string> {
  const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: { title } });
  return createConversation.conversation.id;
}

describe('a conversation', () => {
  it('is answered with words, streamed piece by piece', async () => {
    const id = await begin('words');

    const { sendMessage, events } = await say(id, [{ text: 'hello there' }]);

    expect(sendMessage.replyMessage.parts).toEqual([]);
    let answer = '';
    for (const event of events) {
      if (event.__typename !== 'TextDelta') continue;
      expect(event.offset).toBe(answer.length);
      answer += event.text;
    }
    expect(answer).toBe('I see 0 pictures; you said: hello there');
    const messages = await messagesOf(id);
    expect(messages.map(({ role, parts }) => [role, parts])).toEqual([
      ['USER', [{ __typename: 'TextPart', text: 'hello there' }]],
      ['ASSISTANT', [{ __typename: 'TextPart', text: answer }]],
    ]);
  });

  it('is a call of the language model that went well, not one that was left before its end', async () => {
    await say(await begin('counted'), [{ text: 'hello there' }]);

    const { plugins } = await query<Metrics>('{ plugins { name metrics { calls cancelledCalls medianMs } } }');

    expect(plugins.find(({ name }) => name === 'language')?.metrics).toMatchObject({
      calls: expect.any(Number),
      cancelledCalls: 0,
      medianMs: expect.any(Number),
    });
  });

  it('is answered with words and a picture, when the model decides so; the next picture is an edit of it', async () => {
    const id = await begin('pictures');

    const { events } = await say(id, [{ text: 'draw a red circle' }]);
    await say(id, [{ text: 'make it green' }]);

    expect(events.map(({ __typename }) => __typename)).toEqual(
      expect.arrayContaining(['TextDelta', 'ImageStarted', 'ImageFinished']),
    );
    const [, drawn, , edited] = await messagesOf(id);
    expect(drawn?.parts).toEqual([
      expect.objectContaining({ __typename: 'TextPart' }),
      { __typename: 'ImagePart', image: expect.objectContaining({ origin: 'GENERATED' }) },
    ]);
    expect(edited?.parts.at(-1)).toEqual({
      __typename: 'ImagePart',
      image: expect.objectContaining({ origin: 'EDITED' }),
    });
  });
});

describe('a gateway that was restarted', () => {
  it('has everything that was there before: conversations, messages, pictures, tasks and their events', async () => {
    const id = await begin('kept');
    const { sendMessage, events } = await say(id, [{ text: 'draw a star' }]);
    const before = await messagesOf(id);

    gateway = await gateway.restart();

    expect(withoutAddresses(await messagesOf(id))).toEqual(withoutAddresses(before));
    const { conversations } = await tell(gateway.url, ConversationsDocument, { search: 'kept' });
    expect(conversations.edges.map(({ node }) => node.title)).toEqual(['kept']);
    const { tasks } = await tell(gateway.url, TasksDocument, { filter: { conversationId: id } });
    expect(tasks.edges[0]?.node).toMatchObject({ id: sendMessage.task.id, status: 'SUCCEEDED' });
    const again = await watch(gateway.url, TaskEventsDocument, { taskId: sendMessage.task.id }).rest();
    expect(again.map(({ taskEvents }) => taskEvents.cursor)).toEqual(events.map(({ cursor }) => cursor));
    const picture = (await messagesOf(id))
      .flatMap(({ parts }) => parts)
      .find(({ __typename }) => __typename === 'ImagePart');
    const url = picture?.__typename === 'ImagePart' ? (picture.image?.url ?? '') : '';
    expect((await fetch(url)).status).toBe(200);
  });

  it('says what it serves', async () => {
    const { models, plugins } = await tell(gateway.url, GatewayDocument, {});

    expect(models).toEqual([
      expect.objectContaining({ id: 'minimal', capabilities: ['UNDERSTAND', 'GENERATE', 'EDIT'] }),
    ]);
    expect(plugins.map(({ kind, state }) => [kind, state])).toEqual([
      // It may still be looking at the picture, for `similarImages`.
      ['VISION_ENCODER', expect.stringMatching(/^(READY|BUSY)$/)],
      ['LANGUAGE_MODEL', 'READY'],
      ['IMAGE_DECODER', 'READY'],
    ]);
  });
});

/** Addresses change: another port, another expiry. */
function withoutAddresses(messages: unknown): unknown {
  return JSON.parse(JSON.stringify(messages, (key, value: unknown) => (key === 'url' ? undefined : value)));
}
