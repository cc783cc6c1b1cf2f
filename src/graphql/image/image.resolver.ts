import { Arg, Args, Ctx, Extensions, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';

import { GatewayError } from '../../errors/index.js';
import { CAPTION_QUESTION } from '../../services/caption.js';
import type { ImageRecord, TaskRecord } from '../../services/domain.js';
import { type Connection, toConnection } from '../connection/connection.type.js';
import { PageArgs, pageOf } from '../connection/page.args.js';
import type { GraphQLContext } from '../context.js';
import { rawIdOf, toGlobalId } from '../global-id.js';
import { GLOBAL_ID } from '../node/node.type.js';
import { WAITS_FOR_REST } from '../pending-fields.js';
import { Task } from '../task/task.type.js';
import { CreateImageInput, CreateImagePayload } from './image.input.js';
import { Image, ImageConnection, ImageFilter, ImageFormat } from './image.type.js';

@Resolver(() => Image)
export class ImageResolver {
  @Query(() => ImageConnection, { description: 'All images, newest first.' })
  async images(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => ImageFilter, { nullable: true, description: 'Which ones. Default: all.' })
    filter: ImageFilter | null,
    @Ctx() { services }: GraphQLContext,
  ): Promise<Connection<ImageRecord>> {
    const { origin, conversationId, taskId, search, createdAfter, createdBefore } = filter ?? {};
    const found = await services.images.list(pageOf(page), {
      origin: origin ?? undefined,
      conversationId: conversationId ? rawIdOf('Conversation', conversationId, 'filter.conversationId') : undefined,
      taskId: taskId ? rawIdOf('Task', taskId, 'filter.taskId') : undefined,
      search: search ?? undefined,
      createdAfter: createdAfter ?? undefined,
      createdBefore: createdBefore ?? undefined,
    });
    return toConnection(found);
  }

  @Mutation(() => CreateImagePayload, {
    description: 'Turns a finished upload (`POST /uploads`), or a file of the request, into an image.',
  })
  async createImage(
    @Arg('input', () => CreateImageInput, { description: 'Which upload, or a file.' })
    { uploadId, file }: CreateImageInput,
    @Ctx() { services }: GraphQLContext,
  ): Promise<CreateImagePayload> {
    const hasUpload = uploadId !== null && uploadId !== undefined;
    const hasFile = file !== null && file !== undefined;
    if (hasUpload === hasFile)
      throw new GatewayError(
        'BAD_INPUT',
        `Give either \`uploadId\` or \`file\`: ${hasFile ? 'both' : 'neither'} came.`,
      );
    return { image: await services.images.createFromUpload(hasFile ? file.uploadId : (uploadId ?? '')) };
  }

  @FieldResolver(() => ID, GLOBAL_ID)
  id(@Root() { id }: ImageRecord): string {
    return toGlobalId('Image', id);
  }

  @FieldResolver(() => String, {
    description:
      'Where a browser fetches the picture: original size and format unless asked otherwise. Signed, expires.',
  })
  url(
    @Root() { id }: ImageRecord,
    @Arg('width', () => Int, {
      nullable: true,
      description: 'Pixels at most, 1 to 8192; the shape is kept and nothing is enlarged.',
    })
    width: number | null,
    @Arg('height', () => Int, {
      nullable: true,
      description: 'Pixels at most, 1 to 8192; the shape is kept and nothing is enlarged.',
    })
    height: number | null,
    @Arg('format', () => ImageFormat, { nullable: true, description: 'Default: the stored one.' })
    format: ImageFormat | null,
    @Ctx() { services, origin }: GraphQLContext,
  ): string {
    const variant = { width: width ?? undefined, height: height ?? undefined, format: format ?? undefined };
    return origin + services.images.signedUrl(id, variant);
  }

  @FieldResolver(() => Task, {
    nullable: true,
    description: 'The task that made it, with prompt, seed, steps and timings; null for an upload.',
  })
  task(@Root() { taskId }: ImageRecord, @Ctx() { loaders }: GraphQLContext): Promise<TaskRecord | null> | null {
    return taskId === null ? null : loaders.tasks.load(taskId);
  }

  @FieldResolver(() => Image, { nullable: true, description: 'What it was edited from; null when it was not.' })
  source(@Root() { sourceId }: ImageRecord, @Ctx() { loaders }: GraphQLContext): Promise<ImageRecord | null> | null {
    return sourceId === null ? null : loaders.images.load(sourceId);
  }

  @FieldResolver(() => ImageConnection, { description: 'What was made from it, newest first.' })
  async derivatives(
    @Root() { id }: ImageRecord,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Connection<ImageRecord>> {
    return toConnection(await loaders.derivatives.load({ parentId: id, page: pageOf(page) }));
  }

  @Extensions(WAITS_FOR_REST)
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'What the picture shows, in the words of the language model; null with an error when it failed. All such fields of one request run as one batch.',
  })
  caption(
    @Root() { id }: ImageRecord,
    @Arg('model', () => ID, {
      nullable: true,
      description: 'Id of the model to ask. Default: the default model of the gateway.',
    })
    model: string | null,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<string> {
    return loaders.answers.load({ imageId: id, question: CAPTION_QUESTION, modelId: model ?? undefined });
  }

  @Extensions(WAITS_FOR_REST)
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Asks the language model about the picture; null with an error when it failed. All such fields of one request run as one batch.',
  })
  answer(
    @Root() { id }: ImageRecord,
    @Arg('question', () => String, { description: 'Not empty.' }) question: string,
    @Arg('model', () => ID, {
      nullable: true,
      description: 'Id of the model to ask. Default: the default model of the gateway.',
    })
    model: string | null,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<string> {
    if (question.trim() === '') throw new GatewayError('PROMPT_EMPTY', '`question` must have text.');
    return loaders.answers.load({ imageId: id, question, modelId: model ?? undefined });
  }
}
