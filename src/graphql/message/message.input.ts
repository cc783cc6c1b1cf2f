import { Field, ID, InputType, ObjectType } from 'type-graphql';

import { DiffusionInput, SamplingInput, WorkInput } from '../task/work.input.js';
import { ReplyTask } from '../task/task.type.js';
import { Message } from './message.type.js';

@InputType({ description: 'A piece of a message: either `text` or `imageId`.' })
export class MessagePartInput {
  @Field(() => String, { nullable: true, description: 'Words; not empty.' })
  text?: string | null;

  @Field(() => ID, { nullable: true, description: 'The id of an Image.' })
  imageId?: string | null;
}

@InputType({ description: 'What to say, and how the answer is made.' })
export class SendMessageInput extends WorkInput {
  @Field(() => ID, { description: 'Where it is said. The model is the one of the conversation.' })
  conversationId!: string;

  @Field(() => [MessagePartInput], { description: 'Words and images in any order; at least one.' })
  parts!: MessagePartInput[];

  @Field(() => DiffusionInput, { nullable: true, description: 'Settings of the pictures that the answer may hold.' })
  diffusion?: DiffusionInput | null;

  @Field(() => SamplingInput, { nullable: true, description: 'How the words of the answer are chosen.' })
  sampling?: SamplingInput | null;
}

@ObjectType({ description: 'What was said, and the answer that begins.' })
export class SendMessagePayload {
  @Field(() => Message, { description: 'What the caller said.' })
  userMessage!: object;

  @Field(() => Message, { description: 'The answer: empty now, filled by the task.' })
  replyMessage!: object;

  @Field(() => ReplyTask, { description: 'Writes the answer; subscribe to its `taskEvents`.' })
  task!: object;
}
