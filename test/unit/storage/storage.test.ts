import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from '@jest/globals';
import { CompiledQuery } from 'kysely';
import Libsql from 'libsql';

import { openBlobFolder } from '../../../src/storage/blobs.js';
import { findConversations, insertConversation, pageOfConversations } from '../../../src/storage/conversations.js';
import { createIdSource, isId } from '../../../src/storage/ids.js';
import { openStorage, type Storage, type Wait } from '../../../src/storage/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('ids', () => {
  test('grow within a millisecond, and when the clock goes back', () => {
    const times = [1000, 1000, 1000, 900, 1001];
    const next = createIdSource({ now: () => times.shift() ?? 2000 });
    const ids = Array.from({ length: 6 }, next);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(6);
    expect(ids.every(isId)).toBe(true);
  });

  test('go on after the greatest that was stored, whatever the clock says', () => {
    const stored = createIdSource({ now: () => 5_000_000 })();
    const next = createIdSource({ after: stored, now: () => 1 });
    expect(next() > stored).toBe(true);
  });

  test('carry over when all random digits are spent', () => {
    const spent = `0000000001${'Z'.repeat(16)}`;
    expect(createIdSource({ after: spent, now: () => 0 })()).toBe(`0000000002${'0'.repeat(16)}`);
  });
});

describe('the database', () => {
  test('keeps what was written over a reopening, and can be migrated again', async () => {
    const dataDir = await temporaryFolder();
    const first = await openStorage({ dataDir });
    const conversation = await store(first, 'Pictures of cats');
    await first.close();

    const second = await openStorage({ dataDir });
    expect(await findConversations(second.db, [conversation.id])).toEqual([conversation]);
    expect(second.nextId() > conversation.id).toBe(true);
    await second.close();
  });

  test('undoes a transaction whose work throws', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    const write = storage.transaction(async (tx) => {
      await store({ ...storage, db: tx }, 'never seen');
      throw new Error('no');
    });
    await expect(write).rejects.toThrow('no');
    expect(await (await pageOfConversations(storage.db, {})).totalCount()).toBe(0);
    await storage.close();
  });

  test('undoes all of a transaction, also when its first query failed and it went on', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    const conversation = await store(storage, 'there before');
    const write = storage.transaction(async (tx) => {
      await insertConversation(tx, conversation).catch(() => undefined);
      await store({ ...storage, db: tx }, 'never seen');
      throw new Error('no');
    });
    await expect(write).rejects.toThrow('no');
    await storage.transaction(() => Promise.resolve());
    expect(await (await pageOfConversations(storage.db, {})).totalCount()).toBe(1);
    await storage.close();
  });

  test('waits for the disk or for the system alone, as each transaction says', async () => {
    const dataDir = await temporaryFolder();
    const storage = await openStorage({ dataDir });
    const levelIn = (wait?: Wait) =>
      storage.transaction(async (tx) => {
        await store({ ...storage, db: tx }, 'written');
        const { rows } = await tx.executeQuery<{ synchronous: number }>(CompiledQuery.raw('pragma synchronous'));
        return rows[0]?.synchronous;
      }, wait);
    const [normal, full] = [1, 2];
    expect([await levelIn(), await levelIn('system'), await levelIn('disk')]).toEqual([full, normal, full]);

    // What only the system has outlives this connection all the same.
    await levelIn('system');
    const other = new Libsql(join(dataDir, 'darkroom.db'));
    expect(other.prepare('select count(*) as count from conversations').get()).toMatchObject({ count: 4 });
    other.close();
    await storage.close();
  });

  test('leaves the event loop free while a write waits for its turn on the disk', async () => {
    const dataDir = await temporaryFolder();
    const storage = await openStorage({ dataDir });
    const other = new Libsql(join(dataDir, 'darkroom.db'));
    other.exec('begin immediate');

    const write = store(storage, 'waits for the other');
    const first = await Promise.race([write.then(() => 'the write'), sleep(50, 'a timer')]);
    expect(first).toBe('a timer');

    other.exec('commit');
    other.close();
    await write;
    expect(await (await pageOfConversations(storage.db, {})).totalCount()).toBe(1);
    await storage.close();
  });

  test('keeps what others ask for out of a transaction that is still at work', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    let count: Promise<number> | undefined;
    const write = storage.transaction(async (tx) => {
      await store({ ...storage, db: tx }, 'undone');
      count = pageOfConversations(storage.db, {}).then((page) => page.totalCount());
      await sleep(10);
      throw new Error('no');
    });
    await expect(write).rejects.toThrow('no');
    expect(await count).toBe(0);
    await storage.close();
  });

  test('tells a broken constraint by its code, and takes the same statement again', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    const conversation = await store(storage, 'once');
    await expect(insertConversation(storage.db, conversation)).rejects.toMatchObject({
      code: 'SQLITE_CONSTRAINT_PRIMARYKEY',
    });
    await store(storage, 'another');
    expect(await (await pageOfConversations(storage.db, {})).totalCount()).toBe(2);
    await storage.close();
  });

  test('answers what was asked before it closes, and leaves one whole file', async () => {
    const dataDir = await temporaryFolder();
    const storage = await openStorage({ dataDir });
    const conversation = await store(storage, 'kept');
    const found = findConversations(storage.db, [conversation.id]);
    await storage.close();
    expect(await found).toEqual([conversation]);
    // The log beside the file goes when the last connection is closed.
    expect((await readdir(dataDir)).filter((name) => name.startsWith('darkroom.db'))).toEqual(['darkroom.db']);
  });

  test('refuses a file that is no database with STORAGE_FAILED', async () => {
    const dataDir = await temporaryFolder();
    await writeFile(
      join(dataDir, 'darkroom.db'),
      'this is not a database, and long enough to be looked at as one'.repeat(100),
    );
    await expect(openStorage({ dataDir })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });
});

