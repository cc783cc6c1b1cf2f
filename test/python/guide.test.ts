/** docs/plugins-python.md and the guide that `darkroom plugin new --language python` writes, followed word for word. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runConformance } from '../../src/plugin/conformance/index.js';
import { PLUGIN_KINDS } from '../../src/plugin/contract.js';
import { newPlugin } from '../../src/plugin/new.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { sdk } from './support.js';

jest.setTimeout(300_000);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-guide-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const shell = (command: string, cwd: string) =>
  execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

it('the plugin of docs/plugins-python.md works as it stands there', async () => {
  const page = await readFile(join(packageRoot, 'docs/plugins-python.md'), 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? '';
  const fog = join(folder, 'fog');
  await mkdir(fog);
  await writeFile(join(fog, 'plugin.py'), block('python'));
  await writeFile(join(fog, 'darkroom.json'), block('json'));
  const commands = block('sh').trim().split('\n');
  expect(commands).toHaveLength(2);
  for (const command of commands) shell(command.replace('/opt/darkroom', packageRoot), fog);

  const report = await runConformance(fog, { options: { grey: 200 } });
  expect(report.plugin).toEqual({ name: 'fog', version: '1.0.0', kind: 'image-decoder' });
  expect(report.checks.filter(({ status }) => status === 'failed')).toEqual([]);
});

describe.each(PLUGIN_KINDS)('a new %s in Python', (kind) => {
  it('is written, and its guide followed word for word: its test and the conformance kit pass', async () => {
    const plugin = join(folder, `my-${kind}`);
    expect(await newPlugin(plugin, kind, 'python')).toContain(join(plugin, 'plugin.py'));
    const guide = await readFile(join(plugin, 'README.md'), 'utf8');
    const commands = /```sh\n([^`]*)```/.exec(guide)?.[1]?.trim().split('\n') ?? [];
    expect(commands.slice(0, 2)).toEqual([
      'python3 -m venv .venv',
      `.venv/bin/pip install ${packageRoot}/sdk/python -r requirements.txt`,
    ]);
    // The two commands are run for the plugin of docs/plugins-python.md: once is enough.
    await symlink(join(sdk, '.venv'), join(plugin, '.venv'));
    const said = commands.slice(2).map((command) => shell(command, plugin));
    expect(said).toHaveLength(2);
    expect(said.at(-1)).toMatch(/It conforms; \d+ of 15 checks were skipped\.\n$/);
  });
});
