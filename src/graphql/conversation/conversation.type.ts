import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';

import { connectionType } from '../connection/connection.type.js';
import { Node } from '../node/node.type.js';

@ObjectType({
  implements: Node,
  description: 'A sequence of messages with one model; its images and tasks belong to it.',
})
export class Conversation {
  @Field(() => String, { description: 'At most 200 characters; may be empty.' })
  title!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was begun.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When it was last renamed or spoken in.' })
  updatedAt!: Date;
}

export const ConversationConnection = connectionType('Conversation', () => Conversation);
