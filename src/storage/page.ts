/**
 * Relay pages over anything that is ordered by its id, forwards and backwards. The position is an id and not a row number (keyset
 * pagination), so what is added or removed meanwhile never shifts a page.
 */
import { type RawBuilder, type Selectable, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';

import { GatewayError } from '../errors/index.js';
import type { Page, PageRequest } from '../services/domain.js';
import type { Database } from './database.js';
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

/** Many lists of one kind, each told by its group: what was made from each of some images, for instance. */
export interface GroupedSource<Item> {
  readonly order: 'asc' | 'desc';
  /** Up to `limit` items of every group, each group in the range's direction. */
  select(range: IdRange): Promise<{ readonly group: string; readonly item: Item }[]>;
  /** Groups without items may be missing. */
  count(): Promise<ReadonlyMap<string, number>>;
}

/**
 * One page of a list.
 *
 * @throws GatewayError BAD_INPUT for contradictory or excessive sizes, CURSOR_INVALID
 * @see    the Relay Cursor Connections Specification, section 4
 */
export async function readPage<Item extends { readonly id: string }>(
  request: PageRequest,
  { order, select, count }: PageSource<Item>,
): Promise<Page<Item>> {
  const group = '';
  const [page] = await readPages(request, [group], {
    order,
    select: async (range) => (await select(range)).map((item) => ({ group, item })),
    count: async () => new Map([[group, await count()]]),
  });
  if (page === undefined) throw new TypeError('A group has no page.');
  return page;
}

/**
 * The same page of many lists, in as many queries as one takes.
 *
 * @returns a page for each group, in their order
 * @throws  GatewayError as readPage
 */
export async function readPages<Item extends { readonly id: string }>(
  request: PageRequest,
  groups: readonly string[],
  source: GroupedSource<Item>,
): Promise<Page<Item>[]> {
  const { size, backwards } = pageSize(request);
  const after = request.after == null ? undefined : decodeCursor(request.after);
  const before = request.before == null ? undefined : decodeCursor(request.before);
  const ascending = source.order === 'asc';
  const bounds = ascending ? { greaterThan: after, lessThan: before } : { greaterThan: before, lessThan: after };
  const forward = source.order;
  const reverse = ascending ? 'desc' : 'asc';

  // 1 one item more than the page holds tells whether the list goes on
  const found = byGroup(await source.select({ ...bounds, direction: backwards ? reverse : forward, limit: size + 1 }));

  // 2 the other side: is there anything at or beyond the cursor that the page started from?
  const start = backwards ? before : after;
  const otherSide = ascending === backwards ? { atLeast: start } : { atMost: start };
  const others = byGroup(
    start === undefined ? [] : await source.select({ ...otherSide, direction: forward, limit: 1 }),
  );

  // Most who read a list never ask how long it is, and counting reads all of it.
  let counts: Promise<ReadonlyMap<string, number>> | undefined;
  const countOf = async (group: string): Promise<number> => (await (counts ??= source.count())).get(group) ?? 0;
  return groups.map((group) => {
    const inGroup = found.get(group) ?? [];
    const more = inGroup.length > size;
    const items = inGroup.slice(0, size);
    if (backwards) items.reverse();
    return {
      items,
      hasNextPage: backwards ? others.has(group) : more,
      hasPreviousPage: backwards ? more : others.has(group),
      totalCount: () => countOf(group),
      cursorOf: (item) => encodeCursor(item.id),
    };
  });
}

/** Tables whose rows belong to others, and the columns that say to whom; each pair has an index that ends in `id`. */
interface Grouping {
  images: 'source_id' | 'conversation_id';
  messages: 'conversation_id';
  tasks: 'conversation_id';
}

/** A source for `readPages` over the rows that belong to `groups`. */
export function rowsInGroups<Table extends keyof Grouping, Item>(
  db: Database,
  {
    table,
    column,
    groups,
    order,
  }: {
    readonly table: Table;
    readonly column: Grouping[Table];
    readonly groups: readonly string[];
    readonly order: 'asc' | 'desc';
  },
  toItem: (row: Selectable<DatabaseSchema[Table]>) => Item,
): GroupedSource<Item> {
  const belongs = sql`${sql.ref(column)} in (${sql.join(groups)})`;
  return {
    order,
    async select(range) {
      const direction = sql.raw(range.direction);
      const conditions = [
        belongs,
        ...(range.greaterThan === undefined ? [] : [sql`id > ${range.greaterThan}`]),
        ...(range.lessThan === undefined ? [] : [sql`id < ${range.lessThan}`]),
        ...(range.atLeast === undefined ? [] : [sql`id >= ${range.atLeast}`]),
        ...(range.atMost === undefined ? [] : [sql`id <= ${range.atMost}`]),
      ];
      const { rows } = await sql<Selectable<DatabaseSchema[Table]> & { readonly group_id: string }>`
        select * from (
          select *, ${sql.ref(column)} as group_id,
            row_number() over (partition by ${sql.ref(column)} order by id ${direction}) as place
          from ${sql.table(table)} where ${sql.join(conditions, sql` and `)}
        ) as placed
        where place <= ${range.limit} order by id ${direction}`.execute(db);
      return rows.map((row) => ({ group: row.group_id, item: toItem(row) }));
    },
    async count() {
      const { rows } = await sql<{ readonly group_id: string; readonly count: number | string }>`
        select ${sql.ref(column)} as group_id, count(*) as count
        from ${sql.table(table)} where ${belongs} group by ${sql.ref(column)}`.execute(db);
      return new Map(rows.map((row) => [row.group_id, Number(row.count)]));
    },
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

/** Whether a column holds a piece of text, whatever the case of its Latin letters. */
export function contains(column: string, text: string): RawBuilder<SqlBool> {
  const pattern = `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
  return sql<SqlBool>`lower(${sql.ref(column)}) like lower(${pattern}) escape '\\'`;
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

function byGroup<Item>(rows: readonly { readonly group: string; readonly item: Item }[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const { group, item } of rows) {
    const items = groups.get(group);
    if (items === undefined) groups.set(group, [item]);
    else items.push(item);
  }
  return groups;
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
