/** Who needs an image or a conversation: what a deletion would be felt by. */
import type { Database } from './database.js';

const UNFINISHED = ['QUEUED', 'RUNNING'] as const;

export interface ImageUses {
  /** Messages that show it, oldest first. */
  readonly messageIds: readonly string[];
  /** Conversations of these messages. */
  readonly conversationIds: readonly string[];
  /** Unfinished tasks that read it, answer in one of these conversations, or made it and are not done. */
  readonly taskIds: readonly string[];
}

/** Reads all messages: deletions are rare, and an index would be written with every message. */
export async function usesOfImage(db: Database, image: { id: string; taskId: string | null }): Promise<ImageUses> {
  // What people wrote cannot look like this: JSON has its quotes escaped.
  const messages = await db
    .selectFrom('messages')
    .select(['id', 'conversation_id'])
    .where('parts', 'like', `%"imageId":"${image.id}"%`)
    .orderBy('id')
    .execute();
  const conversationIds = [...new Set(messages.map((message) => message.conversation_id))];
  const tasks = await db
    .selectFrom('tasks')
    .select('id')
    .where('status', 'in', UNFINISHED)
    .where(({ or, and, eb }) =>
      or([
        eb('source_image_ids', 'like', `%"${image.id}"%`),
        ...(image.taskId === null ? [] : [eb('id', '=', image.taskId)]),
        ...(conversationIds.length === 0
          ? []
          : [and([eb('kind', '=', 'REPLY'), eb('conversation_id', 'in', conversationIds)])]),
      ]),
    )
    .orderBy('id')
    .execute();
  return { messageIds: messages.map(({ id }) => id), conversationIds, taskIds: tasks.map(({ id }) => id) };
}

export async function unfinishedTaskIds(db: Database, conversationId: string): Promise<string[]> {
  const query = db
    .selectFrom('tasks')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('status', 'in', UNFINISHED);
  return (await query.orderBy('id').execute()).map(({ id }) => id);
}
