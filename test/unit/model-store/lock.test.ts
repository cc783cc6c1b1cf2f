import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { withLock } from '../../../src/model-store/lock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  path = join(folder, 'lock');
});

const take = () => withLock(path, 'The model x', async () => 'worked');
const heldBy = (holder: { pid: number; host: string }) => writeFile(path, JSON.stringify({ id: 'another', ...holder }));

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
    await heldBy({ pid: process.ppid, host: hostname() });
    await expect(take()).rejects.toThrow(`The model x is being worked on by process ${process.ppid} on ${hostname()}`);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('is taken over from a process that was killed', async () => {
    await heldBy({ pid: await endedProcess(), host: hostname() });
    await expect(take()).resolves.toBe('worked');
  });

  it('of another machine is kept as long as its heart beats', async () => {
    await heldBy({ pid: await endedProcess(), host: 'elsewhere' });
    await expect(take()).rejects.toMatchObject({ code: 'MODEL_BUSY' });

    const longAgo = new Date(Date.now() - 10 * 60_000);
    await utimes(path, longAgo, longAgo);
    await expect(take()).resolves.toBe('worked');
  });

  it('that holds nothing readable is taken over', async () => {
    await writeFile(path, 'half of a li');
    await expect(take()).resolves.toBe('worked');
  });
});
