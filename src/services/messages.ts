import { GatewayError } from '../errors/index.js';
import { decoderNames, resolveSettings } from '../pipelines/index.js';
import { findConversations, updateConversation } from '../storage/conversations.js';
import { adoptImages } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import { findMessages, insertMessage, pagesOfMessages } from '../storage/messages.js';
import type { Submitted, TaskStore } from '../tasks/store.js';
import { titleFrom } from './conversations.js';
import type { MessagePartInput, MessageRecord, MessageService, PartRecord, SendMessageInput } from './domain.js';
import type { Models } from './models.js';
import { existing, inOrderOf } from './records.js';
import { checkPriority, idempotencyOf, requireCapability, requireImages, withSeed } from './submission.js';

const MAX_PARTS = 64;

export interface MessageServiceOptions {
  readonly storage: Storage;
  readonly store: TaskStore;
  readonly models: Models;
  /** There is something to run. */
  readonly onSubmitted: (submitted: Submitted) => void;
  /** Characters of all the text of a message. */
  readonly promptChars: number;
}

export function createMessageService({
  storage,
  store,
  models,
  onSubmitted,
  promptChars,
}: MessageServiceOptions): MessageService {
  const { db } = storage;

  const oneMessage = async (id: string | null | undefined): Promise<MessageRecord> =>
    existing((await findMessages(db, [id ?? '']))[0], 'message', id ?? '');

  return {
    getMany: async (ids) => inOrderOf(ids, await findMessages(db, ids)),
    ofConversations: (ids, page) => pagesOfMessages(db, ids, page),

    async send(input) {
      // 1 everything that can be refused, before anything is written
      const { conversationId } = input;
      const conversation = existing((await findConversations(db, [conversationId]))[0], 'conversation', conversationId);
      const model = models.get(conversation.modelId);
      const parts = checkParts(input.parts, promptChars);
      const imageIds = parts.flatMap((part) => (part.type === 'image' ? [part.imageId] : []));
      if (imageIds.length > 0) requireCapability(model, 'UNDERSTAND');
      await requireImages(storage, imageIds);
      checkDiffusion(models, model.id, input, promptChars);
      const priority = checkPriority(input.priority);
      const idempotency = idempotencyOf('REPLY', input);

      // 2 the words, the empty answer, and the task that will fill it
      const now = new Date();
      const taskId = storage.nextId();
      const userMessage: MessageRecord = {
        id: storage.nextId(),
        conversationId,
        role: 'USER',
        parts,
        taskId: null,
        createdAt: now,
      };
      const replyMessage: MessageRecord = {
        id: storage.nextId(),
        conversationId,
        role: 'ASSISTANT',
        parts: [],
        taskId,
        createdAt: now,
      };
      const submitted = await store.submit(
        taskId,
        {
          kind: 'REPLY',
          modelId: model.id,
          conversationId,
          messageId: replyMessage.id,
          prompt: '',
          sourceImageIds: imageIds,
          settings: null,
          input: {
            sampling: withSeed(input.sampling, input.diffusion?.seed),
            diffusion: { ...input.diffusion, seed: withSeed(undefined, input.diffusion?.seed).seed },
            userMessageId: userMessage.id,
            onDisconnect: input.onDisconnect,
          },
          opening: [
            { type: 'MessageAdded', messageId: userMessage.id },
            { type: 'MessageAdded', messageId: replyMessage.id },
          ],
          priority,
          idempotency,
        },
        async (tx) => {
          await insertMessage(tx, userMessage);
          await insertMessage(tx, replyMessage);
          await adoptImages(tx, imageIds, conversationId);
          const title = conversation.title === '' ? titleFrom(textOf(parts)) : conversation.title;
          await updateConversation(tx, conversationId, { title, updatedAt: now });
        },
      );
      onSubmitted(submitted);

      // 3 a repeated key answers with what the first one made
      if (submitted.created) return { userMessage, replyMessage, task: submitted.task };
      return {
        userMessage: await oneMessage(submitted.input.userMessageId),
        replyMessage: await oneMessage(submitted.task.messageId),
        task: submitted.task,
      };
    },
  };
}

/** @throws GatewayError PROMPT_EMPTY, PROMPT_TOO_LONG, BAD_INPUT */
function checkParts(inputs: readonly MessagePartInput[], promptChars: number): PartRecord[] {
  if (inputs.length > MAX_PARTS)
    throw new GatewayError('BAD_INPUT', `A message has at most ${MAX_PARTS} parts, not ${inputs.length}.`);
  const parts = inputs
    .map(
      (input): PartRecord =>
        'text' in input ? { type: 'text', text: input.text } : { type: 'image', imageId: input.imageId },
    )
    .filter((part) => part.type === 'image' || part.text.trim() !== '');
  if (parts.length === 0)
    throw new GatewayError('PROMPT_EMPTY', 'The message has neither text nor images; say something.');
  const length = textOf(parts).length;
  if (length > promptChars)
    throw new GatewayError('PROMPT_TOO_LONG', `The message has ${length} characters; the limit is ${promptChars}.`);
  return parts;
}

function textOf(parts: readonly PartRecord[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ');
}

/** The model may decide to draw: what it will draw with is checked now, not when it is too late to say so. */
function checkDiffusion(models: Models, modelId: string, { diffusion }: SendMessageInput, promptChars: number): void {
  if (diffusion === undefined) return;
  const model = models.parts(modelId);
  const limits = { maxImages: models.get(modelId).limits.maxImages, promptChars };
  const names = diffusion.decoder === undefined ? decoderNames(model) : [diffusion.decoder];
  for (const name of names) resolveSettings(model, 'generation', { ...diffusion, decoder: name }, limits);
}
