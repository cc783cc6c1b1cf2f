/**
 * The database file in a thread of its own: each commit waits for the disk, and the event loop must not wait with it. One
 * connection, one query after the other, in the order in which they were asked.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { GatewayError } from '../errors/index.js';
import { packageRoot } from '../plugin/package-root.js';

/** Built, also under the tests: a thread is started from a file that Node can run. */
const THREAD_PROGRAM = join(packageRoot, 'dist/src/storage/database-worker.js');

/**
 * When a commit counts as done. `disk`: it survives a power cut. `system`: the operating system has it, so it survives the end of
 * this process; a power cut may undo it, but nothing that came before it, and not once a later commit has waited for the disk.
 */
export type Wait = 'disk' | 'system';

/** What the thread is started with. */
export interface ThreadSetup {
  /** Of the database file. */
  readonly path: string;
  /** How long a write waits for another process that writes. */
  readonly busyTimeoutMs: number;
}

/** A query, or the wish to close the file and end. Answers come in the order of the requests. */
export type ThreadRequest = ThreadQuery | 'close';

export interface ThreadQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** Begin a transaction before, unless one is open; says what its commit waits for. */
  readonly begins: Wait | undefined;
}

export type ThreadAnswer =
  | QueryOutcome
  /** A class does not survive the way between threads, so message and code travel alone. */
  | { readonly error: { readonly message: string; readonly code: string | undefined } };

export interface QueryOutcome {
  readonly rows: readonly unknown[];
  /** Rows written; null for a query that answers rows. */
  readonly changes: number | null;
}

/** A database error on this side, with the code that SQLite gave it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  constructor(
    message: string,
    readonly code: string | undefined,
  ) {
    super(message);
  }
}

export interface DatabaseThread {
  /** @throws DatabaseError as SQLite; GatewayError STORAGE_FAILED when the file is closed; Error that ended the thread */
  query(query: ThreadQuery): Promise<QueryOutcome>;
  /** Resolves when what was asked before is done, the file is closed and the thread has ended. */
  close(): Promise<void>;
}

/** @throws Error as SQLite, with its code, when the file cannot be opened */
export async function openDatabaseThread(setup: ThreadSetup): Promise<DatabaseThread> {
  // None of this process's own options (inspector, preloaded modules): they are meant for the gateway.
  const worker = new Worker(THREAD_PROGRAM, { workerData: setup, execArgv: [] });
  const waiting: { resolve(outcome: QueryOutcome): void; reject(error: unknown): void }[] = [];
  /** Why there are no more answers. */
  let ended: Error | undefined;

  const nextAnswer = (): Promise<QueryOutcome> =>
    new Promise((resolve, reject) => {
      // A thread with nothing to do does not keep the process alive.
      worker.ref();
      waiting.push({ resolve, reject });
    });

  worker.on('message', (answer: ThreadAnswer) => {
    const asked = waiting.shift();
    if (waiting.length === 0) worker.unref();
    if ('error' in answer) asked?.reject(new DatabaseError(answer.error.message, answer.error.code));
    else asked?.resolve(answer);
  });
  worker.on('error', (error) => {
    ended = error;
  });
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      ended ??= new GatewayError('STORAGE_FAILED', 'The database is closed.');
      for (const { reject } of waiting.splice(0)) reject(ended);
      resolve();
    });
  });

  const ask = (request: ThreadRequest): Promise<QueryOutcome> => {
    if (ended !== undefined) return Promise.reject(ended);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(request);
    return nextAnswer();
  };

  // The first answer tells that the file is open.
  await nextAnswer();

  return {
    query: ask,
    async close() {
      if (ended !== undefined) return;
      await ask('close');
      worker.ref();
      await exited;
    },
  };
}
