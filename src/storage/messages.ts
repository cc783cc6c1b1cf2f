/** Rows of `messages`. */
import type { Selectable } from 'kysely';

import type { MessageRecord, Page, PageRequest, PartRecord } from '../services/domain.js';
import type { Database } from './database.js';
import { readPages, rowsInGroups } from './page.js';
import { type MessagesTable, toDate } from './schema.js';

export async function insertMessage(db: Database, record: MessageRecord): Promise<void> {
  await db
    .insertInto('messages')
    .values({
      id: record.id,
      conversation_id: record.conversationId,
      role: record.role,
      parts: JSON.stringify(record.parts),
      task_id: record.taskId,
      created_at: record.createdAt.getTime(),
    })
    .execute();
}

export async function findMessages(db: Database, ids: readonly string[]): Promise<MessageRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('messages').selectAll().where('id', 'in', ids).execute();
  return rows.map(toRecord);
}

export async function updateMessageParts(db: Database, id: string, parts: readonly PartRecord[]): Promise<void> {
  await db
    .updateTable('messages')
    .set({ parts: JSON.stringify(parts) })
    .where('id', '=', id)
    .execute();
}

/** Empties a message that task `from` was to write, and leaves it to task `to`. @returns false when it is not `from`'s */
export async function passMessage(db: Database, id: string, from: string, to: string): Promise<boolean> {
  const passed = await db
    .updateTable('messages')
    .set({ task_id: to, parts: '[]' })
    .where('id', '=', id)
    .where('task_id', '=', from)
    .executeTakeFirst();
  return passed.numUpdatedRows > 0n;
}

/** What was said before message `id`, oldest first. */
export async function messagesBefore(db: Database, conversationId: string, id: string): Promise<MessageRecord[]> {
  const query = db
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', conversationId)
    .where('id', '<', id);
  return (await query.orderBy('id').execute()).map(toRecord);
}

/** Messages of each conversation, oldest first. @returns a page for each, in the order of the ids */
export function pagesOfMessages(
  db: Database,
  conversationIds: readonly string[],
  page: PageRequest,
): Promise<Page<MessageRecord>[]> {
  const groups = conversationIds;
  return readPages(
    page,
    groups,
    rowsInGroups(db, { table: 'messages', column: 'conversation_id', groups, order: 'asc' }, toRecord),
  );
}

function toRecord(row: Selectable<MessagesTable>): MessageRecord {
  const parts: PartRecord[] = JSON.parse(row.parts);
  return {
    id: row.id,
    conversationId: row.conversation_id,
    role: row.role,
    parts,
    taskId: row.task_id,
    createdAt: toDate(row.created_at),
  };
}
