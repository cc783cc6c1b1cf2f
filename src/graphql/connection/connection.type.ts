import { type ClassType, Field, Int, ObjectType } from 'type-graphql';

import type { Page } from '../../services/domain.js';

/** A page as the Relay specification shapes it. */
export interface Connection<Record> {
  readonly edges: readonly { readonly cursor: string; readonly node: Record }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

@ObjectType({ simpleResolvers: true, description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more follows the last edge.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether something precedes the first edge.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first edge, for `before`; null on an empty page.',
  })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge, for `after`; null on an empty page.' })
  endCursor!: string | null;
}

/** The connection type of a node type: `XConnection` with its `XEdge`. */
export function connectionType(name: string, nodeType: () => ClassType): ClassType<Connection<object>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `A ${name} in a list.` })
  class EdgeType {
    @Field(() => String, { description: 'Pass to `after` or `before` to go on from here.' })
    cursor!: string;

    @Field(nodeType, { description: `The ${name}.` })
    node!: object;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true, description: `A page of a list of ${name} objects.` })
  class ConnectionType implements Connection<object> {
    @Field(() => [EdgeType], { description: 'At most 100, in the order of the list.' })
    edges!: EdgeType[];

    @Field(() => PageInfo, { description: 'Where the page lies in the list.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'Length of the whole list.' })
    totalCount!: number;
  }

  return ConnectionType;
}

export function toConnection<Record>(page: Page<Record>): Connection<Record> {
  const edges = page.items.map((node) => ({ cursor: page.cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.totalCount,
  };
}
