/**
 * Which object type a record is, where the schema has an interface or a union. At once: type-graphql wraps its own way of asking into a promise,
 * which costs a turn for each item of a list, and compiled queries cannot wait for one.
 */
import { type GraphQLSchema, isAbstractType } from 'graphql';

import type { PartRecord, PreviewEvent, TaskEventRecord, TaskRecord } from '../services/domain.js';
import type { NodeRecord } from './node/node.type.js';
import { taskTypeName } from './task/task.type.js';

const eventTypeName = ({ type }: TaskEventRecord | PreviewEvent): string => type;

const TYPE_NAME_OF = {
  Node: ({ __typename }: NodeRecord) => __typename,
  Task: (task: TaskRecord) => taskTypeName(task),
  TaskEvent: eventTypeName,
  ConversationEvent: eventTypeName,
  MessagePart: ({ type }: PartRecord) => (type === 'text' ? 'TextPart' : 'ImagePart'),
} as const;

export function resolveTypesAtOnce(schema: GraphQLSchema): GraphQLSchema {
  const known = new Map<string, (record: never) => string>(Object.entries(TYPE_NAME_OF));
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    const typeNameOf = known.get(type.name);
    if (typeNameOf === undefined) throw new TypeError(`resolve-type.ts does not say what a ${type.name} is.`);
    type.resolveType = (record: unknown) => typeNameOf(record as never);
  }
  return schema;
}
