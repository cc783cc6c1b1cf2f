import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it, jest } from '@jest/globals';

import { HUBS, type HubKind, type PullProgress, listModels } from '../../../src/model-store/index.js';
import { HUB_TOKEN, sha256 } from '../../support/hub-server.js';
import { bytes, hashesIn, hashesOf, isThere, until, workplace } from './support.js';

const work = workplace();
const KINDS: readonly HubKind[] = ['huggingface', 'modelscope'];

/** Small and large files, in folders, more than a page of a listing. */
function checkpoint() {
  return {
    'README.md': Buffer.from('# A model\n'),
    'config.json': Buffer.from('{"layers": 2}'),
    'empty.txt': Buffer.alloc(0),
    'model-00001-of-00002.safetensors': bytes(200_000),
    'model-00002-of-00002.safetensors': bytes(90_000),
    'tokenizer/merges and words.txt': Buffer.from('a b\nc d\n'),
    'vae/weights #1.safetensors': bytes(3_000),
  };
}

describe.each(KINDS)('a pull from a hub of the %s layout', (kind) => {
  it('fetches every file with its folders, and records where they came from', async () => {
    const files = checkpoint();
    const commit = work.hub.publish({ repository: 'owner/name', files });

    const pulled = await work.pull('owner/name', { kind });

    expect(pulled).toMatchObject({ name: 'name', outcome: 'new', folder: join(work.modelsDir, 'name') });
    expect(pulled.record).toMatchObject({ hub: kind, url: work.hub.url, repository: 'owner/name', commit });
    expect(Object.fromEntries(pulled.record.files.map((file) => [file.path, file.sha256]))).toEqual(hashesOf(files));
    expect(await hashesIn(pulled.folder)).toEqual(hashesOf(files));
    expect(await readdir(join(work.modelsDir, '.partial'))).toEqual([]);
    expect(await readdir(join(work.modelsDir, '.locks'))).toEqual([]);
  });

  it('takes a branch or a commit, and not what came later', async () => {
    const first = work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'first' } });
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'second' } });
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'other' }, branch: 'feature/x' });

    const old = await work.pull(`owner/name@${first}`, { kind, name: 'old' });
    const other = await work.pull('owner/name@feature/x', { kind, name: 'other' });

    expect(await hashesIn(old.folder)).toEqual(hashesOf({ 'a.bin': Buffer.from('first') }));
    expect(await hashesIn(other.folder)).toEqual(hashesOf({ 'a.bin': Buffer.from('other') }));
  });

  it('goes on after a cut connection where it was cut', async () => {
    const files = { 'small.json': bytes(500), 'large.bin': bytes(300_000) };
    work.hub.publish({ repository: 'owner/name', files });
    work.hub.trouble('large.bin', { kind: 'cut', afterBytes: 100_000 });
    work.hub.trouble('small.json', { kind: 'cut', afterBytes: 200 });

    const { folder } = await work.pull('owner/name', { kind });

    const ranges = (path: string) =>
      work.hub
        .requestsFor(path)
        .filter(({ sent }) => sent > 0)
        .map(({ range, sent }) => [range, sent]);
    expect(ranges('large.bin')).toEqual([
      [undefined, 100_000],
      ['bytes=100000-', 200_000],
    ]);
    expect(ranges('small.json')).toEqual([
      [undefined, 200],
      ['bytes=200-', 300],
    ]);
    expect(await hashesIn(folder)).toEqual(
      hashesOf({ 'large.bin': files['large.bin'], 'small.json': files['small.json'] }),
    );
  });

  it('shows the token to the hub and to no other origin', async () => {
    work.hub.publish({
      repository: 'owner/name',
      files: { 'large.bin': bytes(10), 'small.json': '{}' },
      access: 'private',
    });

    await work.pull('owner/name', { kind, token: HUB_TOKEN });

    const shown = (origin: string) =>
      work.hub.requests
        .filter((request) => request.origin === origin)
        .map(({ authorization, cookie }) => authorization ?? cookie);
    expect(shown('bucket')).toEqual([undefined]);
    expect(shown('hub').length).toBeGreaterThan(2);
    expect(new Set(shown('hub'))).toEqual(new Set([`Bearer ${HUB_TOKEN}`]));
  });

  it('refuses a file whose hash is not the listed one, names both hashes, and shows no model', async () => {
    const content = bytes(1_000);
    work.hub.publish({ repository: 'owner/name', files: { 'large.bin': content } });
    work.hub.trouble('large.bin', { kind: 'corrupt' }, 9);

    const pulling = work.pull('owner/name', { kind });

    await expect(pulling).rejects.toMatchObject({ code: 'DOWNLOAD_DAMAGED' });
    await expect(pulling).rejects.toThrow(sha256(content));
    await expect(pulling).rejects.toThrow(/came sha256 [0-9a-f]{64}/);
    expect(await isThere(join(work.modelsDir, 'name'))).toBe(false);
  });

  it('says that there is no such repository, or that it may be private', async () => {
    const pulling = work.pull('owner/nothing', { kind });

    await expect(pulling).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
    await expect(pulling).rejects.toThrow(
      /no repository owner\/nothing .* private.*set (HF_TOKEN|MODELSCOPE_API_TOKEN)/,
    );
  });

  it('says that there is no such revision', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });

    await expect(work.pull('owner/name@v9', { kind })).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      message: expect.stringMatching(/no (such )?revision/),
    });
  });
});