describe('blobs', () => {
  test('are named by their content, and stored once', async () => {
    const root = await temporaryFolder();
    const blobs = await openBlobFolder(root);
    const bytes = Buffer.from('a picture');
    const first = await blobs.put(bytes);
    expect(first).toMatchObject({
      sha256: '92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b',
      byteSize: 9,
    });
    expect((await blobs.put(bytes)).sha256).toBe(first.sha256);
    expect(
      (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()),
    ).toHaveLength(1);
    const { sha256 } = first;
    expect(await readFile(join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256))).toEqual(bytes);
    expect(await blobs.read(sha256)).toEqual(bytes);
  });

  test('stay while somebody who stored them has not let go', async () => {
    const blobs = await openBlobFolder(await temporaryFolder());
    const [one, two] = [await blobs.put(Buffer.from('a picture')), await blobs.put(Buffer.from('a picture'))];
    one.release();
    one.release();
    await blobs.remove(one.sha256);
    expect(await blobs.has(one.sha256)).toBe(true);
    two.release();
    await blobs.remove(one.sha256);
    expect(await blobs.has(one.sha256)).toBe(false);
  });

  test('that were half written when the process died are gone at the next start', async () => {
    const root = await temporaryFolder();
    await openBlobFolder(root);
    await writeFile(join(root, 'tmp', 'half'), 'half a pict');
    await openBlobFolder(root);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  test('that a power cut damaged are whole again once the same bytes are stored', async () => {
    const root = await temporaryFolder();
    const blobs = await openBlobFolder(root);
    const bytes = Buffer.from('a picture');
    const { sha256 } = await blobs.put(bytes);
    await writeFile(join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256), 'a pict');
    expect(await blobs.put(bytes)).toMatchObject({ sha256 });
    expect(await blobs.read(sha256)).toEqual(bytes);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  test('that are missing say so', async () => {
    const blobs = await openBlobFolder(await temporaryFolder());
    await expect(blobs.read('0'.repeat(64))).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('missing'),
    });
  });
});

