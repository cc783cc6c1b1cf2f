import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { packageRoot } from '../../src/plugin/package-root.js';
import { minimal } from './support.js';

jest.setTimeout(120_000);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-lock-'));
  await mkdir(join(folder, 'eye'));
  await writeFile(
    join(folder, 'eye/package.json'),
    JSON.stringify({
      ...{ name: 'acme-eye', version: '1.2.3', type: 'module' },
      darkroom: { apiVersion: '1', kind: 'vision-encoder', entry: './index.js' },
    }),
  );
  const encoder = pathToFileURL(minimal('encoder')).href;
  await writeFile(join(folder, 'eye/index.js'), `export { default } from ${JSON.stringify(encoder)};\n`);
  const config = {
    plugins: [
      { name: 'eye', path: './eye' },
      { name: 'words', path: minimal('language-model') },
    ],
    models: [{ id: 'm', name: 'M', encoder: 'eye', languageModel: 'words' }],
  };
  await writeFile(join(folder, 'darkroom.config.json'), JSON.stringify(config));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function darkroom(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: 'pipe',
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.err += text));
  const [code] = await once(child, 'close');
  return { code: Number(code), ...output };
}

const lock = async () => JSON.parse(await readFile(join(folder, 'darkroom.lock.json'), 'utf8'));

describe('darkroom plugin lock', () => {
  it('writes name, version and hash of each plugin; what comes with Darkroom needs none', async () => {
    expect(await darkroom('plugin', 'lock')).toMatchObject({ code: 0, out: expect.stringContaining('1.2.3') });
    expect(await lock()).toEqual({
      lockVersion: 1,
      plugins: {
        eye: { name: 'acme-eye', version: '1.2.3', hash: expect.stringMatching(/^sha256-[0-9a-f]{64}$/), files: 2 },
      },
    });
  });

  it('gives the same hash wherever the folder lies, and another for any change of a name or of content', async () => {
    await darkroom('plugin', 'lock');
    const before = await lock();
    await cp(join(folder, 'eye'), join(folder, 'copy'), { recursive: true });
    await rm(join(folder, 'eye'), { recursive: true });
    await cp(join(folder, 'copy'), join(folder, 'eye'), { recursive: true });
    await darkroom('plugin', 'lock');
    expect(await lock()).toEqual(before);
    await writeFile(join(folder, 'eye/more.js'), '');
    await darkroom('plugin', 'lock', 'eye');
    expect((await lock()).plugins.eye.hash).not.toBe(before.plugins.eye.hash);
  });

  it('refuses a name that the configuration does not have', async () => {
    expect(await darkroom('plugin', 'lock', 'ear')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no plugin ear'),
    });
  });
});

describe('a plugin of a configuration with a lock', () => {
  it('starts as long as it is what was locked', async () => {
    await darkroom('plugin', 'lock');
    const { code, out } = await darkroom('plugins');
    expect(code).toBe(0);
    expect(out).toMatch(/^eye +vision-encoder +1\.0\.0 +ready/m);
  });

  it('is refused when it has changed, until it is locked again', async () => {
    await darkroom('plugin', 'lock');
    await writeFile(
      join(folder, 'eye/index.js'),
      `${await readFile(join(folder, 'eye/index.js'), 'utf8')}// changed\n`,
    );
    const refused = await darkroom('plugins');
    expect(refused.code).toBe(1);
    expect(refused.out).toMatch(/^eye +vision-encoder +- +failed/m);
    expect(refused.out).toMatch(/^words +language-model +1\.0\.0 +ready/m);
    expect(refused.err).toContain('is not what was locked');
    await darkroom('plugin', 'lock', 'eye');
    expect((await darkroom('plugins')).code).toBe(0);
  });

  it('is refused when it was never locked', async () => {
    await writeFile(join(folder, 'darkroom.lock.json'), JSON.stringify({ lockVersion: 1, plugins: {} }));
    expect((await darkroom('plugins')).err).toContain('is not in the lock file');
  });

  it('is not started at all when the lock file is damaged', async () => {
    await writeFile(join(folder, 'darkroom.lock.json'), '{}');
    expect(await darkroom('plugins')).toMatchObject({ code: 1, err: expect.stringContaining('error CONFIG_INVALID') });
  });
});
