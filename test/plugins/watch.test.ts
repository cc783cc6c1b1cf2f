import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ModelConfig, PluginRegistry } from '../../src/plugin/registry.js';
import { fixture, minimal, QUICK, recordingLog, until } from './support.js';

jest.setTimeout(120_000);

const model: ModelConfig = {
  id: 'm',
  name: 'M',
  encoder: 'eye',
  languageModel: 'words',
  decoders: { generation: 'brush' },
};

let folder = '';
let registry: PluginRegistry | undefined;
const watching = new AbortController();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-watch-'));
});
afterEach(async () => {
  await registry?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A plugin that is a line: what it takes from elsewhere, and what it changes of it. */
async function write(from: string, change = ''): Promise<string> {
  const file = join(folder, 'brush.mjs');
  const url = pathToFileURL(from).href;
  await writeFile(file, `import plugin from ${JSON.stringify(url)};\nexport default { ...plugin, ${change} };\n`);
  return file;
}

describe('a watched plugin', () => {
  it('is started anew with its new code, also after it failed; its models follow what it declares', async () => {
    const path = await write(minimal('decoder'));
    const plugins = [
      { name: 'eye', path: minimal('encoder') },
      { name: 'words', path: minimal('language-model') },
      { name: 'brush', path },
    ];
    const started = await PluginRegistry.start(
      { plugins, models: [model] },
      { logOf: () => recordingLog().log, timing: { ...QUICK, maxFailures: 0 } },
    );
    registry = started;
    started.watch(watching.signal);
    const brush = () => started.list()[2];

    await write(minimal('decoder'), "version: '1.0.1',");
    await until(() => brush()?.version === '1.0.1' && brush()?.state === 'READY');

    await write(minimal('decoder'), 'version: nonsense,');
    await until(() => brush()?.state === 'FAILED');

    await write(minimal('decoder'), "version: '1.0.2',");
    await until(() => brush()?.version === '1.0.2' && started.models().length === 1);

    // One that no longer fits its model takes that model away, and nothing else.
    await write(fixture('reads-another-space'));
    await until(() => started.unavailable().get('m')?.code === 'SPACE_MISMATCH');
    expect(started.list().map(({ state }) => state)).toEqual(['READY', 'READY', 'READY']);
    watching.abort();
  });
});
