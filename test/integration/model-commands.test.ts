/** `darkroom model` as a person runs it, against a hub on this machine. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { packageRoot } from '../../src/plugin/package-root.js';
import { HUB_TOKEN, type HubServer, sha256, startHubServer } from '../support/hub-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const PROGRAM = join(packageRoot, 'dist/src/cli/main.js');
const TINY_BUNDLE = join(packageRoot, 'test/fixtures/tiny-bundle');

// Each test starts the program several times.
jest.setTimeout(180_000);

let folder: string;
let hub: HubServer;

beforeEach(async () => {
  folder = await temporaryFolder();
  hub = await startHubServer();
});
afterEach(() => hub.stop());

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HF_ENDPOINT: hub.url, MODELSCOPE_ENDPOINT: hub.url, ...environment },
    stdio: 'pipe',
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  return { child, output };
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { child, output } = start(args, environment);
  child.stdin.end();
  const [code] = await once(child, 'close');
  return { code: Number(code), ...output };
}

/** The files of a bundle as a repository has them. */
async function filesOf(bundle: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(bundle, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<[string, Buffer]> => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(bundle.length + 1), await readFile(path)];
      }),
  );
  return Object.fromEntries(files);
}

describe('a bundle on a hub', () => {
  it.each(['huggingface', 'modelscope'])('of the %s layout is pulled, listed, verified and removed', async (kind) => {
    hub.publish({
      repository: 'darkroom/tiny',
      files: await filesOf(TINY_BUNDLE),
      isLarge: (path) => path.includes('/'),
    });

    const pulled = await run(['model', 'pull', 'darkroom/tiny', '--hub', kind]);
    const listed = await run(['model', 'list']);
    const verified = await run(['model', 'verify', 'tiny']);

    const place = join(folder, '.darkroom/models/tiny');
    expect(pulled).toEqual({
      code: 0,
      out: expect.stringMatching(/^tiny {2}fetched: \d+ files, .*darkroom\/tiny@[0-9a-f]{12}\n/),
      err: '',
    });
    expect(pulled.out.trimEnd().endsWith(place)).toBe(true);
    expect(listed.out).toMatch(/^tiny +bundle +\d.* [kM]B +darkroom\/tiny +[0-9a-f]{12} +\d{4}-\d\d-\d\d \d\d:\d\d$/m);
    expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/^tiny: \d+ files, all right\n$/) });

    const removed = await run(['model', 'remove', 'tiny', '--yes']);
    expect(removed).toMatchObject({ code: 0, out: expect.stringMatching(/^tiny is deleted, /) });
    expect(await readdir(join(folder, '.darkroom/models'))).toEqual(['.locks', '.partial']);
  });

  it('is served once the plugins of the configuration name where it was pulled to', async () => {
    hub.publish({ repository: 'darkroom/tiny', files: await filesOf(TINY_BUNDLE) });
    await run(['model', 'pull', 'darkroom/tiny']);
    const place = join(folder, '.darkroom/models/tiny');
    const bundlePlugins = ['nexus-encoder', 'nexus-language', 'nexus-generation-decoder', 'nexus-editing-decoder'];
    await writeFile(
      join(folder, 'darkroom.config.json'),
      JSON.stringify({
        plugins: bundlePlugins.map((name) => ({
          name,
          path: join(packageRoot, 'plugins', name),
          options: { bundle: place },
        })),
        models: [
          {
            id: 'tiny',
            name: 'Tiny',
            encoder: 'nexus-encoder',
            languageModel: 'nexus-language',
            decoders: { generation: 'nexus-generation-decoder', editing: 'nexus-editing-decoder' },
          },
        ],
      }),
    );
    const served = await run(['models']);
    expect(served).toMatchObject({ code: 0, out: expect.stringMatching(/^tiny +Tiny +.*generate/m) });
  });

  it('is served by its name, and used by its name or its folder', async () => {
    hub.publish({ repository: 'darkroom/tiny', files: await filesOf(TINY_BUNDLE) });
    await run(['model', 'pull', 'darkroom/tiny', '--name', 'mine']);

    const { child, output } = start(['serve', '--model', 'mine', '--port', '0']);
    const ended = once(child, 'close');
    while (!output.out.includes('curl ')) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await ended;
    const byName = await run(['generate', 'a red circle', '--model', 'mine', '--seed', '3', '-o', 'one.png']);
    const byFolder = await run(['generate', 'a red circle', '--model', TINY_BUNDLE, '--seed', '3', '-o', 'two.png']);

    expect(output.out).toMatch(/^ +models +tiny$/m);
    expect([byName.out, byFolder.out]).toEqual(['one.png  64 x 64, seed 3\n', 'two.png  64 x 64, seed 3\n']);
    expect(await readFile(join(folder, 'two.png'))).toEqual(await readFile(join(folder, 'one.png')));
  });

  it.each([
    [
      'nobody',
      /MODEL_NOT_FOUND: There is no model "nobody": the configuration has nexus-nano, the models folder .* has no bundles/,
    ],
    ['./nobody', /BUNDLE_MISSING: There is no model bundle at .*nobody: it has no manifest.json/],
    ['weights', /BUNDLE_MISSING: weights is a checkpoint, not a bundle; convert it first/],
  ])('that is not there is told before anything starts: %s', async (model, message) => {
    hub.publish({ repository: 'owner/weights', files: { 'model.safetensors': Buffer.alloc(9) } });
    await run(['model', 'pull', 'owner/weights']);

    const { code, err } = await run(['serve', '--model', model]);

    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });

  it('that this version cannot serve is told at once', async () => {
    const { 'graphs/embed.onnx': _, ...rest } = await filesOf(TINY_BUNDLE);
    hub.publish({ repository: 'darkroom/tiny', files: rest });

    const { code, err } = await run(['model', 'pull', 'darkroom/tiny']);

    expect([code, err]).toEqual([1, expect.stringMatching(/cannot serve it: BUNDLE_MISSING: graphs\/embed\.onnx/)]);
  });
});

