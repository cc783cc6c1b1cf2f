import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';

import type { GraphQLContext } from '../context.js';
import { rawIdOf } from '../global-id.js';
import {
  DeleteConversationInput,
  DeleteConversationPayload,
  DeleteImageInput,
  DeleteImagePayload,
} from './deletion.input.js';

@Resolver()
export class DeletionResolver {
  @Mutation(() => DeleteImagePayload, { description: 'Deletes an image and its file for good.' })
  async deleteImage(
    @Arg('input', () => DeleteImageInput, { description: 'Which one.' }) { imageId, force }: DeleteImageInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<DeleteImagePayload> {
    const done = await services.deletion.image(rawIdOf('Image', imageId, 'imageId'), { force: force ?? undefined });
    const [tasks, messages] = await Promise.all([
      services.tasks.getMany(done.cancelledTaskIds),
      services.messages.getMany(done.messageIds),
    ]);
    return {
      deletedImageId: imageId,
      cancelledTasks: tasks.filter((task) => task !== null),
      messages: messages.filter((message) => message !== null),
    };
  }

  @Mutation(() => DeleteConversationPayload, {
    description: 'Deletes a conversation with its messages and tasks for good.',
  })
  async deleteConversation(
    @Arg('input', () => DeleteConversationInput, { description: 'Which one.' }) input: DeleteConversationInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<DeleteConversationPayload> {
    const { conversationId, deleteImages, force } = input;
    const done = await services.deletion.conversation(rawIdOf('Conversation', conversationId, 'conversationId'), {
      force: force ?? undefined,
      withImages: deleteImages ?? undefined,
    });
    return { deletedConversationId: conversationId, ...done };
  }
}
