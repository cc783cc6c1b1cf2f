import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import {
  ConversationDocument,
  CreateConversationDocument,
  SendMessageDocument,
  TaskEventsDocument,
} from '../../src/client/gql/graphql.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { tell, watch } from '../support/client.js';
import { openAiServer } from '../support/openai-server.js';
import type { ProtocolServer } from '../support/protocol-server.js';
import { startTestGateway, type TestGateway } from '../support/test-gateway.js';

let server: ProtocolServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await openAiServer({ key: 'sesame' });
  const plugin = (name: string, path: string, options: object) => ({
    name,
    path: join(packageRoot, 'plugins', path),
    env: { SERVER_KEY: 'sesame' },
    options: { url: `${server.url}/v1`, apiKeyVariable: 'SERVER_KEY', model: name, ...options },
  });
  gateway = await startTestGateway({
    config: {
      plugins: [
        plugin('words', 'openai/language-model', {}),
        plugin('paint', 'openai/image-decoder', { limits: { minSide: 32 }, defaults: { width: 64, height: 64 } }),
      ],
      models: [{ id: 'far', name: 'Far', languageModel: 'words', decoders: { generation: 'paint', editing: 'paint' } }],
    },
  });
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await server.stop();
});

it('a conversation with a model that only writes words is answered with pictures all the same', async () => {
  const { createConversation } = await tell(gateway.url, CreateConversationDocument, { input: { title: 'far' } });
  const { id } = createConversation.conversation;
  for (const text of ['hello there', 'draw a cat', 'change it to green']) {
    const { sendMessage } = await tell(gateway.url, SendMessageDocument, {
      input: { conversationId: id, parts: [{ text }] },
    });
    await watch(gateway.url, TaskEventsDocument, { taskId: sendMessage.task.id }).rest();
  }

  const { node } = await tell(gateway.url, ConversationDocument, { id });
  if (node?.__typename !== 'Conversation') throw new Error(`${id} is no conversation.`);
  const answers = node.messages.edges.flatMap(({ node: { role, parts } }) => (role === 'ASSISTANT' ? [parts] : []));
  expect(answers.map((parts) => parts.map((part) => part.__typename))).toEqual([
    ['TextPart'],
    ['ImagePart'],
    ['ImagePart'],
  ]);
  expect(server.requests.map(({ path }) => path)).toEqual([
    '/v1/chat/completions',
    '/v1/chat/completions',
    '/v1/images/generations',
    '/v1/chat/completions',
    '/v1/images/edits',
  ]);
}, 60_000);
