import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ObjectType, createUnionType } from 'type-graphql';

import { EVENT_TYPES } from './event.type.js';

/** Its `message` is found by the resolver; the record holds an id. */
@ObjectType({ description: 'A message was added to the conversation; that of the model is empty at first.' })
export class MessageAdded {
  @Field(() => String, { description: 'Pass to `after` to go on from here.' })
  cursor!: string;

  @Field(() => GraphQLDateTime, { description: 'When it happened.' })
  at!: Date;
}

export const ConversationEvent = createUnionType({
  name: 'ConversationEvent',
  description: 'Something that happened in a conversation: a new message, or an event of one of its tasks.',
  types: () => [MessageAdded, ...EVENT_TYPES] as const,
});
