import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import editing from '../../../plugins/nexus-editing-decoder/index.js';
import encoder from '../../../plugins/nexus-encoder/index.js';
import generation from '../../../plugins/nexus-generation-decoder/index.js';
import language from '../../../plugins/nexus-language/index.js';
import type { PluginHost } from '../../../src/plugin/contract.js';
import { TINY_BUNDLE } from './tiny-bundle.js';

const silent = () => undefined;
const host: PluginHost = {
  log: { debug: silent, info: silent, warn: silent, error: silent },
  signal: new AbortController().signal,
  metrics: { add() {}, set() {} },
  folder: process.cwd(),
  modelsFolder: null,
  resolvePath: (file) => file,
};
const plugins = [encoder, language, generation, editing] as const;

describe.each(plugins.map((plugin) => [plugin.name, plugin] as const))('%s', (name, plugin) => {
  test('is declared in its package as what it is', async () => {
    const file = path.resolve(import.meta.dirname, '../../../plugins', name, 'package.json');
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      name,
      version: plugin.version,
      darkroom: { apiVersion: '1', kind: plugin.kind, entry: `../../dist/plugins/${name}/index.js` },
    });
  });

  test('serves its part of a bundle', async () => {
    const part = await plugin.create({ bundle: TINY_BUNDLE, threads: 1 }, host);
    await expect(part.close()).resolves.toBeUndefined();
  });

  test('refuses options that it does not know', async () => {
    await expect(plugin.create({ bundle: TINY_BUNDLE, thread: 1 }, host)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('says when there is no bundle where it should be', async () => {
    await expect(plugin.create({ bundle: path.join(TINY_BUNDLE, 'nobody') }, host)).rejects.toMatchObject({
      code: 'BUNDLE_MISSING',
    });
  });
});

test('the parts of one bundle share one space, so they can be paired', async () => {
  const [eyes, words, hand] = await Promise.all([
    encoder.create({ bundle: TINY_BUNDLE }, host),
    language.create({ bundle: TINY_BUNDLE }, host),
    editing.create({ bundle: TINY_BUNDLE }, host),
  ]);
  expect(words.reads).toEqual(eyes.space);
  expect(words.writes).toEqual(eyes.space);
  expect(hand.reads).toEqual({ condition: eyes.space, reference: eyes.space });
  await Promise.all([eyes.close(), words.close(), hand.close()]);
});
