import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';

import { GatewayError } from '../../errors/index.js';
import type {
  ConversationRecord,
  ImageRecord,
  MessageRecord,
  MessagePartInput as PartOfService,
  TaskRecord,
} from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { Conversation } from '../conversation/conversation.type.js';
import { rawIdOf, toGlobalId } from '../global-id.js';
import { Image } from '../image/image.type.js';
import { found } from '../node/found.js';
import { GLOBAL_ID } from '../node/node.type.js';
import { Task } from '../task/task.type.js';
import { workOptions } from '../task/work.input.js';
import { nullsToAbsent } from '../absent.js';
import { type MessagePartInput, SendMessageInput, SendMessagePayload } from './message.input.js';
import { ImagePart, Message } from './message.type.js';

@Resolver(() => Message)
export class MessageResolver {
  @Mutation(() => SendMessagePayload, {
    description: 'Says something, with words and images in any order; the model answers with words, images or both.',
  })
  async sendMessage(
    @Arg('input', () => SendMessageInput, { description: 'What to say, and where.' }) input: SendMessageInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<SendMessagePayload> {
    return services.messages.send({
      ...workOptions(input),
      conversationId: rawIdOf('Conversation', input.conversationId, 'conversationId'),
      parts: input.parts.map(partOf),
      diffusion: nullsToAbsent(input.diffusion),
      sampling: nullsToAbsent(input.sampling),
    });
  }

  @FieldResolver(() => ID, GLOBAL_ID)
  id(@Root() { id }: MessageRecord): string {
    return toGlobalId('Message', id);
  }

  @FieldResolver(() => Conversation, { description: 'Where it was said.' })
  async conversation(
    @Root() { conversationId }: MessageRecord,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<ConversationRecord> {
    return found(await loaders.conversations.load(conversationId), 'Conversation', conversationId);
  }

  @FieldResolver(() => Task, {
    nullable: true,
    description: "The task that wrote this message; null for the user's own.",
  })
  task(@Root() { taskId }: MessageRecord, @Ctx() { loaders }: GraphQLContext): Promise<TaskRecord | null> | null {
    return taskId === null ? null : loaders.tasks.load(taskId);
  }
}

@Resolver(() => ImagePart)
export class ImagePartResolver {
  @FieldResolver(() => Image, { nullable: true, description: 'The picture; null when it was deleted since.' })
  image(
    @Root() { imageId }: { readonly imageId: string },
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<ImageRecord | null> {
    return loaders.images.load(imageId);
  }
}

function partOf({ text, imageId }: MessagePartInput, index: number): PartOfService {
  const hasText = text !== null && text !== undefined;
  const hasImage = imageId !== null && imageId !== undefined;
  if (hasText && !hasImage) return { text };
  if (hasImage && !hasText) return { imageId: rawIdOf('Image', imageId, `parts[${index}].imageId`) };
  throw new GatewayError(
    'BAD_INPUT',
    `\`parts[${index}]\` must have either \`text\` or \`imageId\`; it has ${hasText ? 'both' : 'neither'}.`,
  );
}
