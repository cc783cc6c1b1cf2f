import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';

import type { ConversationRecord, ImageRecord, MessageRecord, ModelRecord, TaskRecord } from '../../services/domain.js';
import { type Connection, toConnection } from '../connection/connection.type.js';
import { PageArgs, pageOf } from '../connection/page.args.js';
import type { GraphQLContext } from '../context.js';
import { rawIdOf, toGlobalId } from '../global-id.js';
import { ImageConnection } from '../image/image.type.js';
import { MessageConnection } from '../message/message.type.js';
import { Model } from '../model/model.type.js';
import { GLOBAL_ID } from '../node/node.type.js';
import { TaskConnection } from '../task/task.type.js';
import {
  CreateConversationInput,
  CreateConversationPayload,
  UpdateConversationInput,
  UpdateConversationPayload,
} from './conversation.input.js';
import { Conversation, ConversationConnection } from './conversation.type.js';

@Resolver(() => Conversation)
export class ConversationResolver {
  @Query(() => ConversationConnection, { description: 'All conversations, newest first.' })
  async conversations(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only those with this in their title, whatever its case.',
    })
    search: string | null,
    @Ctx() { services }: GraphQLContext,
  ): Promise<Connection<ConversationRecord>> {
    return toConnection(await services.conversations.list(pageOf(page), { search: search ?? undefined }));
  }

  @Mutation(() => CreateConversationPayload, { description: 'Begins a conversation.' })
  async createConversation(
    @Arg('input', () => CreateConversationInput, { description: 'How it begins.' }) {
      title,
      model,
    }: CreateConversationInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<CreateConversationPayload> {
    return {
      conversation: await services.conversations.create({ title: title ?? undefined, modelId: model ?? undefined }),
    };
  }

  @Mutation(() => UpdateConversationPayload, { description: 'Renames a conversation.' })
  async updateConversation(
    @Arg('input', () => UpdateConversationInput, { description: 'Which one, and what to change.' }) {
      conversationId,
      title,
    }: UpdateConversationInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<UpdateConversationPayload> {
    return {
      conversation: await services.conversations.rename(
        rawIdOf('Conversation', conversationId, 'conversationId'),
        title,
      ),
    };
  }

  @FieldResolver(() => ID, GLOBAL_ID)
  id(@Root() { id }: ConversationRecord): string {
    return toGlobalId('Conversation', id);
  }

  @FieldResolver(() => Model, { description: 'The model that answers in it.' })
  model(@Root() { modelId }: ConversationRecord, @Ctx() { services }: GraphQLContext): ModelRecord {
    return services.models.get(modelId);
  }

  @FieldResolver(() => MessageConnection, { description: 'What was said, oldest first.' })
  async messages(
    @Root() { id }: ConversationRecord,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Connection<MessageRecord>> {
    return toConnection(await loaders.messagesOf.load({ parentId: id, page: pageOf(page) }));
  }

  @FieldResolver(() => ImageConnection, { description: 'Pictures that were made in it, newest first.' })
  async images(
    @Root() { id }: ConversationRecord,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Connection<ImageRecord>> {
    return toConnection(await loaders.imagesOf.load({ parentId: id, page: pageOf(page) }));
  }

  @FieldResolver(() => TaskConnection, { description: 'Tasks that were started in it, newest first.' })
  async tasks(
    @Root() { id }: ConversationRecord,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Connection<TaskRecord>> {
    return toConnection(await loaders.tasksOf.load({ parentId: id, page: pageOf(page) }));
  }
}
