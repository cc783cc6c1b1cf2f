/**
 * The lists below a list: all of one request that ask for the same page are read together, so a nested list costs the same
 * few queries however many parents it has, and lineage is read level by level.
 */
import DataLoader from 'dataloader';

import type { Page, PageRequest } from '../../services/domain.js';

export interface PageWish {
  /** Whose list. */
  readonly parentId: string;
  readonly page: PageRequest;
}

export type PageLoader<Record> = DataLoader<PageWish, Page<Record>, string>;

export function createPageLoader<Record>(
  list: (parentIds: readonly string[], page: PageRequest) => Promise<readonly Page<Record>[]>,
): PageLoader<Record> {
  return new DataLoader(
    async (wishes) => {
      const byPage = new Map<string, number[]>();
      for (const [place, { page }] of wishes.entries()) {
        const key = keyOf(page);
        byPage.set(key, [...(byPage.get(key) ?? []), place]);
      }
      const answers: (Page<Record> | Error)[] = Array(wishes.length);
      for (const places of byPage.values()) {
        const asked = places.map((place) => wishes[place] as PageWish);
        // A page that cannot be (`first: -1`) is an error of those who asked for it.
        const pages = await list(
          asked.map(({ parentId }) => parentId),
          (asked[0] as PageWish).page,
        ).catch((error: unknown) => asked.map(() => (error instanceof Error ? error : new Error(String(error)))));
        for (const [index, place] of places.entries())
          answers[place] = pages[index] ?? new TypeError('A list was left out of the answer.');
      }
      return answers;
    },
    { cacheKeyFn: ({ parentId, page }) => parentId + keyOf(page) },
  );
}

function keyOf({ first, after, last, before }: PageRequest): string {
  return JSON.stringify([first, after, last, before]);
}
