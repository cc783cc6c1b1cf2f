/** The program as a person runs it: its output, its files, its exit code. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { draw } from '../../examples/darkroom-client.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { readPngText } from '../../src/services/png-text.js';
import { writeMinimalConfig } from '../support/test-gateway.js';

const PROGRAM = join(packageRoot, 'dist/src/cli/main.js');
const SLOW_START_MS = 120_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-cli-'));
  await writeMinimalConfig(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs in a folder with a configuration of the minimal plugins. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: 'pipe',
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  return { child, output };
}

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { child, output } = start(...args);
  const [code] = await once(child, 'close');
  return { code: Number(code), ...output };
}

describe('darkroom generate', () => {
  it(
    'writes the picture, its previews, and says what it did',
    async () => {
      const { code, out, err } = await run(
        'generate',
        'a red circle',
        '-o',
        'out.png',
        '--seed',
        '7',
        '--steps',
        '3',
        '--size',
        '32x48',
        '--previews',
        'steps',
      );

      expect([code, out]).toEqual([0, 'out.png  32 x 48, seed 7\n']);
      expect(err).toContain('step 3 of 3');
      expect(readPngText(await readFile(join(folder, 'out.png')))).toMatchObject({ prompt: 'a red circle', seed: '7' });
      expect(await readdir(join(folder, 'steps'))).toEqual([
        'picture-1-step-1.png',
        'picture-1-step-2.png',
        'picture-1-step-3.png',
      ]);
    },
    SLOW_START_MS,
  );

  it(
    'draws the same picture for the same seed, and more with --count',
    async () => {
      await run('generate', 'a star', '-o', 'one.png', '--seed', '5');
      const { out } = await run('generate', 'a star', '-o', 'many.png', '--seed', '4', '--count', '2');

      expect(out).toBe('many-1.png  64 x 64, seed 4\nmany-2.png  64 x 64, seed 5\n');
      const pixels = async (file: string) => (await readFile(join(folder, file))).subarray(-200);
      expect(await pixels('many-2.png')).toEqual(await pixels('one.png'));
    },
    SLOW_START_MS,
  );
});

describe('darkroom describe, ask and edit', () => {
  it(
    'answer about a picture, and change it',
    async () => {
      await run('generate', 'a house', '-o', 'house.png', '--seed', '1');

      const described = await run('describe', 'house.png');
      const answered = await run('ask', 'house.png', 'how many?');
      const edited = await run('edit', 'house.png', 'make it green', '-o', 'green.png', '--seed', '2');

      expect(described).toMatchObject({ code: 0, out: expect.stringMatching(/^I see 1 pictures; .*\n$/) });
      expect(answered).toMatchObject({ code: 0, out: 'I see 1 pictures; you said: how many?\n' });
      expect(edited).toMatchObject({ code: 0, out: 'green.png  64 x 64, seed 2\n' });
    },
    SLOW_START_MS,
  );
});

describe('what is wrong', () => {
  it.each([
    [['generate'], "missing required argument 'prompt'"],
    [['generate', 'x', '--size', 'big'], 'It must be WIDTHxHEIGHT in pixels'],
    [['generate', 'x', '--seed', '-1'], 'It must be a whole number from 0'],
    [['nonsense'], 'nonsense'],
  ])('in the usage %j is told at once, with exit code 2', async (args, message) => {
    const { code, err } = await run(...args);

    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    [['ask', 'nowhere.png', 'what?'], 'error NOT_FOUND: '],
    [['describe', 'darkroom.config.json'], 'error IMAGE_UNREADABLE: '],
    [['generate', '  '], 'error PROMPT_EMPTY: '],
    [['generate', 'x', '--size', '4096x4096'], 'error SIZE_OUT_OF_LIMITS: '],
    [['generate', 'x', '--model', 'nobody'], 'error MODEL_NOT_FOUND: '],
    [['config', '--config', 'nowhere.json'], 'error CONFIG_INVALID: '],
  ])(
    'in %j is told by code and message without a stack, with exit code 1',
    async (args, message) => {
      const { code, err } = await run(...args);

      expect([code, err]).toEqual([1, expect.stringContaining(message)]);
      expect(err).not.toContain('    at ');
    },
    SLOW_START_MS,
  );

  it('is told with its stack when that is asked for', async () => {
    const { err } = await run('config', '--config', 'nowhere.json', '--verbose');

    expect(err).toContain('    at ');
  });

  it(
    'with the machine is found by doctor, with exit code 1',
    async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await writeFile(
        join(folder, 'taken.json'),
        JSON.stringify({ ...JSON.parse(await readFile(join(folder, 'darkroom.config.json'), 'utf8')), port }),
      );

      const { code, out } = await run('doctor', '--config', 'taken.json');
      server.close();

      expect(code).toBe(1);
      expect(out).toMatch(/^ok {6}Node /m);
      expect(out).toMatch(/^ok {6}onnxruntime-node .* loads$/m);
      expect(out).toMatch(/^not ok {2}port \d+ of 127.0.0.1: PORT_IN_USE\n {8}.*--port/m);
      expect(out).toMatch(/^ok {6}plugin decoder starts/m);
    },
    SLOW_START_MS,
  );
});

describe('darkroom serve', () => {
  it(
    'says where it is, serves the example client, and ends cleanly when told to',
    async () => {
      const { child, output } = start('serve', '--port', '0');
      while (!output.out.includes('curl ')) await once(child.stdout, 'data');
      const url = /Darkroom is at (\S+)/.exec(output.out)?.[1] ?? '';

      await draw({ url, prompt: 'a blue star', folder: join(folder, 'watched'), seed: 3 });
      const files = await readdir(join(folder, 'watched'));
      child.kill('SIGTERM');
      const [code] = await once(child, 'close');

      expect(files).toContain('picture.png');
      expect(files.some((file) => /^step-\d+\.jpg$/.test(file))).toBe(true);
      expect(code).toBe(0);
    },
    SLOW_START_MS,
  );
});

describe('what is configured', () => {
  it(
    'is listed: models with the default one, plugins with their state',
    async () => {
      const [models, plugins] = [await run('models'), await run('plugins')];
      expect(models.out).toMatch(/^minimal +Minimal \(default\) +understand, generate, edit/m);
      expect(plugins.out).toMatch(/^decoder +image-decoder +1\.0\.0 +ready +minimal +edit, image-previews$/m);
    },
    SLOW_START_MS,
  );
});
