import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ObjectType, createUnionType, registerEnumType } from 'type-graphql';

import type { PartRecord } from '../../services/domain.js';
import { connectionType } from '../connection/connection.type.js';
import { Node } from '../node/node.type.js';

export enum MessageRole {
  USER = 'USER',
  ASSISTANT = 'ASSISTANT',
}
registerEnumType(MessageRole, {
  name: 'MessageRole',
  description: 'Who said something.',
  valuesConfig: { USER: { description: 'The caller.' }, ASSISTANT: { description: 'The model.' } },
});

@ObjectType({ description: 'A piece of text in a message.' })
export class TextPart {
  @Field(() => String, { description: 'Words as they were said; never empty.' })
  text!: string;
}

/** Its `image` is found by the resolver; the record holds an id. */
@ObjectType({ description: 'A picture in a message.' })
export class ImagePart {}

export const MessagePart = createUnionType({
  name: 'MessagePart',
  description: 'What a message is made of.',
  types: () => [TextPart, ImagePart] as const,
});

@ObjectType({ implements: Node, description: 'Something said in a conversation, by its user or by the model.' })
export class Message {
  @Field(() => MessageRole, { description: 'Who said it.' })
  role!: MessageRole;

  @Field(() => [MessagePart], {
    description:
      'Text and images in the order in which they were said. They grow while the task that writes the message runs.',
  })
  parts!: readonly PartRecord[];

  @Field(() => GraphQLDateTime, { description: 'When it was begun.' })
  createdAt!: Date;
}

export const MessageConnection = connectionType('Message', () => Message);