describe('a repository that is not for everybody', () => {
  it('is told to be gated, with the page to accept its conditions on and the variable of the token', async () => {
    work.hub.publish({ repository: 'owner/gated', files: { 'a.bin': 'x' }, access: 'gated' });

    const pulling = work.pull('owner/gated');

    await expect(pulling).rejects.toMatchObject({ code: 'HUB_FORBIDDEN' });
    await expect(pulling).rejects.toThrow(`accept its conditions at ${work.hub.url}/owner/gated, then set HF_TOKEN`);
  });

  it('is pulled with a token that may', async () => {
    work.hub.publish({ repository: 'owner/gated', files: { 'a.bin': 'x' }, access: 'gated' });

    await expect(work.pull('owner/gated', { token: HUB_TOKEN })).resolves.toMatchObject({ outcome: 'new' });
  });

  it('is refused by ModelScope with what to set', async () => {
    work.hub.publish({ repository: 'owner/hidden', files: { 'a.bin': 'x' }, access: 'private' });

    await expect(work.pull('owner/hidden', { kind: 'modelscope', token: 'wrong-token' })).rejects.toMatchObject({
      code: 'HUB_FORBIDDEN',
      message: expect.stringMatching(/no permission.*the token in MODELSCOPE_API_TOKEN/),
    });
  });
});

describe('a hub that is busy', () => {
  it('is given the time that it asks for', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    work.hub.trouble('a.bin', { kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    const before = performance.now();

    await work.pull('owner/name');

    expect(performance.now() - before).toBeGreaterThanOrEqual(990);
  });

  it('is asked again after 5xx, for lists as for files', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    work.hub.trouble('/list', { kind: 'status', status: 503 }, 2);
    work.hub.trouble('a.bin', { kind: 'status', status: 500 }, 2);

    await expect(work.pull('owner/name')).resolves.toMatchObject({ outcome: 'new' });
  });

  it('is given up after some attempts that brought nothing', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    work.hub.trouble('a.bin', { kind: 'status', status: 503 }, 99);

    await expect(work.pull('owner/name')).rejects.toMatchObject({
      code: 'HUB_UNAVAILABLE',
      message: expect.stringMatching(/answered 503 for a\.bin, 4 times in a row/),
    });
  });

  it('is not waited for when it asks for hours', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    work.hub.trouble('a.bin', { kind: 'status', status: 429, headers: { 'retry-after': '7200' } });

    await expect(work.pull('owner/name')).rejects.toThrow(/it asks to wait 120 minutes/);
  });

  it('may cut the connection again and again, as long as something comes', async () => {
    const content = bytes(50_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 5_000 }, 9);

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
    expect(work.hub.requestsFor('a.bin').filter(({ origin }) => origin === 'bucket')).toHaveLength(10);
  });

  it('is cut and asked again when nothing comes for too long', async () => {
    const content = bytes(9_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'silence', afterBytes: 4_000 });

    const { folder } = await work.pull('owner/name', { stallMs: 500 });

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
    expect(work.hub.requestsFor('a.bin').at(-1)).toMatchObject({ range: 'bytes=4000-', sent: 5_000 });
  });

  it('is given up when nobody listens there', async () => {
    await work.hub.stop();

    await expect(work.pull('owner/name')).rejects.toMatchObject({
      code: 'HUB_UNAVAILABLE',
      message: expect.stringMatching(/connection to 127\.0\.0\.1:\d+ failed \(ECONNREFUSED\), 4 times in a row/),
    });
  });

  it('that does not understand Range sends everything, which is taken', async () => {
    const content = bytes(20_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 5_000 });
    work.hub.trouble('a.bin', { kind: 'no-range' });

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
  });
});

