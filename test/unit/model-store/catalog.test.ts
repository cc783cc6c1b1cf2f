import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it } from '@jest/globals';

import { findModels, listModels, removeModel, verifyModel } from '../../../src/model-store/index.js';
import { sha256 } from '../../support/hub-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { TINY_BUNDLE } from '../inference/tiny-bundle.js';

let models: string;
const patient = new AbortController().signal;

beforeEach(async () => {
  models = await temporaryFolder();
});

describe('a bundle that was copied into the models folder', () => {
  beforeEach(() => cp(TINY_BUNDLE, join(models, 'tiny'), { recursive: true }));

  it('is listed with what its manifest says of where it comes from', async () => {
    const { source } = JSON.parse(await readFile(join(TINY_BUNDLE, 'manifest.json'), 'utf8'));

    expect(await listModels(models)).toMatchObject([
      { name: 'tiny', kind: 'bundle', repository: source.repository, revision: source.revision },
    ]);
  });

  it('is verified by its manifest', async () => {
    const before = await verifyModel(models, 'tiny', patient);
    await writeFile(join(models, 'tiny/graphs/embed.bin'), 'damaged');

    const after = await verifyModel(models, 'tiny', patient);

    expect(before.faults).toEqual([]);
    expect(before.filesChecked).toBeGreaterThan(20);
    expect(after.faults).toEqual([
      {
        path: 'graphs/embed.bin',
        wanted: { bytes: expect.any(Number), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        came: { bytes: 7, sha256: sha256('damaged') },
        unreadable: null,
      },
    ]);
  });

  it.each(existsSync('/proc/self/mem') ? ['EIO', 'ELOOP'] : ['ELOOP'])(
    'of which a file cannot be read (%s) has that fault beside the others',
    async (unreadable) => {
      const path = join(models, 'tiny/graphs/embed.bin');
      await rm(path);
      // A file whose first byte no process has, or a link to itself.
      await symlink(unreadable === 'EIO' ? '/proc/self/mem' : path, path);
      await rm(join(models, 'tiny/graphs/embed.onnx'));

      const { faults } = await verifyModel(models, 'tiny', patient);

      expect(faults.map((fault) => [fault.path, fault.came, fault.unreadable]).sort()).toEqual([
        ['graphs/embed.bin', null, unreadable],
        ['graphs/embed.onnx', null, null],
      ]);
    },
  );

  it('is not whole for a manifest that names other files than the record', async () => {
    const content = await readFile(join(models, 'tiny/graphs/embed.bin'));
    const record = {
      ...{ formatVersion: 1, hub: 'huggingface', url: 'http://hub', repository: 'o/n', revision: 'main', commit: 'c' },
      pulledAt: '2026-01-01T00:00:00.000Z',
      files: [{ path: 'graphs/embed.bin', bytes: 3, sha256: sha256('new') }],
    };
    await writeFile(join(models, 'tiny/.darkroom-model.json'), JSON.stringify(record));

    const { faults } = await verifyModel(models, 'tiny', patient);

    expect(faults.map(({ path, wanted, came }) => [path, wanted.sha256, came?.sha256])).toEqual([
      ['graphs/embed.bin', sha256('new'), sha256(content)],
    ]);
  });
});

describe('a folder that says nothing of itself', () => {
  beforeEach(async () => {
    await mkdir(join(models, 'weights'));
    await writeFile(join(models, 'weights/model.safetensors'), 'x'.repeat(1500));
  });

  it('is listed as a checkpoint of unknown origin', async () => {
    expect(await listModels(models)).toMatchObject([
      { name: 'weights', kind: 'checkpoint', bytes: 1500, bytesTotal: null, repository: null, revision: null },
    ]);
  });

  it('cannot be verified, which is told', async () => {
    await expect(verifyModel(models, 'weights', patient)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('removing', () => {
  it('takes the model and what an unfinished pull of that name left, and nothing else', async () => {
    for (const path of ['one', 'two', '.partial/one/parts', '.partial/two/parts'])
      await mkdir(join(models, path), { recursive: true });

    await removeModel(models, 'one');

    expect((await readdir(models)).sort()).toEqual(['.locks', '.partial', 'two']);
    expect(await readdir(join(models, '.partial'))).toEqual(['two']);
  });

  it('that was interrupted is listed with its size, found again, and ended by the next one', async () => {
    await mkdir(join(models, '.partial/one/removed-1'), { recursive: true });
    await writeFile(join(models, '.partial/one/removed-1/model.bin'), 'x'.repeat(1500));

    expect(await findModels(models, 'one')).toMatchObject([{ kind: 'unfinished', bytes: 1500, bytesTotal: null }]);
    await removeModel(models, 'one');

    expect(await listModels(models)).toEqual([]);
    expect(await readdir(join(models, '.partial'))).toEqual([]);
  });

  it('of a name that is not there names those that are', async () => {
    await mkdir(join(models, 'here'));
    await expect(removeModel(models, 'there')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringMatching(/no model there; it has here\.$/),
    });
  });
});

it('a models folder that cannot be read is told', async () => {
  await writeFile(join(models, 'file'), '');
  await expect(listModels(join(models, 'file'))).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
});

it('a models folder that is not there has no models', async () => {
  await rm(models, { recursive: true });
  expect(await listModels(models)).toEqual([]);
});
