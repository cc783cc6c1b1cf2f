/** Everything that outlives the process: the database, the blob folder, and the ids that tie them together. */
import { join } from 'node:path';

import { type BlobStore, openBlobFolder } from './blobs.js';
import { type Database, openDatabase, type Wait, waitFor } from './database.js';
import { createIdSource, type IdSource } from './ids.js';
import { type DiskReserve, openDiskReserve } from './reserve.js';

export type { BlobStore, StoredBlob } from './blobs.js';
export type { Database, Wait } from './database.js';
export { isId } from './ids.js';

export interface Storage {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly reserve: DiskReserve;
  /** Greater than every id that was ever stored, so ids order what happened also across restarts. */
  readonly nextId: IdSource;
  /** All or nothing; what `work` throws rolls back. @param wait when it counts as done; default `disk` */
  transaction<Result>(work: (tx: Database) => Promise<Result>, wait?: Wait): Promise<Result>;
  close(): Promise<void>;
}

export interface StorageOptions {
  /** Folder for everything; made where it is absent. */
  readonly dataDir: string;
  /** Another place for pictures. */
  readonly blobs?: BlobStore | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** @throws GatewayError STORAGE_FAILED, STORAGE_FULL */
export async function openStorage({ dataDir, blobs, now }: StorageOptions): Promise<Storage> {
  const db = await openDatabase(join(dataDir, 'darkroom.db'));
  try {
    return {
      db,
      blobs: blobs ?? (await openBlobFolder(join(dataDir, 'blobs'))),
      reserve: await openDiskReserve(join(dataDir, 'reserve')),
      nextId: createIdSource({ after: await greatestId(db), now }),
      transaction: (work, wait = 'disk') =>
        db.transaction().execute(async (tx) => {
          await waitFor(wait, tx);
          return work(tx);
        }),
      close: () => db.destroy(),
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function greatestId(db: Database): Promise<string | undefined> {
  const tables = ['conversations', 'messages', 'images', 'uploads', 'tasks', 'task_events'] as const;
  const greatest = await Promise.all(
    tables.map(
      async (table) =>
        (
          await db
            .selectFrom(table)
            .select(({ fn }) => fn.max('id').as('id'))
            .executeTakeFirst()
        )?.id,
    ),
  );
  return greatest
    .filter((id) => typeof id === 'string')
    .sort()
    .at(-1);
}
