/** What `darkroom plugin new` writes, and the guide that it writes beside it. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PLUGIN_KINDS } from '../../src/plugin/contract.js';
import { newPlugin } from '../../src/plugin/new.js';
import { packageRoot } from '../../src/plugin/package-root.js';

jest.setTimeout(240_000);

let folder = '';
let path = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-new-'));
  // The packages that `npm install` would fetch are here already: this test needs no network.
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(join(packageRoot, 'node_modules/typescript/bin/tsc'), join(bin, 'tsc'));
  const darkroom = join(bin, 'darkroom');
  await writeFile(darkroom, `#!/bin/sh\nexec "${process.execPath}" "${packageRoot}/dist/src/cli/main.js" "$@"\n`);
  await chmod(darkroom, 0o755);
  path = [bin, process.env['PATH']].join(delimiter);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(PLUGIN_KINDS)('a new %s in TypeScript', (kind) => {
  it('is written, and its guide followed word for word: it builds, its test and the conformance kit pass', async () => {
    const plugin = join(folder, `my-${kind}`);
    const written = await newPlugin(plugin, kind, 'typescript');
    expect(written).toContain(join(plugin, 'plugin.ts'));

    const guide = await readFile(join(plugin, 'README.md'), 'utf8');
    const commands = /```sh\n([^`]*)```/.exec(guide)?.[1]?.trim().split('\n') ?? [];
    expect(commands).toEqual(['npm install', 'npm run build', 'npm test', 'npx darkroom plugin check .']);
    await install(plugin);
    const env = { PATH: path, HOME: folder };
    const said = commands
      .slice(1)
      .map((command) => execFileSync('sh', ['-c', command], { cwd: plugin, env, encoding: 'utf8' }));
    expect(said.at(-1)).toMatch(/It conforms; \d+ of 15 checks were skipped\.\n$/);
  });
});

/** What `npm install` leaves behind; the packages are those that package.json names. */
async function install(plugin: string): Promise<void> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(plugin, 'package.json'), 'utf8'));
  expect(dependencies).toEqual({ darkroom: `file:${packageRoot}` });
  const { version } = JSON.parse(await readFile(join(packageRoot, 'node_modules/typescript/package.json'), 'utf8'));
  expect(devDependencies).toEqual({ typescript: version });
  await mkdir(join(plugin, 'node_modules/.bin'), { recursive: true });
  await symlink(packageRoot, join(plugin, 'node_modules/darkroom'));
  for (const command of ['tsc', 'darkroom'])
    await symlink(join(folder, 'bin', command), join(plugin, 'node_modules/.bin', command));
}

it('nothing is written over', async () => {
  const taken = join(folder, 'taken');
  await mkdir(taken);
  await writeFile(join(taken, 'mine.txt'), '');
  await expect(newPlugin(taken, 'image-decoder', 'typescript')).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect(await readdir(taken)).toEqual(['mine.txt']);
});
