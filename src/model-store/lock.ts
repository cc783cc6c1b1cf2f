/**
 * One process works on a model at a time. The lock is a file that names its holder; it is stale when its holder, a process of this
 * machine, is gone, or when the heartbeat of a holder on another machine that shares the folder stopped long ago. So a pull that was
 * killed leaves nothing to clean up by hand, and one that was suspended still has its lock when it goes on.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

import { z } from 'zod';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';

const HEARTBEAT_MS = 10_000;
const STALE_MS = 120_000;

const holderSchema = z.object({
  id: z.string(),
  pid: z.int(),
  host: z.string(),
  /** When the process began, as the system counts; null where it does not tell. Another process may get the same id later. */
  started: z.string().nullable().default(null),
});
type Holder = z.output<typeof holderSchema>;

/** Of this process, which may hold several; a name is taken here before the file is looked at. */
const held = new Set<string>();
/** Ids of the same locks: the same file may have two names. */
const heldIds = new Set<string>();

export interface HeldLock {
  /** Aborted once somebody else has taken the lock over. */
  readonly signal: AbortSignal;
  /** Before what must not happen twice. @throws GatewayError MODEL_BUSY when somebody else has taken the lock over */
  check(): Promise<void>;
}

/**
 * Holds the lock while `work` runs.
 *
 * @param path of the lock's file, in a folder that is there
 * @param what is locked, for the message
 * @throws GatewayError MODEL_BUSY when somebody else holds it
 */
export async function withLock<Value>(
  path: string,
  what: string,
  work: (lock: HeldLock) => Promise<Value>,
): Promise<Value> {
  if (held.has(path)) throw busy(what, 'this process');
  held.add(path);
  const id = randomUUID();
  heldIds.add(id);
  try {
    await acquire(path, what, id);
    const lost = new AbortController();
    const check = async () => {
      const holder = await readHolder(path);
      // A lock that cannot be read, or is not there for a moment, is nobody else's.
      if (holder !== null && holder.id !== id) lost.abort(busy(what, nameOf(holder)));
      lost.signal.throwIfAborted();
    };
    const heartbeat = setInterval(() => {
      const now = new Date();
      // Without a heartbeat the lock still holds for two minutes, and on this machine for as long as the process lives.
      check()
        .then(() => utimes(path, now, now))
        .catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      return await work({ signal: lost.signal, check });
    } finally {
      clearInterval(heartbeat);
      if ((await readHolder(path))?.id === id) await rm(path, { force: true });
    }
  } finally {
    held.delete(path);
    heldIds.delete(id);
  }
}

async function acquire(path: string, what: string, id: string): Promise<void> {
  const { pid } = process;
  const holder: Holder = { id, pid, host: await hostName(), started: await startOf(pid) };
  // The file appears with its content: nobody may read a holder that is not written yet.
  const draft = `${path}.${holder.id}`;
  await writeFile(draft, JSON.stringify(holder));
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (await place(draft, path)) return;
      const other = await readHolder(path);
      if (other !== null && !(await isStale(path, other, holder.host))) throw busy(what, nameOf(other));
      await removeStale(path, other);
    }
  } finally {
    await rm(draft, { force: true });
  }
  throw busy(what, 'another process');
}

/** @returns false when there is a lock already */
async function place(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    // A file system without hard links.
    return writeFile(path, await readFile(draft), { flag: 'wx' }).then(
      () => true,
      (reason: unknown) => {
        if (systemErrorCode(reason) === 'EEXIST') return false;
        throw reason;
      },
    );
  }
}

/** Two processes may find the same stale lock; the one that comes later must not remove the new lock of the first. */
async function removeStale(path: string, stale: Holder | null): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await readHolder(aside);
  if (moved !== null && moved.id !== stale?.id) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isStale(path: string, { id, pid, host, started }: Holder, ownHost: string): Promise<boolean> {
  if (host === ownHost) {
    // The first process of a container has the same id after each restart.
    if (pid === process.pid) return !heldIds.has(id);
    if (!isRunning(pid)) return true;
    const start = await startOf(pid);
    return start !== null && started !== null && start !== started;
  }
  const quietMs = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return quietMs > STALE_MS;
}

/** Where a process id means one process: containers may share the name of the machine, but not its processes. */
async function hostName(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => null);
  return namespace === null ? hostname() : `${hostname()} ${namespace}`;
}

/** Field 22 of Linux's /proc/<pid>/stat; the name of the program before it may hold anything. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function nameOf({ pid, host }: Holder): string {
  return `process ${pid} on ${host}`;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is there, but not ours to signal.
    return systemErrorCode(error) === 'EPERM';
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

function busy(what: string, holder: string): GatewayError {
  return new GatewayError(
    'MODEL_BUSY',
    `${what} is being worked on by ${holder}. Wait until that has ended, or stop it.`,
  );
}
