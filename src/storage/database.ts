/**
 * The database behind Kysely. This file alone knows which dialect runs: today a libsql file; Postgres is another branch of
 * `openDatabase`, with the same migrations and queries.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import Libsql from 'libsql';

import { failureCode, toStorageError } from './failure.js';
import { migrate } from './migrations.js';
import type { DatabaseSchema } from './schema.js';

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
  let file: Libsql.Database;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = new Libsql(path);
    file.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
    file.pragma('journal_mode = WAL');
    // An acknowledged write has to survive a power cut, so each commit waits for the disk.
    file.pragma('synchronous = FULL');
    file.pragma('foreign_keys = ON');
  } catch (error) {
    throw toStorageError(error, `open the database ${path}`);
  }
  const db = new Kysely<DatabaseSchema>({ dialect: new SqliteDialect({ database: sqliteDatabase(file) }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** libsql as Kysely wants it, with errors that have our codes. */
function sqliteDatabase(file: Libsql.Database): SqliteDatabase {
  return {
    close: () => void file.close(),
    prepare: (sql) => guarded(() => guardStatement(file.prepare(transactionSql(file, sql)))),
  };
}

/**
 * A transaction takes the write lock when it begins: one that reads first and asks for it later would fail at once, without
 * waiting, when another process has written meanwhile. A full disk makes SQLite roll back by itself, and a second rollback
 * would then hide the reason.
 */
function transactionSql(file: Libsql.Database, sql: string): string {
  if (sql === 'begin') return 'begin immediate';
  if (sql === 'rollback' && !file.inTransaction) return 'select 1';
  return sql;
}

function guardStatement(statement: Libsql.Statement<unknown[]>): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => guarded(() => statement.all(...parameters)),
    run: (parameters) => guarded(() => statement.run(...parameters)),
    iterate: (parameters) => guarded(() => statement.iterate(...parameters)),
  };
}

/** A broken constraint is a mistake of ours and stays as it is; everything else is the storage's fault. */
function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (failureCode(error)?.startsWith('SQLITE_CONSTRAINT') === true) throw error;
    if (failureCode(error) === 'SQLITE_ERROR') throw error;
    throw toStorageError(error, 'use the database');
  }
}