describe('an answer that is not the file', () => {
  const rangesOf = (path: string) =>
    work.hub
      .requestsFor(path)
      .filter(({ origin }) => origin === 'bucket')
      .map(({ range }) => range);

  it('costs nothing of what has come, when its length tells', async () => {
    const content = bytes(20_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 5_000 });
    work.hub.trouble('a.bin', { kind: 'other', body: '<html>Sign in', hasLength: true });

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
    expect(rangesOf('a.bin')).toEqual([undefined, 'bytes=5000-', 'bytes=5000-']);
  });

  it('is not gone on with, when it does not tell its length', async () => {
    const content = bytes(20_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'other', body: '<html>Sign in', hasLength: false });

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
    expect(rangesOf('a.bin')).toEqual([undefined, undefined]);
  });
});

it('a list of files that does not end is not taken for a whole one', async () => {
  const files = Object.fromEntries(Array.from({ length: 301 }, (_, index) => [`${index}.txt`, 'x']));
  work.hub.publish({ repository: 'owner/name', files });

  await expect(work.pull('owner/name', { choice: { include: ['7.txt'], exclude: [] } })).rejects.toMatchObject({
    code: 'HUB_ANSWER_INVALID',
    message: expect.stringContaining('100 pages'),
  });
});

describe('a secret', () => {
  afterEach(() => void jest.restoreAllMocks());

  it.each(['hf_first\r\nhf_second', 'hf_first hf_second', 'hf_ü', ' '])(
    'that can be no token is refused and not shown: %j',
    async (token) => {
      const refusal: Error = await work.pull('owner/name', { token }).then(
        () => Promise.reject(new Error('It was taken.')),
        (error) => error,
      );

      expect(refusal).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('HF_TOKEN') });
      expect(refusal.message).not.toContain('hf_');
    },
  );

  it('may have a line break behind it, as files of tokens have', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' }, access: 'private' });
    await expect(work.pull('owner/name', { token: `${HUB_TOKEN}\n` })).resolves.toMatchObject({ outcome: 'new' });
  });

  it.each(['http://user:secret@127.0.0.1:1', 'not a URL with secret'])(
    'in the address of the hub is not shown: %s',
    async (url) => {
      const pulling = work.pull('owner/name', { hub: { layout: HUBS.huggingface, url } });

      await expect(pulling).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      await expect(pulling).rejects.toThrow(/^(?!.*secret)/);
    },
  );

  it('in the address of a redirect is refused and not shown', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    const location = work.hub.bucketUrl.replace('//', '//user:secret@');
    work.hub.trouble('a.bin', { kind: 'status', status: 302, headers: { location } }, 9);

    const pulling = work.pull('owner/name');

    await expect(pulling).rejects.toMatchObject({ code: 'HUB_ANSWER_INVALID' });
    await expect(pulling).rejects.toThrow(/^(?!.*secret).*user name or password/);
  });

  it('in the reason of a broken connection is not shown', async () => {
    // No server can make fetch tell a header any more; this is what it told.
    const cause = new Error(`invalid header Bearer ${HUB_TOKEN}`);
    jest.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed', { cause }));

    await expect(work.pull('owner/name', { token: HUB_TOKEN })).rejects.toThrow('invalid header Bearer (token)');
  });
});

