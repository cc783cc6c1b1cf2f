import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';

import { Message } from '../message/message.type.js';
import { Task } from '../task/task.type.js';

const FORCE =
  'Delete it although it is used: unfinished tasks are cancelled, messages keep an empty place. Default: false, which refuses with IN_USE.';

@InputType({ description: 'Which image to delete.' })
export class DeleteImageInput {
  @Field(() => ID, { description: 'Its id.' })
  imageId!: string;

  @Field(() => Boolean, { nullable: true, description: FORCE })
  force?: boolean | null;
}

@ObjectType({ description: 'What deleting an image did. What was made from it stays, without a source.' })
export class DeleteImagePayload {
  @Field(() => ID, { description: 'The id that it had.' })
  deletedImageId!: string;

  @Field(() => [Task], { description: 'Unfinished tasks that needed it, and were cancelled.' })
  cancelledTasks!: readonly object[];

  @Field(() => [Message], { description: 'Messages that showed it: the `image` of that part is null now.' })
  messages!: readonly object[];
}

@InputType({ description: 'Which conversation to delete.' })
export class DeleteConversationInput {
  @Field(() => ID, { description: 'Its id.' })
  conversationId!: string;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Delete its images, too, except for those that other conversations show. Default: false; they stay in the library.',
  })
  deleteImages?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Cancel its unfinished tasks. Default: false, which refuses with IN_USE while there are any.',
  })
  force?: boolean | null;
}

@ObjectType({ description: 'What deleting a conversation did. Its messages and tasks are gone with it.' })
export class DeleteConversationPayload {
  @Field(() => ID, { description: 'The id that it had.' })
  deletedConversationId!: string;

  @Field(() => Int, { description: 'Unfinished tasks that were cancelled before; 0 or more.' })
  cancelledTasks!: number;

  @Field(() => Int, { description: 'Images that were deleted with it; 0 or more.' })
  deletedImages!: number;

  @Field(() => Int, { description: 'Images that stay and belong to no conversation any more; 0 or more.' })
  keptImages!: number;
}
