/**
 * The schema's history. A migration that was released is never edited: a change is a new one at the end. Only SQL that SQLite and
 * Postgres both understand, so no autoincrement, no JSON columns and no partial indexes.
 */
import { type Kysely, type Migration, type MigrationProvider, Migrator } from 'kysely';

import { GatewayError } from '../errors/index.js';
import type { DatabaseSchema } from './schema.js';

const MIGRATIONS: Record<string, Migration> = {
  '0001-initial': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('conversations')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('title', 'text', (column) => column.notNull())
        .addColumn('model_id', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .execute();

      await db.schema
        .createTable('messages')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('conversation_id', 'text', (column) =>
          column.notNull().references('conversations.id').onDelete('cascade'),
        )
        .addColumn('role', 'text', (column) => column.notNull())
        .addColumn('parts', 'text', (column) => column.notNull())
        .addColumn('task_id', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('messages_by_conversation')
        .on('messages')
        .columns(['conversation_id', 'id'])
        .execute();

      await db.schema
        .createTable('tasks')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('status', 'text', (column) => column.notNull())
        .addColumn('model_id', 'text', (column) => column.notNull())
        .addColumn('conversation_id', 'text', (column) => column.references('conversations.id').onDelete('cascade'))
        .addColumn('message_id', 'text')
        .addColumn('prompt', 'text', (column) => column.notNull())
        .addColumn('source_image_ids', 'text', (column) => column.notNull())
        .addColumn('settings', 'text')
        .addColumn('input', 'text', (column) => column.notNull())
        .addColumn('answer', 'text')
        .addColumn('priority', 'integer', (column) => column.notNull())
        .addColumn('attempt', 'integer', (column) => column.notNull())
        .addColumn('failures', 'integer', (column) => column.notNull())
        .addColumn('last_sequence', 'integer', (column) => column.notNull())
        .addColumn('lease_owner', 'text')
        .addColumn('lease_expires_at', 'bigint')
        .addColumn('not_before', 'bigint', (column) => column.notNull())
        .addColumn('error', 'text')
        .addColumn('timings', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('queued_at', 'bigint', (column) => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('finished_at', 'bigint')
        .execute();
      await db.schema.createIndex('tasks_in_queue').on('tasks').columns(['status', 'priority', 'id']).execute();
      await db.schema.createIndex('tasks_by_conversation').on('tasks').columns(['conversation_id', 'id']).execute();

      await db.schema
        .createTable('task_events')
        .addColumn('task_id', 'text', (column) => column.notNull().references('tasks.id').onDelete('cascade'))
        .addColumn('sequence', 'integer', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull().unique())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('task_events_key', ['task_id', 'sequence'])
        .execute();

      await db.schema
        .createTable('idempotency_keys')
        .addColumn('key', 'text', (column) => column.primaryKey())
        .addColumn('input_hash', 'text', (column) => column.notNull())
        .addColumn('task_id', 'text', (column) => column.notNull().references('tasks.id').onDelete('cascade'))
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();

      await db.schema
        .createTable('images')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('width', 'integer', (column) => column.notNull())
        .addColumn('height', 'integer', (column) => column.notNull())
        .addColumn('byte_size', 'integer', (column) => column.notNull())
        .addColumn('sha256', 'text', (column) => column.notNull())
        .addColumn('media_type', 'text', (column) => column.notNull())
        .addColumn('thumbhash', 'text', (column) => column.notNull())
        .addColumn('origin', 'text', (column) => column.notNull())
        .addColumn('task_id', 'text', (column) => column.references('tasks.id').onDelete('set null'))
        .addColumn('task_index', 'integer')
        .addColumn('source_id', 'text', (column) => column.references('images.id').onDelete('set null'))
        .addColumn('conversation_id', 'text', (column) => column.references('conversations.id').onDelete('set null'))
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
      // Nulls are distinct in both databases, so uploads do not collide here.
      await db.schema.createIndex('images_of_task').on('images').columns(['task_id', 'task_index']).unique().execute();
      await db.schema.createIndex('images_by_conversation').on('images').columns(['conversation_id', 'id']).execute();
      await db.schema.createIndex('images_by_source').on('images').columns(['source_id', 'id']).execute();
      await db.schema.createIndex('images_by_blob').on('images').column('sha256').execute();

      await db.schema
        .createTable('uploads')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('width', 'integer', (column) => column.notNull())
        .addColumn('height', 'integer', (column) => column.notNull())
        .addColumn('received_bytes', 'integer', (column) => column.notNull())
        .addColumn('byte_size', 'integer', (column) => column.notNull())
        .addColumn('sha256', 'text', (column) => column.notNull())
        .addColumn('media_type', 'text', (column) => column.notNull())
        .addColumn('thumbhash', 'text', (column) => column.notNull())
        .addColumn('image_id', 'text', (column) => column.references('images.id').onDelete('cascade'))
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },

  '0002-conversation-events': {
    async up(db: Kysely<DatabaseSchema>): Promise<void> {
      await db.schema.alterTable('task_events').addColumn('conversation_id', 'text').execute();
      await db
        .updateTable('task_events')
        .set(({ selectFrom }) => ({
          conversation_id: selectFrom('tasks')
            .select('tasks.conversation_id')
            .whereRef('tasks.id', '=', 'task_events.task_id'),
        }))
        .execute();
      await db.schema
        .createIndex('task_events_by_conversation')
        .on('task_events')
        .columns(['conversation_id', 'id'])
        .execute();
    },
  },

  '0003-recipes-and-embeddings': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const table of ['images', 'uploads']) {
        await db.schema.alterTable(table).addColumn('recipe', 'text').execute();
      }
      // What `images(filter: { search })` looks through; of an upload, the recipe alone is kept until it is an image.
      await db.schema.alterTable('images').addColumn('prompt', 'text').execute();
      await db.schema
        .createTable('image_embeddings')
        .addColumn('image_id', 'text', (column) => column.notNull().references('images.id').onDelete('cascade'))
        .addColumn('space', 'text', (column) => column.notNull())
        .addColumn('vector', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('image_embeddings_key', ['image_id', 'space'])
        .execute();
    },
  },
};

/**
 * Brings the database to the newest schema; safe to call at every start.
 *
 * @throws GatewayError STORAGE_FAILED naming the migration that failed
 */
export async function migrate(db: Kysely<DatabaseSchema>): Promise<void> {
  const provider: MigrationProvider = { getMigrations: () => Promise.resolve(MIGRATIONS) };
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
  if (error === undefined) return;
  if (error instanceof GatewayError) throw error;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'before the first migration';
  throw new GatewayError(
    'STORAGE_FAILED',
    `The database could not be brought to the newest schema (${failed}); restore it from a backup or start with an empty data folder.`,
    { cause: error },
  );
}