describe('a pull that did not end', () => {
  it('leaves no model, and the next one fetches only what is missing', async () => {
    const files = { 'done.bin': bytes(10_000), 'half.bin': bytes(80_000) };
    work.hub.publish({ repository: 'owner/name', files });
    work.hub.trouble('half.bin', { kind: 'silence', afterBytes: 30_000 });
    const controller = new AbortController();
    let arrived = 0;

    const pulling = work.pull('owner/name', {
      signal: controller.signal,
      onProgress: ({ bytesDone }) => (arrived = bytesDone),
    });
    await until(() => arrived === 40_000);
    controller.abort(new Error('Ctrl-C'));
    await expect(pulling).rejects.toThrow('Ctrl-C');
    expect(await isThere(join(work.modelsDir, 'name'))).toBe(false);
    const before = work.hub.requests.length;

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf(files));
    const after = work.hub.requests.slice(before).filter(({ sent }) => sent > 0);
    expect(after.map(({ range, ifRange, sent }) => [range, ifRange, sent])).toEqual([
      ['bytes=30000-', `"${sha256(files['half.bin']).slice(0, 32)}"`, 50_000],
    ]);
  });

  it('is not gone on with where the file has changed since', async () => {
    const changed = bytes(40_000);
    const same = bytes(2_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': bytes(40_000), 'b.bin': same } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 10_000 });
    work.hub.trouble('a.bin', { kind: 'status', status: 503 }, 4);
    await expect(work.pull('owner/name')).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': changed, 'b.bin': same } });
    const before = work.hub.requests.length;

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': changed, 'b.bin': same }));
    const after = work.hub.requests.slice(before).filter(({ sent }) => sent > 0);
    expect(after.map(({ range, sent }) => [range, sent])).toEqual([[undefined, 40_000]]);
    expect(await readdir(join(work.modelsDir, '.partial'))).toEqual([]);
  });

  it.each([
    ['is gone on with by its ETag where the hub lists no hash', false],
    ['begins anew where the hub lists no hash and the ETag is another one', true],
  ])('%s', async (_, hasChanged) => {
    const first = { repository: 'owner/name', files: { 'a.bin': bytes(40_000) }, hasHashes: false };
    const second = hasChanged ? { ...first, files: { 'a.bin': bytes(40_000) } } : first;
    work.hub.publish(first);
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 10_000 });
    work.hub.trouble('a.bin', { kind: 'status', status: 503 }, 4);
    await expect(work.pull('owner/name', { kind: 'modelscope' })).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    if (hasChanged) work.hub.publish(second);
    const before = work.hub.requests.length;

    const { folder } = await work.pull('owner/name', { kind: 'modelscope' });

    expect(await hashesIn(folder)).toEqual(hashesOf(second.files));
    const after = work.hub.requests.slice(before).filter(({ sent }) => sent > 0);
    expect(after.map(({ range, ifRange, sent }) => [range, ifRange, sent])).toEqual([
      ['bytes=10000-', `"${sha256(first.files['a.bin']).slice(0, 32)}"`, hasChanged ? 40_000 : 30_000],
    ]);
  });

  it('of which a part was spoilt on the disk fetches that file anew', async () => {
    const content = bytes(40_000);
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': content } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 10_000 });
    work.hub.trouble('a.bin', { kind: 'status', status: 503 }, 4);
    await expect(work.pull('owner/name')).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    const parts = join(work.modelsDir, '.partial/name/parts');
    const part = (await readdir(parts)).find((name) => !name.endsWith('.etag')) ?? '';
    await writeFile(join(parts, part), bytes(10_000));

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': content }));
  });
});

