/** Lists of tasks by what they belong to; their rows are read and written in src/tasks alone. */
import type { Page, PageRequest } from '../services/domain.js';
import type { Database } from './database.js';
import { readPages, rowsInGroups } from './page.js';

/** Ids of each conversation's tasks, newest first. @returns a page for each, in the order of the ids */
export function pagesOfTaskIds(
  db: Database,
  conversationIds: readonly string[],
  page: PageRequest,
): Promise<Page<{ readonly id: string }>[]> {
  const groups = conversationIds;
  return readPages(
    page,
    groups,
    rowsInGroups(db, { table: 'tasks', column: 'conversation_id', groups, order: 'desc' }, ({ id }) => ({ id })),
  );
}
