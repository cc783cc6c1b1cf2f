import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelConfig, type PluginConfig, PluginRegistry } from '../../src/plugin/registry.js';
import {
  collect,
  decodeRequest,
  fixture,
  isAlive,
  minimal,
  neverAborted,
  pictureOf,
  QUICK,
  recordingLog,
  until,
} from './support.js';

jest.setTimeout(120_000);

const encoder: PluginConfig = { name: 'encoder', path: minimal('encoder') };
const language: PluginConfig = { name: 'language', path: minimal('language-model') };
const decoder: PluginConfig = { name: 'decoder', path: minimal('decoder') };
const model: ModelConfig = {
  id: 'minimal',
  name: 'Minimal',
  encoder: 'encoder',
  languageModel: 'language',
  decoders: { generation: 'decoder', editing: 'decoder' },
};

let registry: PluginRegistry | undefined;
afterEach(async () => {
  await registry?.stop();
  registry = undefined;
});

async function startRegistry(
  plugins: readonly PluginConfig[],
  models: readonly ModelConfig[],
): Promise<PluginRegistry> {
  registry = await PluginRegistry.start(
    { plugins, models },
    { logOf: () => recordingLog().log, timing: { ...QUICK, maxFailures: 0 } },
  );
  return registry;
}

describe('a configuration that fits together', () => {
  it('becomes models that work from the picture to the picture', async () => {
    const {
      encoder: eye,
      languageModel,
      decoders,
      ...rest
    } = (await startRegistry([encoder, language, decoder], [model])).model('minimal');
    expect(rest).toEqual({
      id: 'minimal',
      name: 'Minimal',
      embeddingSpace: { id: 'minimal', dimension: 8, imageTokens: 4 },
      plugins: { encoder: 'encoder', languageModel: 'language', imageDecoders: ['decoder'] },
    });
    const signal = neverAborted;
    const messages = [{ role: 'user', parts: [{ type: 'text', text: 'a red circle' }] }] as const;
    const events = await collect(languageModel.generate([{ task: 'generate', messages }], { signal }));
    const written = events.map(({ event }) => event).find((event) => event.type === 'image');
    if (!written || !eye || !decoders.editing) throw new Error('A part of the model is missing.');

    const request = decodeRequest({ condition: { type: 'embeddings', image: written.image } });
    const picture = pictureOf(await collect(decoders.editing.decode(request, { signal })));
    const [read] = await eye.encode([{ image: picture, purpose: 'target' }], { signal });
    const [came, wanted] = [read?.embeddings.data ?? [], written.image.embeddings.data];
    // The decoder leaves 5 % of its noise in the picture.
    for (const [at, value] of came.entries()) expect(Math.abs(value - (wanted[at] ?? 0))).toBeLessThan(0.06);
  });

  it('is listed with the state, memory and process of each plugin', async () => {
    const started = await startRegistry([encoder, language, decoder], [model]);
    await until(() => started.list().every(({ memoryBytes }) => memoryBytes !== null));
    expect(started.list().map(({ name, kind, state }) => [name, kind, state])).toEqual([
      ['encoder', 'vision-encoder', 'READY'],
      ['language', 'language-model', 'READY'],
      ['decoder', 'image-decoder', 'READY'],
    ]);
    expect(started.list()[2]).toMatchObject({
      version: '1.0.0',
      apiVersion: '1',
      restarts: 0,
      lastError: null,
      embeddingSpace: 'minimal',
      capabilities: ['edit', 'image-previews'],
      pid: expect.any(Number),
    });
  });

  it('tells of each change of a state', async () => {
    const started = await startRegistry([encoder, language, decoder], [model]);
    const changes: string[] = [];
    const stop = started.onChange(({ name, state }) => void changes.push(`${name} ${state}`));
    process.kill(started.list()[0]?.pid ?? 0, 'SIGKILL');
    await until(() => changes.includes('encoder FAILED'));
    stop();
    await started.stop();
    expect(changes).toEqual(['encoder FAILED']);
  });

  it('leaves no process behind when it is stopped', async () => {
    const started = await startRegistry([encoder, language, decoder], [model]);
    const pids = started.list().map(({ pid }) => pid ?? 0);
    await started.stop();
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
  });
});