describe('pages', () => {
  const titles = (page: { readonly items: readonly { readonly title: string }[] }): string[] =>
    page.items.map(({ title }) => title);

  test('run through a list forwards and backwards, and know on which side there is more', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    for (const title of ['1', '2', '3', '4', '5']) await store(storage, title);
    const read = (request: Parameters<typeof pageOfConversations>[1]) => pageOfConversations(storage.db, request);

    // The list is shown newest first.
    const first = await read({ first: 2 });
    expect(titles(first)).toEqual(['5', '4']);
    expect(first).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(await first.totalCount()).toBe(5);

    const second = await read({ first: 2, after: cursorOfLast(first) });
    expect(titles(second)).toEqual(['3', '2']);
    expect(second).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(await second.totalCount()).toBe(5);

    const third = await read({ first: 2, after: cursorOfLast(second) });
    expect(titles(third)).toEqual(['1']);
    expect(third).toMatchObject({ hasNextPage: false, hasPreviousPage: true });

    const last = await read({ last: 2 });
    expect(titles(last)).toEqual(['2', '1']);
    expect(last).toMatchObject({ hasNextPage: false, hasPreviousPage: true });

    const before = await read({ last: 2, before: cursorOfFirst(last) });
    expect(titles(before)).toEqual(['4', '3']);
    expect(before).toMatchObject({ hasNextPage: true, hasPreviousPage: true });

    const none = await read({ first: 2, after: cursorOfLast(third) });
    expect(none).toMatchObject({ items: [], hasNextPage: false, hasPreviousPage: true });
    expect(await none.totalCount()).toBe(5);
    await storage.close();
  });

  test('do not shift when something new comes in between', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    for (const title of ['1', '2', '3', '4']) await store(storage, title);
    const first = await pageOfConversations(storage.db, { first: 2 });
    await store(storage, '5');
    expect(titles(await pageOfConversations(storage.db, { first: 2, after: cursorOfLast(first) }))).toEqual(['2', '1']);
    await storage.close();
  });

  test('of a search hold what has the words in its title, with wildcards taken literally', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    for (const title of ['A red Circle', 'a 100% blue square', 'circles']) await store(storage, title);
    expect(titles(await pageOfConversations(storage.db, {}, 'CIRCLE'))).toEqual(['circles', 'A red Circle']);
    expect(await (await pageOfConversations(storage.db, {}, '0%')).totalCount()).toBe(1);
    expect(await (await pageOfConversations(storage.db, {}, '_')).totalCount()).toBe(0);
    await storage.close();
  });

  test('refuse cursors that are not theirs, and sizes that cannot be', async () => {
    const storage = await openStorage({ dataDir: await temporaryFolder() });
    const read = (request: Parameters<typeof pageOfConversations>[1]) => pageOfConversations(storage.db, request);
    await expect(read({ after: 'nonsense' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    await expect(read({ first: 1, last: 1 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(read({ first: 101 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(read({ last: -1 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await storage.close();
  });
});

async function store(storage: Pick<Storage, 'db' | 'nextId'>, title: string) {
  const now = new Date();
  const record = { id: storage.nextId(), title, modelId: 'model', createdAt: now, updatedAt: now };
  await insertConversation(storage.db, record);
  return record;
}

function cursorOfLast<Item>(page: { readonly items: readonly Item[]; cursorOf(item: Item): string }): string {
  const item = page.items.at(-1);
  if (item === undefined) throw new Error('The page is empty.');
  return page.cursorOf(item);
}

function cursorOfFirst<Item>(page: { readonly items: readonly Item[]; cursorOf(item: Item): string }): string {
  const [item] = page.items;
  if (item === undefined) throw new Error('The page is empty.');
  return page.cursorOf(item);
}
