import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Float, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';

import { DiffusionSettings } from '../task/settings.type.js';
import { TaskError } from '../task/task.type.js';

export enum PreviewView {
  X0 = 'x0',
  NOISY = 'noisy',
}
registerEnumType(PreviewView, {
  name: 'PreviewView',
  description: 'What a preview shows of a denoising step.',
  valuesConfig: {
    X0: { description: 'The picture as the model estimates it now.' },
    NOISY: { description: 'What the denoiser holds now, noise and all.' },
  },
});

@InterfaceType({
  description: 'Something that happened to a task.',
})
export abstract class TaskEvent {
  @Field(() => String, {
    description: 'Pass to `after` to go on from here. A preview has the one of the event before it.',
  })
  cursor!: string;

  @Field(() => GraphQLDateTime, { description: 'When it happened.' })
  at!: Date;
}

@ObjectType({ implements: TaskEvent, description: 'The task was accepted, or was put back into the queue.' })
export class TaskQueued extends TaskEvent {
  @Field(() => Int, { description: 'Tasks ahead of it; 0 or more.' })
  position!: number;
}

@ObjectType({ implements: TaskEvent, description: 'An attempt began.' })
export class TaskStarted extends TaskEvent {
  @Field(() => Int, { description: 'Which one, from 1.' })
  attempt!: number;
}

@ObjectType({ implements: TaskEvent, description: 'The answer grew by some words.' })
export class TextDelta extends TaskEvent {
  @Field(() => String, { description: 'The new words; not empty.' })
  text!: string;

  @Field(() => Int, { description: 'UTF-16 offset of `text` in the answer; a new attempt begins at 0 again.' })
  offset!: number;
}

@ObjectType({ implements: TaskEvent, description: 'A picture begins to develop.' })
export class ImageStarted extends TaskEvent {
  @Field(() => Int, { description: 'Which picture of the task, from 0.' })
  index!: number;

  @Field(() => DiffusionSettings, { description: 'All settings, with the defaults filled in.' })
  settings!: DiffusionSettings;
}

@ObjectType({
  implements: TaskEvent,
  description: 'The picture as it stands after a denoising step. Not in the log: previews are seen live or not at all.',
})
export class DenoisingPreview extends TaskEvent {
  @Field(() => Int, { description: 'Which picture of the task, from 0.' })
  index!: number;

  @Field(() => Int, { description: 'Steps done, 1 to numInferenceSteps.' })
  stepIndex!: number;

  @Field(() => Int, { description: 'Steps in all.' })
  numInferenceSteps!: number;

  @Field(() => Float, { description: 'Noise level left, from 1 (noise) to 0 (picture).' })
  sigma!: number;

  @Field(() => PreviewView, { description: 'What it shows.' })
  view!: PreviewView;
}

/** Its `image` is found by the resolver; the record holds an id. */
@ObjectType({ implements: TaskEvent, description: 'A picture is finished and stored.' })
export class ImageFinished extends TaskEvent {
  @Field(() => Int, { description: 'Which picture of the task, from 0.' })
  index!: number;
}

@ObjectType({ implements: TaskEvent, description: 'An attempt failed and another one follows.' })
export class TaskRetrying extends TaskEvent {
  @Field(() => Int, { description: 'The attempt that failed, from 1.' })
  attempt!: number;

  @Field(() => TaskError, { description: 'Why.' })
  error!: object;
}

/** Its `task` is found by the resolver. */
@ObjectType({ implements: TaskEvent, description: 'The task is done. The last event of its stream.' })
export class TaskSucceeded extends TaskEvent {}

@ObjectType({ implements: TaskEvent, description: 'The task failed for good. The last event of its stream.' })
export class TaskFailed extends TaskEvent {
  @Field(() => TaskError, { description: 'Why.' })
  error!: object;
}

@ObjectType({ implements: TaskEvent, description: 'The task was cancelled. The last event of its stream.' })
export class TaskCancelled extends TaskEvent {}

/** Types that only the interface leads to. */
export const EVENT_TYPES = [
  TaskQueued,
  TaskStarted,
  TextDelta,
  ImageStarted,
  DenoisingPreview,
  ImageFinished,
  TaskRetrying,
  TaskSucceeded,
  TaskFailed,
  TaskCancelled,
];
