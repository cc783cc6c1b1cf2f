import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';

import type {
  EventSubscription,
  ImageRecord,
  PreviewEvent,
  TaskEventRecord,
  TaskRecord,
} from '../../services/domain.js';
import { nullsToAbsent } from '../absent.js';
import type { GraphQLContext } from '../context.js';
import { rawIdOf, toGlobalId } from '../global-id.js';
import { Image } from '../image/image.type.js';
import { found } from '../node/found.js';
import { Task } from '../task/task.type.js';
import { ImageFinished, TaskEvent, TaskSucceeded } from './event.type.js';
import { PreviewInput } from './preview.input.js';
import { type PreviewInFormat, inFormat } from './preview.resolver.js';

/** What both subscriptions take. */
export interface StreamArgs {
  readonly after?: string | null;
  readonly preview?: PreviewInput | null;
}

interface TaskEventsArgs extends StreamArgs {
  readonly taskId: string;
}

export const AFTER = {
  nullable: true,
  description: 'The `cursor` of the last event seen; what follows it is sent. Default: from the beginning.',
} as const;

export const PREVIEW = {
  nullable: true,
  description: 'Which previews to send; `{}` takes the defaults. Without it none are sent.',
} as const;

@Resolver(() => TaskEvent)
export class TaskEventResolver {
  @Subscription(() => TaskEvent, {
    description:
      'Everything that happens to a task, from `after` on (from its beginning when absent), then live until it ends. State events are never lost; of previews a slow reader gets the newest.',
    subscribe: ({ args, context }: { args: TaskEventsArgs; context: GraphQLContext }) =>
      context.services.events.subscribe(rawIdOf('Task', args.taskId, 'taskId'), streamOptions(args, context)),
  })
  taskEvents(
    @Root() event: TaskEventRecord | PreviewEvent,
    @Arg('taskId', () => ID, { description: 'The id of a task.' }) _taskId: string,
    @Arg('after', () => String, AFTER) _after: string | null,
    @Arg('preview', () => PreviewInput, PREVIEW) preview: PreviewInput | null,
  ): TaskEventRecord | PreviewInFormat {
    return inFormatOf(event, preview);
  }

  @FieldResolver(() => ID, { description: 'Of the task it happened to.' })
  taskId(@Root() { taskId }: TaskEventRecord): string {
    return toGlobalId('Task', taskId);
  }
}

@Resolver(() => ImageFinished)
export class ImageFinishedResolver {
  @FieldResolver(() => Image, { nullable: true, description: 'The picture; null when it was deleted since.' })
  image(
    @Root() { imageId }: TaskEventRecord & { readonly type: 'ImageFinished' },
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<ImageRecord | null> {
    return loaders.images.load(imageId);
  }
}

@Resolver(() => TaskSucceeded)
export class TaskSucceededResolver {
  @FieldResolver(() => Task, { description: 'The task as it stands now, with its results.' })
  async task(@Root() { taskId }: TaskEventRecord, @Ctx() { loaders }: GraphQLContext): Promise<TaskRecord> {
    return found(await loaders.tasks.load(taskId), 'Task', taskId);
  }
}

export function streamOptions({ after, preview }: StreamArgs, { seenCursor }: GraphQLContext): EventSubscription {
  const { format: _format, ...wish } = nullsToAbsent(preview) ?? {};
  return { after: seenCursor ?? after ?? undefined, preview: preview ? wish : undefined };
}

/** A preview also says how its reader wants it encoded. */
export function inFormatOf(
  event: TaskEventRecord | PreviewEvent,
  preview: PreviewInput | null,
): TaskEventRecord | PreviewInFormat {
  return event.type === 'DenoisingPreview' ? inFormat(event, preview?.format ?? 'JPEG') : event;
}
