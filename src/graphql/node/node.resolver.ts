import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';

import { GatewayError } from '../../errors/index.js';
import type { GraphQLContext } from '../context.js';
import { parseGlobalId } from '../global-id.js';
import { taskTypeName } from '../task/task.type.js';
import { Node, type NodeRecord } from './node.type.js';

const MAX_IDS = 100;

@Resolver()
export class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Any object by its global id; null when it does not exist.' })
  node(
    @Arg('id', () => ID, { description: 'The `id` of an object.' }) id: string,
    @Ctx() context: GraphQLContext,
  ): Promise<NodeRecord | null> {
    return findNode(id, context);
  }

  @Query(() => [Node], {
    nullable: 'items',
    description: 'Objects by their global ids, in the order of the ids; null for each that does not exist.',
  })
  async nodes(
    @Arg('ids', () => [ID], { description: 'At most 100.' }) ids: string[],
    @Ctx() context: GraphQLContext,
  ): Promise<(NodeRecord | null)[]> {
    if (ids.length > MAX_IDS)
      throw new GatewayError(
        'BAD_INPUT',
        `\`ids\` may hold at most ${MAX_IDS} ids; it holds ${ids.length}. Ask in several requests.`,
      );
    return Promise.all(ids.map((id) => findNode(id, context)));
  }
}

async function findNode(globalId: string, { loaders }: GraphQLContext): Promise<NodeRecord | null> {
  const parsed = parseGlobalId(globalId);
  if (parsed === null) return null;
  switch (parsed.type) {
    case 'Conversation':
      return typed(await loaders.conversations.load(parsed.rawId), () => 'Conversation');
    case 'Message':
      return typed(await loaders.messages.load(parsed.rawId), () => 'Message');
    case 'Image':
      return typed(await loaders.images.load(parsed.rawId), () => 'Image');
    case 'Task':
      return typed(await loaders.tasks.load(parsed.rawId), taskTypeName);
  }
}

function typed<Record extends { readonly id: string }>(
  record: Record | null,
  typeNameOf: (record: Record) => string,
): NodeRecord | null {
  return record && { ...record, __typename: typeNameOf(record) };
}
