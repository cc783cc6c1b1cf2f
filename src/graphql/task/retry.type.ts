import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

import { Task } from './task.type.js';

@InputType({ description: 'Which task to do once more.' })
export class RetryTaskInput {
  @Field(() => ID, { description: 'The id of a task that failed or was cancelled.' })
  taskId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input returns the first result; with another input it is an error.',
  })
  idempotencyKey?: string | null;

  @Field(() => Int, { nullable: true, description: 'Higher runs first; -100 to 100. Default: that of the task.' })
  priority?: number | null;
}

@ObjectType({ description: 'The new task.' })
export class RetryTaskPayload {
  @Field(() => Task, {
    description: 'A task of its own, with the same input, settings and seeds; the one that failed stays as it is.',
  })
  task!: object;
}
