import { Arg, Args, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';

import type {
  ConversationRecord,
  ImageRecord,
  MessageRecord,
  ModelRecord,
  PluginRecord,
  TaskErrorRecord,
  TaskRecord,
} from '../../services/domain.js';
import { nullsToAbsent } from '../absent.js';
import { type Connection, toConnection } from '../connection/connection.type.js';
import { PageArgs, pageOf } from '../connection/page.args.js';
import type { GraphQLContext } from '../context.js';
import { Conversation } from '../conversation/conversation.type.js';
import { DenoisingPreview } from '../event/event.type.js';
import { type PreviewInFormat, inFormat } from '../event/preview.resolver.js';
import { rawIdOf, toGlobalId } from '../global-id.js';
import { Image } from '../image/image.type.js';
import { Message } from '../message/message.type.js';
import { Model, Plugin } from '../model/model.type.js';
import { found } from '../node/found.js';
import { GLOBAL_ID } from '../node/node.type.js';
import {
  CancelTaskInput,
  CancelTaskPayload,
  EditImageInput,
  EditImagePayload,
  GenerateImageInput,
  GenerateImagePayload,
  UnderstandImagesInput,
  UnderstandImagesPayload,
} from './task.input.js';
import {
  EditTask,
  GenerationTask,
  ReplyTask,
  Task,
  TaskConnection,
  TaskError,
  TaskFilter,
  UnderstandingTask,
} from './task.type.js';
import { workOptions } from './work.input.js';

/** Starting work, ending it, and what all tasks have. */
@Resolver(() => Task)
export class TaskResolver {
  @Query(() => TaskConnection, { description: 'All tasks, newest first.' })
  async tasks(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => TaskFilter, { nullable: true, description: 'Which ones. Default: all.' })
    filter: TaskFilter | null,
    @Ctx() { services }: GraphQLContext,
  ): Promise<Connection<TaskRecord>> {
    const { status, kind, conversationId } = filter ?? {};
    const tasks = await services.tasks.list(pageOf(page), {
      status: status ?? undefined,
      kind: kind ?? undefined,
      conversationId: conversationId ? rawIdOf('Conversation', conversationId, 'filter.conversationId') : undefined,
    });
    return toConnection(tasks);
  }

  @Mutation(() => UnderstandImagesPayload, { description: 'Asks the model about images.' })
  async understandImages(
    @Arg('input', () => UnderstandImagesInput, { description: 'Which images, and what to ask.' })
    input: UnderstandImagesInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<UnderstandImagesPayload> {
    const task = await services.tasks.submitUnderstanding({
      ...workOptions(input),
      imageIds: input.imageIds.map((id, index) => rawIdOf('Image', id, `imageIds[${index}]`)),
      question: input.question,
      sampling: nullsToAbsent(input.sampling),
    });
    return { task };
  }

  @Mutation(() => GenerateImagePayload, { description: 'Draws pictures from words.' })
  async generateImage(
    @Arg('input', () => GenerateImageInput, { description: 'What to draw, and how.' }) input: GenerateImageInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<GenerateImagePayload> {
    const task = await services.tasks.submitGeneration({
      ...workOptions(input),
      prompt: input.prompt,
      diffusion: nullsToAbsent(input.diffusion),
    });
    return { task };
  }

  @Mutation(() => EditImagePayload, { description: 'Changes a picture as told; the original stays.' })
  async editImage(
    @Arg('input', () => EditImageInput, { description: 'Which picture, and what to change.' }) input: EditImageInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<EditImagePayload> {
    const task = await services.tasks.submitEdit({
      ...workOptions(input),
      sourceImageId: rawIdOf('Image', input.sourceImageId, 'sourceImageId'),
      instruction: input.instruction,
      diffusion: nullsToAbsent(input.diffusion),
    });
    return { task };
  }

  @Mutation(() => CancelTaskPayload, { description: 'Ends a task before it is done.' })
  async cancelTask(
    @Arg('input', () => CancelTaskInput, { description: 'Which one.' }) { taskId }: CancelTaskInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<CancelTaskPayload> {
    return { task: await services.tasks.cancel(rawIdOf('Task', taskId, 'taskId')) };
  }

  @FieldResolver(() => ID, GLOBAL_ID)
  id(@Root() { id }: TaskRecord): string {
    return toGlobalId('Task', id);
  }

  @FieldResolver(() => Model, { description: 'The model that works on it.' })
  model(@Root() { modelId }: TaskRecord, @Ctx() { services }: GraphQLContext): ModelRecord {
    return services.models.get(modelId);
  }

  @FieldResolver(() => Conversation, {
    nullable: true,
    description: 'Where it was started; null when outside of any conversation.',
  })
  conversation(
    @Root() { conversationId }: TaskRecord,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<ConversationRecord | null> | null {
    return conversationId === null ? null : loaders.conversations.load(conversationId);
  }

  @FieldResolver(() => Float, { nullable: true, description: '0 to 1; null while it cannot be known.' })
  progress(@Root() { id }: TaskRecord, @Ctx() { services }: GraphQLContext): Promise<number | null> {
    return services.tasks.progress(id);
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: 'Tasks ahead of it; 0 when it is next, null when it is not queued.',
  })
  queuePosition(@Root() { id }: TaskRecord, @Ctx() { services }: GraphQLContext): Promise<number | null> {
    return services.tasks.queuePosition(id);
  }

  @FieldResolver(() => Float, {
    nullable: true,
    description: 'Seconds until it is done, from measured step times; null while unknown.',
  })
  etaSeconds(@Root() { id }: TaskRecord, @Ctx() { services }: GraphQLContext): Promise<number | null> {
    return services.tasks.etaSeconds(id);
  }
}

@Resolver(() => ReplyTask)
export class ReplyTaskResolver {
  @FieldResolver(() => Message, { description: 'The answer; it grows while the task runs.' })
  async message(@Root() { messageId }: TaskRecord, @Ctx() { loaders }: GraphQLContext): Promise<MessageRecord> {
    const id = messageId ?? '';
    return found(await loaders.messages.load(id), 'Message', id);
  }
}

@Resolver(() => UnderstandingTask)
export class UnderstandingTaskResolver {
  @FieldResolver(() => String, { description: 'What was asked.' })
  question(@Root() { prompt }: TaskRecord): string {
    return prompt;
  }

  @FieldResolver(() => [Image], {
    description: 'What was asked about, in the order in which the model reads it, without what was deleted since.',
  })
  images(@Root() { sourceImageIds }: TaskRecord, @Ctx() context: GraphQLContext): Promise<ImageRecord[]> {
    return imagesOf(sourceImageIds, context);
  }
}

@Resolver(() => GenerationTask)
export class GenerationTaskResolver {
  @FieldResolver(() => [Image], {
    description: 'The pictures that are finished, in their order, without what was deleted since.',
  })
  images(@Root() { resultImageIds }: TaskRecord, @Ctx() context: GraphQLContext): Promise<ImageRecord[]> {
    return imagesOf(resultImageIds, context);
  }

  @FieldResolver(() => DenoisingPreview, {
    nullable: true,
    description: 'The newest preview, while the task runs and somebody has asked for previews; null otherwise.',
  })
  latestPreview(@Root() { id }: TaskRecord, @Ctx() context: GraphQLContext): PreviewInFormat | null {
    return latestPreviewOf(id, context);
  }
}

@Resolver(() => EditTask)
export class EditTaskResolver {
  @FieldResolver(() => Image, {
    nullable: true,
    description: 'The picture it starts from; null when it was deleted since.',
  })
  source(@Root() { sourceImageIds }: TaskRecord, @Ctx() { loaders }: GraphQLContext): Promise<ImageRecord | null> {
    return loaders.images.load(sourceImageIds[0] ?? '');
  }

  @FieldResolver(() => String, { description: 'What to change.' })
  instruction(@Root() { prompt }: TaskRecord): string {
    return prompt;
  }

  @FieldResolver(() => [Image], {
    description: 'The pictures that are finished, in their order, without what was deleted since.',
  })
  images(@Root() { resultImageIds }: TaskRecord, @Ctx() context: GraphQLContext): Promise<ImageRecord[]> {
    return imagesOf(resultImageIds, context);
  }

  @FieldResolver(() => DenoisingPreview, {
    nullable: true,
    description: 'The newest preview, while the task runs and somebody has asked for previews; null otherwise.',
  })
  latestPreview(@Root() { id }: TaskRecord, @Ctx() context: GraphQLContext): PreviewInFormat | null {
    return latestPreviewOf(id, context);
  }
}

@Resolver(() => TaskError)
export class TaskErrorResolver {
  @FieldResolver(() => Plugin, { nullable: true, description: 'The plugin at fault; null when it was none.' })
  plugin(@Root() { plugin }: TaskErrorRecord, @Ctx() { services }: GraphQLContext): PluginRecord | null {
    return services.plugins.list().find(({ name }) => name === plugin) ?? null;
  }
}

/** Those that were not deleted since. */
async function imagesOf(ids: readonly string[], { loaders }: GraphQLContext): Promise<ImageRecord[]> {
  const images = await Promise.all(ids.map((id) => loaders.images.load(id)));
  return images.filter((image) => image !== null);
}

function latestPreviewOf(taskId: string, { services }: GraphQLContext): PreviewInFormat | null {
  const frame = services.events.latestPreview(taskId);
  return frame && inFormat(frame, 'JPEG');
}
