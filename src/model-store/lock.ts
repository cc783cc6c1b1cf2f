/**
 * One process works on a model at a time. The lock is a file that names its holder; it is stale when its holder, a process of this
 * machine, is gone, or when its heartbeat stopped long ago (a holder on another machine that shares the folder, a process id that was
 * given away again). So a pull that was killed leaves nothing to clean up by hand.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';

import { z } from 'zod';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';

const HEARTBEAT_MS = 10_000;
const STALE_MS = 120_000;

const holderSchema = z.object({ id: z.string(), pid: z.int(), host: z.string() });
type Holder = z.output<typeof holderSchema>;

/** Of this process, which may hold several; a name is taken here before the file is looked at. */
const held = new Set<string>();

/**
 * Holds the lock while `work` runs.
 *
 * @param path of the lock's file, in a folder that is there
 * @param what is locked, for the message
 * @throws GatewayError MODEL_BUSY when somebody else holds it
 */
export async function withLock<Value>(path: string, what: string, work: () => Promise<Value>): Promise<Value> {
  if (held.has(path)) throw busy(what, 'this process');
  held.add(path);
  try {
    const id = await acquire(path, what);
    const heartbeat = setInterval(() => {
      const now = new Date();
      // Without a heartbeat the lock still holds for two minutes, and on this machine for as long as the process lives.
      utimes(path, now, now).catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      return await work();
    } finally {
      clearInterval(heartbeat);
      if ((await readHolder(path))?.id === id) await rm(path, { force: true });
    }
  } finally {
    held.delete(path);
  }
}

async function acquire(path: string, what: string): Promise<string> {
  const holder: Holder = { id: randomUUID(), pid: process.pid, host: hostname() };
  // The file appears with its content: nobody may read a holder that is not written yet.
  const draft = `${path}.${holder.id}`;
  await writeFile(draft, JSON.stringify(holder));
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (await place(draft, path)) return holder.id;
      const other = await readHolder(path);
      if (other !== null && !(await isStale(path, other))) throw busy(what, `process ${other.pid} on ${other.host}`);
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

async function isStale(path: string, { pid, host }: Holder): Promise<boolean> {
  const quietMs = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return quietMs > STALE_MS || (host === hostname() && !isRunning(pid));
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
