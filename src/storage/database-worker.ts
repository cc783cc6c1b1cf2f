/** The program of the database's thread: opens the file, then answers each request in turn. It ends when it is asked to close. */
import { parentPort, workerData } from 'node:worker_threads';

import Libsql from 'libsql';

import type { QueryOutcome, ThreadAnswer, ThreadQuery, ThreadRequest, ThreadSetup, Wait } from './database-thread.js';
import { failureCode } from './failure.js';

/** The gateway's queries are some dozens of texts; only lists of ids of many lengths make more. */
const MAX_STATEMENTS = 200;
const NOTHING: QueryOutcome = { rows: [], changes: null };

const port = parentPort;
if (port === null) throw new TypeError('This program runs as a thread of the gateway.');

/** Preparing a statement costs more than running it. The one that was used last is the last. */
const statements = new Map<string, Libsql.Statement<unknown[]>>();
// A file that cannot be opened ends the thread, and the thread's error tells why.
const file = open(workerData);
/** What commits wait for now. */
let wait: Wait | undefined;
port.postMessage(NOTHING);

port.on('message', (request: ThreadRequest) => {
  port.postMessage(attempt(() => (request === 'close' ? close() : run(request))));
  if (request === 'close') port.close();
});

function open({ path, busyTimeoutMs }: ThreadSetup): Libsql.Database {
  const opened = new Libsql(path);
  opened.pragma(`busy_timeout = ${busyTimeoutMs}`);
  opened.pragma('journal_mode = WAL');
  opened.pragma('foreign_keys = ON');
  return opened;
}

function close(): QueryOutcome {
  statements.clear();
  file.close();
  return NOTHING;
}

function run({ sql, parameters, begins }: ThreadQuery): QueryOutcome {
  // SQLite takes this between transactions only.
  if (!file.inTransaction) commitsWaitFor(begins ?? 'disk');
  // A transaction takes the write lock when it begins: one that reads first and asks for it later would fail at once, without
  // waiting, when another process has written meanwhile.
  if (begins !== undefined && !file.inTransaction) prepared('begin immediate').run();
  // A full disk makes SQLite roll back by itself, and a second rollback would then hide the reason.
  if (sql === 'rollback' && !file.inTransaction) return NOTHING;
  const statement = prepared(sql);
  if (statement.reader) return { rows: statement.all(...parameters), changes: null };
  return { rows: [], changes: statement.run(...parameters).changes };
}

function commitsWaitFor(wanted: Wait): void {
  if (wait === wanted) return;
  file.pragma(`synchronous = ${wanted === 'disk' ? 'FULL' : 'NORMAL'}`);
  wait = wanted;
}

function prepared(sql: string): Libsql.Statement<unknown[]> {
  const statement = statements.get(sql) ?? file.prepare(sql);
  statements.delete(sql);
  statements.set(sql, statement);
  const [oldest] = statements.keys();
  if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest);
  return statement;
}

function attempt(work: () => QueryOutcome): ThreadAnswer {
  try {
    return work();
  } catch (error) {
    return { error: { message: error instanceof Error ? error.message : String(error), code: failureCode(error) } };
  }
}
