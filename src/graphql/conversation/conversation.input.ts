import { Field, ID, InputType, ObjectType } from 'type-graphql';

import { Conversation } from './conversation.type.js';

@InputType({ description: 'How a conversation begins.' })
export class CreateConversationInput {
  @Field(() => String, { nullable: true, description: 'At most 200 characters. Default: empty.' })
  title?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the model that answers. Default: the default model of the gateway.',
  })
  model?: string | null;
}

@ObjectType({ description: 'The new conversation.' })
export class CreateConversationPayload {
  @Field(() => Conversation, { description: 'As it was stored.' })
  conversation!: object;
}

@InputType({ description: 'What to change of a conversation.' })
export class UpdateConversationInput {
  @Field(() => ID, { description: 'Which conversation.' })
  conversationId!: string;

  @Field(() => String, { description: 'Its new title, at most 200 characters.' })
  title!: string;
}

@ObjectType({ description: 'The changed conversation.' })
export class UpdateConversationPayload {
  @Field(() => Conversation, { description: 'As it is stored now.' })
  conversation!: object;
}