describe('a pull under the name of one that did not end', () => {
  const everything = { 'done.bin': bytes(10_000), 'half.bin': bytes(80_000), 'config.json': Buffer.from('{}') };

  async function interruptedPull(): Promise<void> {
    work.hub.publish({ repository: 'owner/name', files: everything });
    work.hub.trouble('half.bin', { kind: 'cut', afterBytes: 30_000 });
    work.hub.trouble('half.bin', { kind: 'status', status: 503 }, 4);
    const choice = { include: ['*.bin'], exclude: [] };
    await expect(work.pull('owner/name', { choice })).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
  }

  it('is refused for another repository, and takes nothing from the first', async () => {
    await interruptedPull();
    work.hub.publish({ repository: 'other/name', files: { 'a.bin': 'x' } });
    const before = await listModels(work.modelsDir);

    await expect(work.pull('other/name')).rejects.toMatchObject({
      code: 'MODEL_EXISTS',
      message: expect.stringMatching(/owner\/name .*--name.*darkroom model remove name/),
    });

    expect(await listModels(work.modelsDir)).toEqual(before);
  });

  it('with a narrower choice keeps what has come, whole or begun', async () => {
    await interruptedPull();

    const { folder } = await work.pull('owner/name', { choice: { include: ['*.json'], exclude: [] } });

    expect(Object.keys(await hashesIn(folder))).toEqual(['config.json', 'done.bin']);
    expect(await listModels(work.modelsDir)).toMatchObject([
      { kind: 'checkpoint', bytesTotal: null },
      { kind: 'unfinished', bytes: expect.any(Number), bytesTotal: 80_000 },
    ]);
    const before = work.hub.requests.length;
    await work.pull('owner/name');
    const after = work.hub.requests.slice(before).filter(({ sent }) => sent > 0);
    expect(after.map(({ range, sent }) => [range, sent])).toEqual([['bytes=30000-', 50_000]]);
    expect(await hashesIn(folder)).toEqual(hashesOf(everything));
    expect(await readdir(join(work.modelsDir, '.partial'))).toEqual([]);
  });
});

it('a part that something else wrote to does not become a file of a model', async () => {
  work.hub.publish({ repository: 'owner/name', files: { 'a.bin': bytes(40_000) } });
  work.hub.trouble('a.bin', { kind: 'silence', afterBytes: 10_000 });
  const parts = join(work.modelsDir, '.partial/name/parts');
  let isWritten = false;
  const pulling = work.pull('owner/name', {
    stallMs: 500,
    onProgress({ bytesDone }) {
      if (isWritten || bytesDone < 10_000) return;
      const part = readdirSync(parts).find((name) => !name.endsWith('.etag')) ?? '';
      appendFileSync(join(parts, part), 'of another pull');
      isWritten = true;
    },
  });

  await expect(pulling).rejects.toMatchObject({ code: 'MODEL_BUSY' });
  expect(await isThere(join(work.modelsDir, 'name'))).toBe(false);
});

it('a pull whose lock another machine has taken over ends', async () => {
  work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
  const lock = join(work.modelsDir, '.locks/name');

  const pulling = work.pull('owner/name', {
    freeSpace: async () => {
      await writeFile(lock, JSON.stringify({ id: 'another', pid: 7, host: 'elsewhere' }));
      return 1e12;
    },
  });

  await expect(pulling).rejects.toMatchObject({ code: 'MODEL_BUSY', message: expect.stringContaining('elsewhere') });
  expect(await isThere(join(work.modelsDir, 'name'))).toBe(false);
});

