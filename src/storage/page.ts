/**
 * Relay pages over anything that is ordered by its id, forwards and backwards. The position is an id and not a row number (keyset
 * pagination), so what is added or removed meanwhile never shifts a page.
 */
import { type SelectQueryBuilder, sql } from 'kysely';

import { GatewayError } from '../errors/index.js';
import type { Page, PageRequest } from '../services/domain.js';
import { isId } from './ids.js';
import type { DatabaseSchema } from './schema.js';

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** A stretch of ids; every end that is absent is open. */
export interface IdRange {
  readonly greaterThan?: string | undefined;
  readonly lessThan?: string | undefined;
  readonly atLeast?: string | undefined;
  readonly atMost?: string | undefined;
  readonly direction: 'asc' | 'desc';
  readonly limit: number;
}

export interface PageSource<Item> {
  /** How the list is shown: by growing ids (`asc`, oldest first) or shrinking ones (`desc`, newest first). */
  readonly order: 'asc' | 'desc';
  /** Items in the range, in its direction; the list's own filter applied. */
  select(range: IdRange): Promise<Item[]>;
  count(): Promise<number>;
}

/**
 * One page of a list.
 *
 * @throws GatewayError BAD_INPUT for contradictory or excessive sizes, CURSOR_INVALID
 * @see    the Relay Cursor Connections Specification, section 4
 */
export async function readPage<Item extends { readonly id: string }>(
  request: PageRequest,
  source: PageSource<Item>,
): Promise<Page<Item>> {
  const { size, backwards } = pageSize(request);
  const after = request.after == null ? undefined : decodeCursor(request.after);
  const before = request.before == null ? undefined : decodeCursor(request.before);
  const ascending = source.order === 'asc';
  const bounds = ascending ? { greaterThan: after, lessThan: before } : { greaterThan: before, lessThan: after };
  const forward = source.order;
  const reverse = ascending ? 'desc' : 'asc';

  // 1 one item more than the page holds tells whether the list goes on
  const found = await source.select({ ...bounds, direction: backwards ? reverse : forward, limit: size + 1 });
  const more = found.length > size;
  const items = found.slice(0, size);
  if (backwards) items.reverse();

  // 2 the other side: is there anything at or beyond the cursor that the page started from?
  const start = backwards ? before : after;
  const otherSide = ascending === backwards ? { atLeast: start } : { atMost: start };
  const others = start === undefined ? [] : await source.select({ ...otherSide, direction: forward, limit: 1 });

  return {
    items,
    hasNextPage: backwards ? others.length > 0 : more,
    hasPreviousPage: backwards ? more : others.length > 0,
    totalCount: await source.count(),
    cursorOf: (item) => encodeCursor(item.id),
  };
}

/** Restricts a query to a range of ids; `column` is the id's, for instance `images.id`. */
export function inRange<Table extends keyof DatabaseSchema, Output>(
  query: SelectQueryBuilder<DatabaseSchema, Table, Output>,
  column: string,
  range: IdRange,
): SelectQueryBuilder<DatabaseSchema, Table, Output> {
  const id = sql.ref<string>(column);
  let restricted = query;
  if (range.greaterThan !== undefined) restricted = restricted.where(id, '>', range.greaterThan);
  if (range.lessThan !== undefined) restricted = restricted.where(id, '<', range.lessThan);
  if (range.atLeast !== undefined) restricted = restricted.where(id, '>=', range.atLeast);
  if (range.atMost !== undefined) restricted = restricted.where(id, '<=', range.atMost);
  return restricted.orderBy(id, range.direction).limit(range.limit);
}

function pageSize({ first, last }: PageRequest): { readonly size: number; readonly backwards: boolean } {
  if (first != null && last != null) {
    throw new GatewayError(
      'BAD_INPUT',
      'A page is either the first or the last items: give `first` or `last`, not both.',
    );
  }
  const backwards = last != null;
  const size = (backwards ? last : first) ?? DEFAULT_PAGE_SIZE;
  if (!Number.isInteger(size) || size < 0 || size > MAX_PAGE_SIZE) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`${backwards ? 'last' : 'first'}\` must be a whole number from 0 to ${MAX_PAGE_SIZE}, not ${size}.`,
    );
  }
  return { size, backwards };
}

const CURSOR_PREFIX = 'after:';

function encodeCursor(id: string): string {
  return Buffer.from(CURSOR_PREFIX + id).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString();
  const id = text.slice(CURSOR_PREFIX.length);
  if (text.startsWith(CURSOR_PREFIX) && isId(id)) return id;
  throw new GatewayError(
    'CURSOR_INVALID',
    'The page cursor was not made by this gateway; take one from `pageInfo` or an edge.',
  );
}