describe('a pull', () => {
  it('killed in the middle goes on where it was', async () => {
    const files = { 'config.json': Buffer.from('{}'), 'model.safetensors': Buffer.alloc(500_000, 7) };
    hub.publish({ repository: 'owner/name', files });
    hub.trouble('model.safetensors', { kind: 'silence', afterBytes: 200_000 });
    const { child } = start(['model', 'pull', 'owner/name']);
    const ended = once(child, 'close');
    await untilPartHas(200_000);

    child.kill('SIGKILL');
    await ended;
    const listed = await run(['model', 'list']);
    const before = hub.requests.length;
    const again = await run(['model', 'pull', 'owner/name']);

    expect(listed.out).toMatch(/^name +unfinished +200 kB of 500 kB/m);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('name  fetched: 2 files') });
    const fetched = hub.requests.slice(before).filter(({ sent }) => sent > 0);
    expect(fetched.map(({ range, sent }) => [range, sent])).toEqual([['bytes=200000-', 300_000]]);
    expect(sha256(await readFile(join(folder, '.darkroom/models/name/model.safetensors')))).toBe(
      sha256(files['model.safetensors']),
    );
  });

  it('ended by Ctrl-C says that it can go on, and leaves what it has', async () => {
    hub.publish({ repository: 'owner/name', files: { 'model.bin': Buffer.alloc(100_000, 1) } });
    hub.trouble('model.bin', { kind: 'silence', afterBytes: 60_000 });
    const { child, output } = start(['model', 'pull', 'owner/name']);
    await untilPartHas(60_000);

    child.kill('SIGINT');
    const [code] = await once(child, 'close');

    expect([code, output.err]).toEqual([
      1,
      expect.stringContaining('error CANCELLED: Interrupted. What was fetched is kept'),
    ]);
    expect(await readdir(join(folder, '.darkroom/models'))).toEqual(['.locks', '.partial']);
    expect(await readdir(join(folder, '.darkroom/models/.locks'))).toEqual([]);
  });

  it('does not show the token, whatever goes wrong', async () => {
    hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' }, access: 'private' });

    for (const repository of ['owner/name', 'owner/nothing']) {
      const { err, out } = await run(['model', 'pull', repository, '--verbose'], { HF_TOKEN: HUB_TOKEN });
      expect(out + err).not.toContain(HUB_TOKEN);
    }
    expect((await run(['config'], { HF_TOKEN: HUB_TOKEN })).out).not.toContain(HUB_TOKEN);
    expect(hub.requests.some(({ authorization }) => authorization === `Bearer ${HUB_TOKEN}`)).toBe(true);
  });

  it('goes where --to says, under the name that --name says, with the files that are chosen', async () => {
    hub.publish({ repository: 'owner/name', files: { 'a.json': '{}', 'b.bin': 'x', 'c/d.json': '{}' } });

    const pulled = await run([
      ...'model pull owner/name@main --to elsewhere --name mine'.split(' '),
      '--include',
      '*.json',
      '--exclude',
      'c/',
    ]);
    const listed = await run(['model', 'list', '--from', 'elsewhere']);

    expect(pulled.code).toBe(0);
    expect(await readdir(join(folder, 'elsewhere/mine'))).toEqual(['.darkroom-model.json', 'a.json']);
    expect(listed.out).toMatch(/^mine +checkpoint /m);
  });
});