describe('a pull over a model that is there', () => {
  it('of the same commit checks every file and fetches none', async () => {
    work.hub.publish({ repository: 'owner/name', files: checkpoint() });
    await work.pull('owner/name');
    const phases: PullProgress[] = [];

    const again = await work.pull('owner/name', { onProgress: (progress) => phases.push(progress) });

    expect(again.outcome).toBe('unchanged');
    expect(work.hub.requestsFor('config.json').filter(({ sent }) => sent > 0)).toHaveLength(1);
    expect(phases.at(-1)).toMatchObject({ phase: 'checking', filesDone: 7, filesTotal: 7 });
    expect(phases.at(-1)?.bytesDone).toBe(phases.at(-1)?.bytesTotal);
  });

  it('mends a damaged file and a missing one, and fetches no other', async () => {
    const files = checkpoint();
    work.hub.publish({ repository: 'owner/name', files });
    const { folder } = await work.pull('owner/name');
    await writeFile(join(folder, 'model-00002-of-00002.safetensors'), bytes(90_000));
    await rm(join(folder, 'config.json'));
    const before = work.hub.requests.length;

    const mended = await work.pull('owner/name');

    expect(mended.outcome).toBe('replaced');
    expect(await hashesIn(folder)).toEqual(hashesOf(files));
    const fetched = work.hub.requests
      .slice(before)
      .filter(({ url, sent }) => sent > 0 && !url.startsWith('/api/models'));
    expect(fetched.map(({ sent }) => sent).sort((one, other) => one - other)).toEqual([13, 90_000]);
  });

  it('of another commit replaces it, and fetches only what changed', async () => {
    const files = checkpoint();
    work.hub.publish({ repository: 'owner/name', files });
    await work.pull('owner/name');
    const { 'empty.txt': _, ...kept } = files;
    const commit = work.hub.publish({ repository: 'owner/name', files: { ...kept, 'config.json': Buffer.from('{}') } });
    const before = work.hub.requests.length;

    const { folder, record, outcome } = await work.pull('owner/name');

    expect([outcome, record.commit]).toEqual(['replaced', commit]);
    expect(await hashesIn(folder)).toEqual(hashesOf({ ...kept, 'config.json': Buffer.from('{}') }));
    expect(work.hub.requests.slice(before).filter(({ sent }) => sent > 0)).toHaveLength(1);
  });

  it('with other patterns adds the files, and keeps those of the earlier pull', async () => {
    const files = checkpoint();
    work.hub.publish({ repository: 'owner/name', files });
    await work.pull('owner/name', { choice: { include: ['*.json'], exclude: [] } });

    const { folder } = await work.pull('owner/name', { choice: { include: ['*.md'], exclude: [] } });

    expect(Object.keys(await hashesIn(folder))).toEqual(['README.md', 'config.json']);
  });

  it('with other patterns at a newer commit keeps the files of the earlier pull that the hub still has', async () => {
    const { 'README.md': readme, ...files } = checkpoint();
    work.hub.publish({ repository: 'owner/name', files: { ...files, 'README.md': readme } });
    await work.pull('owner/name', { choice: { include: ['*.json', 'vae/', 'empty.txt'], exclude: [] } });
    const { 'empty.txt': _, ...newer } = { ...files, 'config.json': Buffer.from('{}'), 'README.md': readme };
    work.hub.publish({ repository: 'owner/name', files: newer });

    const { folder } = await work.pull('owner/name', { choice: { include: ['*.md'], exclude: [] } });

    const { 'config.json': config, 'vae/weights #1.safetensors': vae } = newer;
    expect(await hashesIn(folder)).toEqual(
      hashesOf({ 'README.md': readme, 'config.json': config, 'vae/weights #1.safetensors': vae }),
    );
  });

  it('keeps what somebody else put into the folder, unless the new files take its place', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'old', gone: 'old' } });
    const { folder } = await work.pull('owner/name');
    await mkdir(join(folder, 'mine/deep'), { recursive: true });
    await writeFile(join(folder, 'mine/deep/notes.txt'), 'mine');
    await symlink('mine/deep/notes.txt', join(folder, 'link'));
    await writeFile(join(folder, 'b.bin'), 'mine');
    await writeFile(join(folder, 'c'), 'mine');
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'new', 'b.bin': 'new', 'c/d': 'new' } });

    await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(
      hashesOf({ 'a.bin': 'new', 'b.bin': 'new', 'c/d': 'new', 'mine/deep/notes.txt': 'mine' }),
    );
    expect(await readFile(join(folder, 'link'), 'utf8')).toBe('mine');
  });

  it('of another repository is refused, and so is a folder that was never pulled', async () => {
    work.hub.publish({ repository: 'one/name', files: { 'a.bin': 'one' } });
    work.hub.publish({ repository: 'two/name', files: { 'a.bin': 'two' } });
    await work.pull('one/name');
    await mkdir(join(work.modelsDir, 'mine'));

    await expect(work.pull('two/name')).rejects.toMatchObject({
      code: 'MODEL_EXISTS',
      message: expect.stringMatching(/one\/name of huggingface.*--name/),
    });
    await expect(work.pull('two/name', { name: 'mine' })).rejects.toMatchObject({ code: 'MODEL_EXISTS' });
    expect(await hashesIn(join(work.modelsDir, 'name'))).toEqual(hashesOf({ 'a.bin': Buffer.from('one') }));
  });

  it('is finished when a kill came between taking the old one away and naming the new one', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    const { folder } = await work.pull('owner/name');
    const staging = join(work.modelsDir, '.partial/name');
    await mkdir(staging, { recursive: true });
    await rename(folder, join(staging, 'previous'));

    const again = await work.pull('owner/name');

    expect(again.outcome).toBe('unchanged');
    expect(await hashesIn(folder)).toEqual(hashesOf({ 'a.bin': Buffer.from('x') }));
  });
});

