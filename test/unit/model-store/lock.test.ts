import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir, readlink, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { withLock } from '../../../src/model-store/lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'lock');
});

const take = () => withLock(path, 'The model x', async () => 'worked');
/** Host and process as a lock of this process names them. */
const ownHolder = () =>
  withLock(path, 'x', async (): Promise<{ pid: number; host: string }> => JSON.parse(await readFile(path, 'utf8')));
const heldBy = (holder: { pid: number; host: string; started?: string }) =>
  writeFile(path, JSON.stringify({ id: 'another', ...holder }));
const longAgo = new Date(Date.now() - 10 * 60_000);

/** Of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return child.pid ?? 0;
}

describe('a lock', () => {
  it('is gone afterwards, also after a failure', async () => {
    await expect(take()).resolves.toBe('worked');
    await expect(withLock(path, 'x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is refused while this process holds it', async () => {
    await withLock(path, 'The model x', async () => {
      await expect(take()).rejects.toMatchObject({ code: 'MODEL_BUSY' });
    });
  });

  it('is refused while another process lives that holds it, and names that one', async () => {
    const { host } = await ownHolder();
    await heldBy({ pid: process.ppid, host });
    await expect(take()).rejects.toThrow(`The model x is being worked on by process ${process.ppid} on ${hostname()}`);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('is refused while the process that holds it is suspended, however long', async () => {
    const { host } = await ownHolder();
    await heldBy({ pid: process.ppid, host });
    await utimes(path, longAgo, longAgo);
    await expect(take()).rejects.toMatchObject({ code: 'MODEL_BUSY' });
  });

  it('is refused under another name of its file', async () => {
    await symlink(folder, join(folder, 'other'));
    await withLock(path, 'The model x', async () => {
      const again = withLock(join(folder, 'other/lock'), 'The model x', async () => 'worked');
      await expect(again).rejects.toMatchObject({ code: 'MODEL_BUSY' });
    });
  });

  it('is taken over from a process that was killed', async () => {
    const { host } = await ownHolder();
    await heldBy({ pid: await endedProcess(), host });
    await expect(take()).resolves.toBe('worked');
  });

  it('is taken over from a process that had the same id, as the first one of a container that was restarted', async () => {
    await heldBy(await ownHolder());
    await expect(take()).resolves.toBe('worked');
  });

  it('of another machine is kept as long as its heart beats', async () => {
    await heldBy({ pid: await endedProcess(), host: 'elsewhere' });
    await expect(take()).rejects.toMatchObject({ code: 'MODEL_BUSY' });

    await utimes(path, longAgo, longAgo);
    await expect(take()).resolves.toBe('worked');
  });

  it('that holds nothing readable is taken over', async () => {
    await writeFile(path, 'half of a li');
    await expect(take()).resolves.toBe('worked');
  });
});

(existsSync('/proc/self/stat') ? describe : describe.skip)('a lock on Linux', () => {
  it('is taken over from a process whose id another one has now', async () => {
    const { host } = await ownHolder();
    await heldBy({ pid: process.ppid, host, started: 'before' });
    await expect(take()).resolves.toBe('worked');
  });

  it('tells containers apart that share the name of the machine', async () => {
    expect((await ownHolder()).host).toBe(`${hostname()} ${await readlink('/proc/self/ns/pid')}`);
  });
});

describe('work under a lock that another machine has taken over', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => void jest.useRealTimers());

  it('is aborted by the next heartbeat, fails before it publishes, and leaves the other lock alone', async () => {
    const working = withLock(path, 'The model x', async ({ signal, check }) => {
      await heldBy({ pid: 7, host: 'elsewhere' });
      const aborted = once(signal, 'abort');
      jest.advanceTimersByTime(10_000);
      await aborted;
      await check();
    });

    await expect(working).rejects.toMatchObject({
      code: 'MODEL_BUSY',
      message: expect.stringContaining('process 7 on elsewhere'),
    });
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ id: 'another' });
  });
});
