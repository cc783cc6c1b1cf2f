/**
 * The database behind Kysely. This file alone knows which dialect runs: today a libsql file; Postgres is another branch of
 * `openDatabase`, with the same migrations and queries.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

import { type DatabaseThread, openDatabaseThread, type Wait } from './database-thread.js';
import { failureCode, toStorageError } from './failure.js';
import { migrate } from './migrations.js';
import type { DatabaseSchema } from './schema.js';

export type { Wait } from './database-thread.js';

/** A connection or a transaction: every query function takes one, so that callers decide what is atomic. */
export type Database = Kysely<DatabaseSchema>;

/** How long a write waits for another process that writes. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the file, making it where it is absent, and brings it to the newest schema.
 *
 * @param path of the database file; its folder is made
 * @throws GatewayError STORAGE_FAILED or STORAGE_FULL
 */
export async function openDatabase(path: string): Promise<Database> {
  let thread: DatabaseThread;
  try {
    mkdirSync(dirname(path), { recursive: true });
    thread = await openDatabaseThread({ path, busyTimeoutMs: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw toStorageError(error, `open the database ${path}`);
  }
  const db = new Kysely<DatabaseSchema>({
    dialect: {
      createDriver: () => new ThreadDriver(thread),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (introspected) => new SqliteIntrospector(introspected),
    },
  });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Says what the transaction's commit waits for; before its first query. */
export async function waitFor(wait: Wait, tx: Database): Promise<void> {
  if (wait === 'system') await tx.executeQuery(WAIT_FOR_SYSTEM);
}

/** Not for SQLite, which sets this outside of transactions only: the connection takes it. In Postgres it is `synchronous_commit`. */
const WAIT_FOR_SYSTEM = CompiledQuery.raw('wait for the operating system');

/** Lends the one connection to one user at a time: a query, or a transaction with all of its queries. */
class ThreadDriver implements Driver {
  readonly #thread: DatabaseThread;
  readonly #connection: ThreadConnection;
  /** Settles when everyone who came before has given the connection back. */
  #free: Promise<void> = Promise.resolve();
  #giveBack: () => void = () => undefined;

  constructor(thread: DatabaseThread) {
    this.#thread = thread;
    this.#connection = new ThreadConnection(thread);
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#free;
    let giveBack = (): void => undefined;
    this.#free = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    this.#giveBack = giveBack;
    return this.#connection;
  }

  releaseConnection(): Promise<void> {
    this.#giveBack();
    return Promise.resolve();
  }

  beginTransaction(): Promise<void> {
    this.#connection.begin();
    return Promise.resolve();
  }

  commitTransaction(): Promise<void> {
    return this.#connection.commit();
  }

  rollbackTransaction(): Promise<void> {
    return this.#connection.rollback();
  }

  /** Whoever came before finishes: half a transaction would be undone. */
  async destroy(): Promise<void> {
    await this.acquireConnection();
    await this.#thread.close();
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #thread: DatabaseThread;
  /** A transaction begins with its first query, which saves waking the thread for `begin` alone. */
  #begins: Wait | undefined;

  constructor(thread: DatabaseThread) {
    this.#thread = thread;
  }

  begin(): void {
    this.#begins = 'disk';
  }

  /** Where no query succeeded there is nothing to keep. */
  async commit(): Promise<void> {
    if (this.#begins !== undefined) await this.rollback();
    else await this.executeQuery(CompiledQuery.raw('commit'));
  }

  /** A first query that failed may have begun the transaction or not; the thread knows. */
  async rollback(): Promise<void> {
    this.#begins = undefined;
    await this.executeQuery(CompiledQuery.raw('rollback'));
  }

  /** A broken constraint is a mistake of ours and stays as it is; everything else is the storage's fault. */
  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    if (sql === WAIT_FOR_SYSTEM.sql) {
      this.#begins = 'system';
      return { rows: [] };
    }
    try {
      const { rows, changes } = await this.#thread.query({ sql, parameters, begins: this.#begins });
      this.#begins = undefined;
      // The schema says what the rows are, as with every dialect.
      const result = { rows: rows as Row[] };
      return changes === null ? result : { ...result, numAffectedRows: BigInt(changes) };
    } catch (error) {
      const code = failureCode(error);
      if (code?.startsWith('SQLITE_CONSTRAINT') === true || code === 'SQLITE_ERROR') throw error;
      throw toStorageError(error, 'use the database');
    }
  }

  streamQuery(): never {
    throw new TypeError('Rows are read page by page, not streamed.');
  }
}