// Only Linux has a file that is there and whose first byte no process can read.
(existsSync('/proc/self/mem') ? describe : describe.skip)('a file of a model that the disk cannot read', () => {
  it('is mended by a pull', async () => {
    const files = { 'a.bin': Buffer.from('x'), 'empty.txt': Buffer.alloc(0) };
    work.hub.publish({ repository: 'owner/name', files });
    const { folder } = await work.pull('owner/name');
    await rm(join(folder, 'empty.txt'));
    await symlink('/proc/self/mem', join(folder, 'empty.txt'));

    await expect(work.pull('owner/name')).resolves.toMatchObject({ outcome: 'replaced' });
    expect(await hashesIn(folder)).toEqual(hashesOf(files));
  });
});

describe('two pulls at the same time', () => {
  it('of one model: one of them works, the other is told so', async () => {
    const files = checkpoint();
    work.hub.publish({ repository: 'owner/name', files });

    const results = await Promise.allSettled([work.pull('owner/name'), work.pull('owner/name')]);

    const refused = results.find(({ status }) => status === 'rejected');
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(refused).toMatchObject({ reason: { code: 'MODEL_BUSY' } });
    expect(await hashesIn(join(work.modelsDir, 'name'))).toEqual(hashesOf(files));
  });

  it('of two models: both', async () => {
    work.hub.publish({ repository: 'owner/one', files: { 'a.bin': bytes(50_000) } });
    work.hub.publish({ repository: 'owner/two', files: { 'a.bin': bytes(50_000) } });

    const results = await Promise.all([work.pull('owner/one'), work.pull('owner/two')]);

    expect(results.map(({ outcome }) => outcome)).toEqual(['new', 'new']);
  });
});