describe('a plugin that fails to start', () => {
  it('takes its models with it, which say why, and leaves the others', async () => {
    const broken: PluginConfig = { name: 'broken', path: minimal('decoder'), options: { steps: 1 } };
    const other: ModelConfig = { ...model, id: 'other', decoders: { generation: 'broken' } };
    const started = await startRegistry([encoder, language, decoder, broken], [model, other]);
    expect(started.models().map(({ id }) => id)).toEqual(['minimal']);
    expect(started.unavailable().get('other')).toMatchObject({ code: 'CONFIG_INVALID', plugin: 'broken' });
    expect(() => started.model('other')).toThrow(/Unrecognized key: "steps"/);
    expect(started.list()[3]).toMatchObject({ name: 'broken', kind: 'image-decoder', state: 'FAILED', version: '' });
  });
});

describe('what can never work is refused as a whole', () => {
  it('embedding spaces that do not match, naming both sides', async () => {
    const foreign: PluginConfig = { name: 'foreign', path: fixture('reads-another-space') };
    const models = [{ ...model, decoders: { generation: 'foreign' } }];
    await expect(startRegistry([encoder, language, foreign], models)).rejects.toMatchObject({
      code: 'SPACE_MISMATCH',
      message:
        'Model minimal: its generation decoder foreign reads the space nexus-gen-v2 (dimension 8, 4 tokens), its language model language gives the space minimal (dimension 8, 4 tokens).',
    });
  });

  it('a plugin of another kind than its role', async () => {
    const models = [{ ...model, encoder: 'decoder', decoders: {} }];
    await expect(startRegistry([language, decoder], models)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'Plugin decoder is used as vision-encoder, but it is of the kind image-decoder.',
    });
  });

  it.each([
    ['a name given twice', [encoder, encoder], [model], 'Two plugins have the same name.'],
    ['a model given twice', [encoder, language, decoder], [model, model], 'Two models have the same id.'],
    ['a plugin that is not there', [encoder, language], [model], 'names the plugin decoder'],
    [
      'a plugin without a role',
      [encoder, language, decoder],
      [{ ...model, decoders: {} }],
      'No model names the plugin decoder',
    ],
    [
      'a plugin in two kinds of role',
      [encoder, language],
      [{ ...model, decoders: { generation: 'encoder' } }],
      'as vision-encoder and as image-decoder',
    ],
    [
      'a path without a plugin',
      [{ ...encoder, path: '/nowhere' }, language, decoder],
      [model],
      'There is no plugin at /nowhere',
    ],
  ])('%s', async (_what, plugins, models, message) => {
    await expect(startRegistry(plugins, models)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});

describe('a plugin as a folder', () => {
  let folder = '';
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function writeFolder(declaration: unknown): Promise<PluginConfig> {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
    await mkdir(join(folder, 'dist'));
    await writeFile(join(folder, 'dist/index.js'), `export { default } from ${JSON.stringify(minimal('encoder'))};`);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', darkroom: declaration }));
    return { name: 'encoder', path: folder };
  }

  it('is started by the entry in its package.json', async () => {
    const plugin = await writeFolder({ apiVersion: '1', kind: 'vision-encoder', entry: './dist/index.js' });
    const started = await startRegistry([plugin, language, decoder], [model]);
    expect(started.list()[0]).toMatchObject({ state: 'READY', version: '1.0.0' });
  });

  it.each([
    [
      'names a version that the gateway does not speak',
      { apiVersion: '2', entry: './dist/index.js' },
      'PLUGIN_VERSION',
      'speaks version 1 .* names 2',
    ],
    [
      'names an entry that is not there',
      { apiVersion: '1', entry: './lib/index.js' },
      'CONFIG_INVALID',
      'Has it been built',
    ],
    ['says nothing of darkroom', undefined, 'CONFIG_INVALID', 'has no "darkroom"'],
  ])('is refused when its package.json %s', async (_what, declaration, code, message) => {
    const plugin = await writeFolder(declaration);
    await expect(startRegistry([plugin, language, decoder], [model])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
