/** Reading: pages of lists, lists below lists, filters and search. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { ImageRecord } from '../../src/services/index.js';
import { ask, tell } from '../support/client.js';
import { type ServedServices, servedServices } from '../support/served-services.js';
import { storeImage } from '../support/stored-rows.js';

let gateway: ServedServices;

beforeEach(async () => {
  gateway = await servedServices({ http: { queryLimits: GENEROUS } });
});
afterEach(() => gateway.close());

const GENEROUS = { maxDepth: 30, maxAliases: 10, maxDirectives: 5, maxTokens: 2_000, maxCost: 1_000_000 };

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: Readonly<Record<string, string | boolean | null>>;
  readonly totalCount: number;
}

const PAGE = 'edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount';

describe('a list', () => {
  const page = async (args: string) =>
    (await tell<{ images: Connection }, Record<string, unknown>>(gateway.url, `{ images(${args}) { ${PAGE} } }`))
      .images;
  const idsOf = ({ edges }: Connection) => edges.map(({ node }) => node.id);

  it('is walked in both directions without gap or repetition, also while things are added', async () => {
    for (let count = 0; count < 7; count += 1) await storeImage(gateway.storage);
    const all = idsOf(await page('first: 100'));

    const first = await page('first: 3');
    await storeImage(gateway.storage);
    const second = await page(`first: 3, after: "${first.pageInfo['endCursor']}"`);
    const third = await page(`first: 3, after: "${second.pageInfo['endCursor']}"`);
    const back = await page(`last: 3, before: "${third.pageInfo['startCursor']}"`);

    expect([...idsOf(first), ...idsOf(second), ...idsOf(third)]).toEqual(all);
    expect(idsOf(back)).toEqual(idsOf(second));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect([first.totalCount, third.totalCount]).toEqual([7, 8]);
  });
});

describe('lineage', () => {
  /** `count` images, each edited `count` times, each of those edited `count` times. */
  async function lineage(count: number): Promise<void> {
    let level: (ImageRecord | undefined)[] = [undefined];
    for (let depth = 0; depth < 3; depth += 1) {
      const next: ImageRecord[] = [];
      for (const source of level)
        for (let made = 0; made < count; made += 1)
          next.push(await storeImage(gateway.storage, { sourceId: source?.id ?? null }));
      level = next;
    }
  }

  const query = `{
    images(first: 100) { edges { node {
      id source { id source { id } }
      derivatives(last: 5) { totalCount edges { node { id derivatives(last: 5) { totalCount edges { node { id source { id } } } } } } }
    } } }
  }`;

  interface Lineage {
    readonly node: {
      readonly id: string;
      readonly source: { readonly id: string } | null;
      readonly derivatives?: { readonly totalCount: number; readonly edges: readonly Lineage[] };
    };
  }

  it('is read to any depth and breadth in the same number of queries', async () => {
    const queries = jest.spyOn(gateway.storage.db.getExecutor(), 'executeQuery');
    const queriesFor = async (count: number) => {
      await lineage(count);
      queries.mockClear();
      const { images } = await tell<{ images: { edges: readonly Lineage[] } }, Record<string, unknown>>(
        gateway.url,
        query,
      );
      return { images, queries: queries.mock.calls.length };
    };

    const narrow = await queriesFor(1);
    const broad = await queriesFor(3);

    const roots = broad.images.edges.filter(({ node }) => node.source === null);
    expect(roots).toHaveLength(4);
    expect(roots[0]?.node.derivatives).toMatchObject({ totalCount: 3 });
    for (const { node } of roots[0]?.node.derivatives?.edges ?? []) expect(node.derivatives?.totalCount).toBe(3);
    expect(narrow.queries).toBeGreaterThan(2);
    expect(broad.queries).toBe(narrow.queries);
  });

  it('tells a page that cannot be to the field that asked for it', async () => {
    await storeImage(gateway.storage);

    const { data, errors } = await ask<{ images: { totalCount: number } | null }, Record<string, unknown>>(
      gateway.url,
      '{ images { totalCount edges { node { bad: derivatives(first: -1) { totalCount } } } } }',
    );

    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_INPUT']);
  });
});
