import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { openFileCache } from '../../../src/storage/file-cache.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const bytes = (size: number) => async () => Buffer.alloc(size, size);
const never = () => Promise.reject(new Error('made again'));

describe('a folder of files that can be made again', () => {
  test('makes each once, also for many who ask at the same moment', async () => {
    const cache = await openFileCache({ folder: await temporaryFolder(), maxBytes: 100 });
    let made = 0;
    const make = async () => {
      made += 1;
      return Buffer.from('once');
    };
    const answers = await Promise.all([cache.get('a', make), cache.get('a', make), cache.get('a', make)]);

    expect(answers.map(String)).toEqual(['once', 'once', 'once']);
    expect(String(await cache.get('a', make))).toBe('once');
    expect(made).toBe(1);
  });

  test('stays within its bytes: what was not used for longest goes first', async () => {
    const folder = await temporaryFolder();
    const cache = await openFileCache({ folder, maxBytes: 10 });
    await cache.get('a', bytes(4));
    await cache.get('b', bytes(4));
    await cache.get('a', never);
    await cache.get('c', bytes(5));

    expect((await readdir(folder)).sort()).toEqual(['a', 'c']);
    expect(cache.byteSize).toBe(9);
    expect((await cache.get('huge', bytes(11))).byteLength).toBe(11);
    expect((await readdir(folder)).sort()).toEqual(['a', 'c']);
  });

  test('outlives a restart, without what was half-written, and obeys a lower limit', async () => {
    const folder = await temporaryFolder();
    const first = await openFileCache({ folder, maxBytes: 10 });
    await first.get('a', bytes(4));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await first.get('b', bytes(4));
    await writeFile(join(folder, '.half'), 'xxx');

    const second = await openFileCache({ folder, maxBytes: 5 });
    expect(await readdir(folder)).toEqual(['b']);
    expect((await second.get('b', never)).byteLength).toBe(4);
  });

  test('makes again what somebody took away, and what it was told to forget', async () => {
    const folder = await temporaryFolder();
    const cache = await openFileCache({ folder, maxBytes: 100 });
    await cache.get('one-a', bytes(4));
    await cache.get('two-a', bytes(4));
    await rm(join(folder, 'one-a'));
    expect((await cache.get('one-a', bytes(4))).byteLength).toBe(4);
    await cache.forget('one-');
    expect(await readdir(folder)).toEqual(['two-a']);
    await expect(cache.get('one-a', never)).rejects.toThrow('made again');
  });

  test('gives the bytes where they cannot be kept', async () => {
    const folder = await temporaryFolder();
    const cache = await openFileCache({ folder, maxBytes: 100 });
    await rm(folder, { recursive: true });
    expect((await cache.get('a', bytes(4))).byteLength).toBe(4);
  });
});
