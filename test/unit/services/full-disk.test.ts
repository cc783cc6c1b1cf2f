/**
 * A disk that is really full: a small memory file system where this machine lets us mount one, and otherwise blobs whose folder refuses
 * as a full disk does.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

import { type BlobStore, openBlobFolder } from '../../../src/storage/blobs.js';
import { toStorageError } from '../../../src/storage/failure.js';
import { until } from '../../support/deferred.js';
import { scriptedModel } from '../../support/scripted-model.js';
import { canMount, filesIn, fillUp, mountSmallDisk } from '../../support/small-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testServices } from '../../support/test-services.js';

describe('a full disk', () => {
  test('while a picture is saved fails its task with STORAGE_FULL, saves no half of it, and goes away with the cause', async () => {
    const { blobs, fill, makeRoom, files } = await smallDisk();
    const { services } = await testServices({ models: [scriptedModel()], blobs });
    await fill();
    const submitted = await services.tasks.submitGeneration({
      prompt: 'p',
      diffusion: { width: 256, height: 256, seed: 1 },
    });
    await until(async () => (await services.tasks.get(submitted.id)).finishedAt !== null, 'the end of the task');
    expect(await services.tasks.get(submitted.id)).toMatchObject({
      status: 'FAILED',
      attempt: 1,
      resultImageIds: [],
      error: { code: 'STORAGE_FULL', retryable: true },
    });
    expect(await (await services.images.list({})).totalCount()).toBe(0);
    expect(await files()).toEqual([]);

    await makeRoom();
    const again = await services.tasks.submitGeneration({
      prompt: 'p',
      diffusion: { width: 256, height: 256, seed: 1 },
    });
    await until(async () => (await services.tasks.get(again.id)).finishedAt !== null, 'the end of the second task');
    expect(await services.tasks.get(again.id)).toMatchObject({
      status: 'SUCCEEDED',
      resultImageIds: [expect.any(String)],
    });
  });
});

// Where nothing can be mounted there is no true way to fill the disk under a database: that is told as skipped, not as passed.
(canMount() ? describe : describe.skip)('a full disk that holds the database too', () => {
  test('still has the failure written down, and the gateway goes on', async () => {
    const disk = mountSmallDisk(join(await temporaryFolder(), 'disk'), '6m');
    if (disk === undefined) throw new Error('A disk could be mounted when the tests began, and now it cannot.');
    const model = scriptedModel({ beforeStep: (stepIndex) => (stepIndex === 2 ? fillUp(disk) : undefined) });
    const { services } = await testServices({ models: [model], dataDir: disk });
    const submitted = await services.tasks.submitGeneration({ prompt: 'p', diffusion: { width: 256, height: 256 } });
    await until(async () => (await services.tasks.get(submitted.id)).finishedAt !== null, 'the end of the task');
    expect(await services.tasks.get(submitted.id)).toMatchObject({
      status: 'FAILED',
      error: { code: 'STORAGE_FULL' },
      resultImageIds: [],
    });
    expect(await filesIn(join(disk, 'blobs'))).toEqual([]);
    expect(await services.status()).toMatchObject({ queued: 0, running: 0 });
  });
});

/** Blobs on a disk that can be filled. */
async function smallDisk() {
  const folder = await temporaryFolder();
  const disk = mountSmallDisk(join(folder, 'disk'), '600k');
  if (disk !== undefined) {
    return {
      blobs: await openBlobFolder(join(disk, 'blobs')),
      fill: () => fillUp(disk),
      makeRoom: () => rm(join(disk, 'ballast')),
      files: () => filesIn(join(disk, 'blobs')),
    };
  }
  const root = join(folder, 'blobs');
  const blobs = await openBlobFolder(root);
  let isFull = false;
  const refusing: BlobStore = {
    ...blobs,
    put: (bytes) =>
      isFull
        ? Promise.reject(
            toStorageError(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }), 'store a picture'),
          )
        : blobs.put(bytes),
  };
  return {
    blobs: refusing,
    async fill() {
      isFull = true;
    },
    async makeRoom() {
      isFull = false;
    },
    files: () => filesIn(root),
  };
}