describe('what is wrong', () => {
  it('with the files of a model is told by verify, with both hashes, and mended by another pull', async () => {
    hub.publish({ repository: 'owner/name', files: { 'a.bin': 'right', 'b.bin': 'there', 'c.bin': 'whole' } });
    await run(['model', 'pull', 'owner/name']);
    const place = join(folder, '.darkroom/models/name');
    await writeFile(join(place, 'a.bin'), 'wrong');
    await rm(join(place, 'b.bin'));

    const { code, out, err } = await run(['model', 'verify', 'name']);
    const mended = await run(['model', 'pull', 'owner/name']);
    const verified = await run(['model', 'verify', 'name']);

    expect(code).toBe(1);
    expect(out).toBe(
      `damaged  a.bin\n  wanted  ${sha256('right')}  5 bytes\n  is      ${sha256('wrong')}  5 bytes\n` +
        `missing  b.bin\n  wanted  ${sha256('there')}  5 bytes\n  is      not there\n`,
    );
    expect(err).toContain('error MODEL_DAMAGED: 2 of 3 files of name are damaged or missing.');
    expect(mended.out).toContain('brought up to date');
    expect(verified.code).toBe(0);
  });

  it.each([
    [['pull', 'no-owner'], 1, 'error BAD_INPUT: "no-owner" names no repository'],
    [['pull', '../../etc'], 1, 'error BAD_INPUT: '],
    [['pull', 'owner/name', '--name', '../evil'], 1, 'error BAD_INPUT: '],
    [['pull', 'owner/name', '--hub', 'nowhere'], 2, 'Allowed choices are huggingface, modelscope'],
    [['pull', 'owner/nothing'], 1, 'error HUB_NOT_FOUND: '],
    [['verify', 'nothing'], 1, 'error MODEL_NOT_FOUND: '],
    [['remove', 'nothing', '--yes'], 1, 'error MODEL_NOT_FOUND: '],
    [['remove', '../..', '--yes'], 1, 'error BAD_INPUT: '],
  ])('in %j is told by code and message', async (args, exitCode, message) => {
    const { code, err } = await run(['model', ...args]);

    expect([code, err]).toEqual([exitCode, expect.stringContaining(message)]);
  });

  it('is not made worse by remove: without --yes and somebody to ask, nothing is deleted', async () => {
    hub.publish({ repository: 'owner/name', files: { 'a.bin': 'x' } });
    await run(['model', 'pull', 'owner/name']);

    const { code, err } = await run(['model', 'remove', 'name']);

    expect([code, err]).toEqual([1, expect.stringContaining('--yes')]);
    expect(await readdir(join(folder, '.darkroom/models/name'))).toContain('a.bin');
  });
});

async function untilPartHas(bytes: number): Promise<void> {
  const parts = join(folder, '.darkroom/models/.partial/name/parts');
  for (;;) {
    const names = await readdir(parts).catch(() => []);
    const sizes = await Promise.all(
      names.map((name) =>
        stat(join(parts, name)).then(
          ({ size }) => size,
          () => -1,
        ),
      ),
    );
    if (sizes.includes(bytes)) return;
    await sleep(20);
  }
}
