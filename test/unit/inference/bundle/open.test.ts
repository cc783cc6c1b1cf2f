import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createVisionEncoder, type Manifest, openBundle, verifyBundle } from '../../../../src/inference/index.js';
import { copyOfTinyBundle, TINY_BUNDLE } from '../tiny-bundle.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ folder, remove } = await copyOfTinyBundle());
});
afterEach(() => remove());

const fileOf = async () => {
  const { manifest } = await openBundle(TINY_BUNDLE);
  const weights = manifest.graphs['vision']?.weights[0] ?? manifest.graphs['vision']?.file;
  if (weights === undefined) throw new TypeError('the tiny bundle has no vision graph');
  return weights;
};

async function rewriteManifest(change: (manifest: Manifest) => void): Promise<void> {
  const file = path.join(folder, 'manifest.json');
  const manifest: Manifest = JSON.parse(await readFile(file, 'utf8'));
  change(manifest);
  await writeFile(file, JSON.stringify(manifest));
}

describe('opening a bundle', () => {
  test('a whole bundle opens, and every file of it is what its manifest says', async () => {
    await expect(verifyBundle(await openBundle(folder))).resolves.toBeUndefined();
  });

  test('a folder without a manifest is no bundle', async () => {
    await expect(openBundle(path.join(folder, 'constants'))).rejects.toMatchObject({
      code: 'BUNDLE_MISSING',
      message: expect.stringContaining('manifest.json'),
    });
  });

  test('a missing file is named', async () => {
    const file = await fileOf();
    await rm(path.join(folder, file.path));
    await expect(openBundle(folder)).rejects.toMatchObject({
      code: 'BUNDLE_MISSING',
      message: expect.stringContaining(file.path),
    });
  });

  test('a file cut short is named with both hashes', async () => {
    const file = await fileOf();
    await truncate(path.join(folder, file.path), file.bytes - 1);
    const actual = createHash('sha256')
      .update(await readFile(path.join(folder, file.path)))
      .digest('hex');
    const error = await openBundle(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED' });
    for (const part of [file.path, file.sha256, actual]) expect((error as Error).message).toContain(part);
  });

  test('one flipped bit is found before the graph runs, and named with both hashes', async () => {
    const file = await fileOf();
    const bytes = await readFile(path.join(folder, file.path));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path.join(folder, file.path), bytes);
    const actual = createHash('sha256').update(bytes).digest('hex');
    const error = await createVisionEncoder(await openBundle(folder)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BUNDLE_DAMAGED' });
    for (const part of [file.path, file.sha256, actual]) expect((error as Error).message).toContain(part);
  });

  test('a manifest that is not JSON cannot be used', async () => {
    await writeFile(path.join(folder, 'manifest.json'), '{ "formatVersion": 1,');
    await expect(openBundle(folder)).rejects.toMatchObject({ code: 'BUNDLE_INVALID' });
  });

  test.each<[string, (manifest: Manifest) => void, string]>([
    ['a field of the wrong type', (manifest) => Object.assign(manifest, { name: 7 }), 'name'],
    [
      'a path that leaves the bundle',
      (manifest) => Object.assign(manifest.tokenizer.config, { path: '../secret' }),
      'tokenizer.config.path',
    ],
    [
      'a decoder that names a graph which is not there',
      (manifest) => Object.assign(manifest.decoders.generation.graphs, { denoiser: 'nobody' }),
      'nobody',
    ],
    [
      'a grid that does not merge to the number of tokens',
      (manifest) => Object.assign(manifest.embeddingSpace, { grid: [1, 16, 18] }),
      '72 tokens',
    ],
    [
      'a graph without one of its inputs',
      (manifest) => delete manifest.graphs['language']?.inputs['mask'],
      'graphs.language.inputs',
    ],
  ])('%s cannot be used, and the message says where', async (_, change, where) => {
    await rewriteManifest(change);
    await expect(openBundle(folder)).rejects.toMatchObject({
      code: 'BUNDLE_INVALID',
      message: expect.stringContaining(where),
    });
  });
});