describe('the files of a pull', () => {
  it('are fetched several at once, at most as many as allowed', async () => {
    const files = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`${index}.bin`, bytes(100)]));
    work.hub.publish({ repository: 'owner/name', files });
    for (const path of Object.keys(files)) work.hub.trouble(path, { kind: 'silence', afterBytes: 1 });
    const controller = new AbortController();
    const running = () => work.hub.requests.filter(({ origin }) => origin === 'bucket').length;

    const pulling = work.pull('owner/name', { parallel: 3, signal: controller.signal });
    await until(() => running() === 3);
    await sleep(200);

    expect(running()).toBe(3);
    controller.abort(new Error('enough'));
    await expect(pulling).rejects.toThrow('enough');
  });

  it('are chosen by patterns', async () => {
    work.hub.publish({ repository: 'owner/name', files: checkpoint() });

    const { folder } = await work.pull('owner/name', {
      choice: { include: ['*.safetensors', 'config.json'], exclude: ['vae/'] },
    });

    expect(Object.keys(await hashesIn(folder))).toEqual([
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
  });

  it('that no pattern chooses are told, with some that there are', async () => {
    work.hub.publish({ repository: 'owner/name', files: checkpoint() });

    await expect(work.pull('owner/name', { choice: { include: ['*.gguf'], exclude: [] } })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/None of the 7 files .* README\.md, /),
    });
  });

  it.each([
    '../outside.bin',
    'a/../../outside.bin',
    '/etc/outside',
    String.raw`..\outside.bin`,
    'a//b',
    'C:x',
    'a\u001b[2J',
    '.darkroom-model.json',
    '.darkroom-model.json/a',
    '.Darkroom-Model.json.7.tmp',
    'a\ud800',
  ])('are refused when a path leaves the folder or harms it: %j', async (path) => {
    for (const kind of KINDS) {
      work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x', [path]: 'evil' } });
      const pulling = work.pull('owner/name', { kind });
      await expect(pulling).rejects.toMatchObject({ code: 'HUB_ANSWER_INVALID' });
      await expect(pulling).rejects.toThrow(/is refused/);
    }
    expect(work.hub.requests.filter(({ sent }) => sent > 0)).toEqual([]);
  });

  it('are refused when two paths differ only in case, until one is left out', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'README.md': 'one', 'readme.md': 'two' } });

    await expect(work.pull('owner/name')).rejects.toMatchObject({
      code: 'HUB_ANSWER_INVALID',
      message: expect.stringMatching(/"README\.md" and "readme\.md".*--exclude/),
    });
    await expect(work.pull('owner/name', { choice: { include: [], exclude: ['readme.md'] } })).resolves.toBeDefined();
  });

  it('may change from file to folder between two pulls', async () => {
    work.hub.publish({ repository: 'owner/name', files: { a: 'file', 'b/c': 'in a folder', 'z.bin': bytes(10) } });
    work.hub.trouble('z.bin', { kind: 'status', status: 503 }, 4);
    await expect(work.pull('owner/name', { parallel: 1 })).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });
    const files = { 'a/d': Buffer.from('in a folder'), b: Buffer.from('file') };
    work.hub.publish({ repository: 'owner/name', files });

    const { folder } = await work.pull('owner/name');

    expect(await hashesIn(folder)).toEqual(hashesOf(files));
  });
});

describe('the disk', () => {
  it('is asked first: too little room is told in numbers, and nothing is fetched', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': bytes(2_000_000) } });

    const pulling = work.pull('owner/name', { freeSpace: async () => 1_500_000 });

    await expect(pulling).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    await expect(pulling).rejects.toThrow(/2\.00 MB are still to be fetched .* has 1\.50 MB free/);
    expect(work.hub.requestsFor('a.bin')).toEqual([]);
  });

  it('needs room only for what is missing', async () => {
    const wanted: number[] = [];
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': bytes(2_000_000) } });
    work.hub.trouble('a.bin', { kind: 'cut', afterBytes: 1_999_000 });
    work.hub.trouble('a.bin', { kind: 'status', status: 503 }, 4);
    await expect(work.pull('owner/name')).rejects.toMatchObject({ code: 'HUB_UNAVAILABLE' });

    await work.pull('owner/name', {
      freeSpace: async () => {
        wanted.push(1);
        return 64 * 1024 * 1024 + 1_000;
      },
    });

    expect(wanted).toEqual([1]);
  });
});

describe('progress', () => {
  it('counts bytes and files up to their totals', async () => {
    work.hub.publish({ repository: 'owner/name', files: checkpoint() });
    const told: PullProgress[] = [];

    await work.pull('owner/name', { onProgress: (progress) => told.push(progress) });

    expect(told[0]).toEqual({ phase: 'fetching', bytesDone: 0, bytesTotal: 293_031, filesDone: 0, filesTotal: 7 });
    expect(told.at(-1)).toEqual({
      phase: 'fetching',
      bytesDone: 293_031,
      bytesTotal: 293_031,
      filesDone: 7,
      filesTotal: 7,
    });
  });
});

describe('the record', () => {
  it('never holds the token', async () => {
    work.hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    const { folder } = await work.pull('owner/name', { token: HUB_TOKEN });

    expect(await readFile(join(folder, '.darkroom-model.json'), 'utf8')).not.toContain(HUB_TOKEN);
  });
});
