/** Rows of `conversations`. */
import type { Selectable } from 'kysely';

import type { ConversationRecord, Page, PageRequest } from '../services/domain.js';
import type { Database } from './database.js';
import { contains, inRange, readPage } from './page.js';
import { type ConversationsTable, toDate } from './schema.js';

export async function insertConversation(db: Database, record: ConversationRecord): Promise<void> {
  await db
    .insertInto('conversations')
    .values({
      id: record.id,
      title: record.title,
      model_id: record.modelId,
      created_at: record.createdAt.getTime(),
      updated_at: record.updatedAt.getTime(),
    })
    .execute();
}

export async function findConversations(db: Database, ids: readonly string[]): Promise<ConversationRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('conversations').selectAll().where('id', 'in', ids).execute();
  return rows.map(toRecord);
}

/** @returns whether there is such a conversation */
export async function updateConversation(
  db: Database,
  id: string,
  change: { title?: string; updatedAt: Date },
): Promise<boolean> {
  const values = {
    updated_at: change.updatedAt.getTime(),
    ...(change.title === undefined ? {} : { title: change.title }),
  };
  const { numUpdatedRows } = await db
    .updateTable('conversations')
    .set(values)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Its messages and tasks go with it; its images stay and belong to none. */
export async function deleteConversation(db: Database, id: string): Promise<void> {
  await db.deleteFrom('conversations').where('id', '=', id).execute();
}

/** Newest first; `search` is a piece of the title, whatever the case of its Latin letters. */
export function pageOfConversations(
  db: Database,
  page: PageRequest,
  search?: string,
): Promise<Page<ConversationRecord>> {
  const matching = () => {
    const query = db.selectFrom('conversations');
    return search === undefined || search === '' ? query : query.where(contains('title', search));
  };
  return readPage(page, {
    order: 'desc',
    select: async (range) => (await inRange(matching().selectAll(), 'conversations.id', range).execute()).map(toRecord),
    count: async () =>
      Number(
        (
          await matching()
            .select(({ fn }) => fn.countAll().as('count'))
            .executeTakeFirstOrThrow()
        ).count,
      ),
  });
}

function toRecord(row: Selectable<ConversationsTable>): ConversationRecord {
  return {
    id: row.id,
    title: row.title,
    modelId: row.model_id,
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
  };
}
