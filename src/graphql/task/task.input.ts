import { Field, ID, InputType, ObjectType } from 'type-graphql';

import { EditTask, GenerationTask, Task, UnderstandingTask } from './task.type.js';
import { DiffusionInput, ModelWorkInput, SamplingInput } from './work.input.js';

@InputType({ description: 'A question about images.' })
export class UnderstandImagesInput extends ModelWorkInput {
  @Field(() => [ID], { description: 'Ids of the images, in the order in which the model reads them; at least one.' })
  imageIds!: string[];

  @Field(() => String, { description: 'Not empty, and no longer than the model can read.' })
  question!: string;

  @Field(() => SamplingInput, { nullable: true, description: 'How the words of the answer are chosen.' })
  sampling?: SamplingInput | null;
}

@ObjectType({ description: 'The task that answers.' })
export class UnderstandImagesPayload {
  @Field(() => UnderstandingTask, { description: 'Subscribe to its `taskEvents`, or read its `answer` later.' })
  task!: object;
}

@InputType({ description: 'What to draw.' })
export class GenerateImageInput extends ModelWorkInput {
  @Field(() => String, { description: 'Not empty, and no longer than the model can read.' })
  prompt!: string;

  @Field(() => DiffusionInput, { nullable: true, description: 'How to draw it.' })
  diffusion?: DiffusionInput | null;
}

@ObjectType({ description: 'The task that draws.' })
export class GenerateImagePayload {
  @Field(() => GenerationTask, { description: 'Subscribe to its `taskEvents`, or read its `images` later.' })
  task!: object;
}

@InputType({ description: 'How to change a picture.' })
export class EditImageInput extends ModelWorkInput {
  @Field(() => ID, { description: 'Id of the image to start from; it stays as it is.' })
  sourceImageId!: string;

  @Field(() => String, { description: 'What to change. Not empty, and no longer than the model can read.' })
  instruction!: string;

  @Field(() => DiffusionInput, { nullable: true, description: 'How to draw it.' })
  diffusion?: DiffusionInput | null;
}

@ObjectType({ description: 'The task that edits.' })
export class EditImagePayload {
  @Field(() => EditTask, { description: 'Subscribe to its `taskEvents`, or read its `images` later.' })
  task!: object;
}

@InputType({ description: 'Which task to cancel.' })
export class CancelTaskInput {
  @Field(() => ID, { description: 'The id of a task that has not ended.' })
  taskId!: string;
}

@ObjectType({ description: 'The cancelled task.' })
export class CancelTaskPayload {
  @Field(() => Task, {
    description: 'CANCELLED when it was still queued; a running one ends within one denoising or decoding step.',
  })
  task!: object;
}
