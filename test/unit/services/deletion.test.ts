import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';

import type { ImageRecord, Services } from '../../../src/services/index.js';
import { deferred } from '../../support/deferred.js';
import { scriptedModel } from '../../support/scripted-model.js';
import { ended, testServices } from '../../support/test-services.js';

describe('deleting an image', () => {
  test('takes its row and its file, and leaves what was made from it without a source', async () => {
    const { services, dataDir } = await testServices();
    const source = await upload(services);
    const task = await services.tasks.submitEdit({ sourceImageId: source.id, instruction: 'change it' });
    const [editedId = ''] = (await ended(services, task)).resultImageIds;

    expect(await services.deletion.image(source.id)).toEqual({ cancelledTaskIds: [], messageIds: [] });

    expect(await services.images.getMany([source.id])).toEqual([null]);
    expect((await services.images.get(editedId)).sourceId).toBeNull();
    expect(await filesOf(dataDir)).toEqual([(await services.images.get(editedId)).sha256]);
    await expect(services.deletion.image(source.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('keeps the file while another image has the same bytes', async () => {
    const { services, dataDir } = await testServices({ isStarted: false });
    const [one, two] = [await upload(services), await upload(services)];
    expect(one.sha256).toBe(two.sha256);

    await services.deletion.image(one.id);
    expect(await filesOf(dataDir)).toEqual([two.sha256]);
    await services.deletion.image(two.id);
    expect(await filesOf(dataDir)).toEqual([]);
  });

  test('keeps the file of a picture that is being stored at the same moment', async () => {
    const { services } = await testServices({ isStarted: false });
    let image = await upload(services);
    for (let round = 0; round < 20; round += 1) {
      const [, next] = await Promise.all([services.deletion.image(image.id), upload(services)]);
      image = next;
      await expect(services.images.readBytes(image.id)).resolves.toBeDefined();
    }
  });

  test('is refused while a message shows it; forced, the message keeps an empty place and the talk goes on', async () => {
    const { services } = await testServices();
    const image = await upload(services);
    const { id } = await services.conversations.create({});
    const said = await services.messages.send({
      conversationId: id,
      parts: [{ text: 'what is this?' }, { imageId: image.id }],
    });
    await ended(services, said.task);

    const refused = services.deletion.image(image.id);
    await expect(refused).rejects.toMatchObject({ code: 'IN_USE' });
    await expect(refused).rejects.toThrow(/1 message\b/);
    const done = await services.deletion.image(image.id, { force: true });

    expect(done).toEqual({ cancelledTaskIds: [], messageIds: [said.userMessage.id] });
    expect((await services.messages.getMany([said.userMessage.id]))[0]?.parts).toEqual(said.userMessage.parts);
    const next = await services.messages.send({ conversationId: id, parts: [{ text: 'and now?' }] });
    expect((await ended(services, next.task)).status).toBe('SUCCEEDED');
  });

  test('is refused while a task needs it; forced, the task is cancelled first', async () => {
    const [begun, goOn] = [deferred<void>(), deferred<void>()];
    const model = scriptedModel({
      beforeStep: async () => {
        begun.resolve();
        await goOn.promise;
      },
    });
    const { services } = await testServices({ models: [model] });
    const image = await upload(services);
    const running = await services.tasks.submitEdit({ sourceImageId: image.id, instruction: 'change it' });
    const waiting = await services.tasks.submitUnderstanding({ imageIds: [image.id], question: 'what is it?' });
    await begun.promise;

    await expect(services.deletion.image(image.id)).rejects.toThrow(/2 unfinished tasks/);
    const done = await services.deletion.image(image.id, { force: true });
    goOn.resolve();

    expect(done.cancelledTaskIds).toEqual([running.id, waiting.id]);
    expect((await services.tasks.getMany([running.id, waiting.id])).map((task) => task?.status)).toEqual([
      'CANCELLED',
      'CANCELLED',
    ]);
    await expect(services.tasks.retry({ taskId: running.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await (await services.images.list({})).totalCount()).toBe(0);
  });
});

describe('deleting a conversation', () => {
  async function spoken(services: Services) {
    const { id } = await services.conversations.create({});
    const shown = await upload(services);
    const { task } = await services.messages.send({
      conversationId: id,
      parts: [{ text: 'look' }, { imageId: shown.id }],
    });
    return { id, shown, task };
  }

  test('takes its messages and tasks, and leaves its images in the library', async () => {
    const { services } = await testServices();
    const { id, shown, task } = await spoken(services);
    await ended(services, task);

    expect(await services.deletion.conversation(id)).toEqual({ cancelledTasks: 0, deletedImages: 0, keptImages: 1 });

    expect(await services.conversations.getMany([id])).toEqual([null]);
    expect(await services.tasks.getMany([task.id])).toEqual([null]);
    expect(await services.images.get(shown.id)).toMatchObject({ conversationId: null });
  });

  test('with its images spares those that another conversation shows', async () => {
    const { services, dataDir } = await testServices();
    const { id, shown, task } = await spoken(services);
    const own = await upload(services, '#00ff00');
    await ended(services, task);
    const said = await services.messages.send({ conversationId: id, parts: [{ imageId: own.id }] });
    const other = await services.conversations.create({});
    const elsewhere = await services.messages.send({ conversationId: other.id, parts: [{ imageId: shown.id }] });
    await ended(services, said.task);
    await ended(services, elsewhere.task);

    const done = await services.deletion.conversation(id, { withImages: true });

    expect(done).toEqual({ cancelledTasks: 0, deletedImages: 1, keptImages: 1 });
    expect((await services.images.getMany([own.id, shown.id])).map((image) => image?.id)).toEqual([
      undefined,
      shown.id,
    ]);
    expect(await filesOf(dataDir)).toEqual([shown.sha256]);
  });

  test('is refused while one of its tasks is unfinished, unless it is forced', async () => {
    const { services } = await testServices({ isStarted: false });
    const { id } = await spoken(services);

    await expect(services.deletion.conversation(id)).rejects.toMatchObject({ code: 'IN_USE' });
    expect(await services.deletion.conversation(id, { force: true })).toMatchObject({ cancelledTasks: 1 });
    expect(await services.status()).toMatchObject({ queued: 0, running: 0 });
  });
});

async function upload(services: Services, background = '#c81e32'): Promise<ImageRecord> {
  const file = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
    .png()
    .toBuffer();
  const { uploadId } = await services.uploads.receive(Readable.from([file]));
  return services.images.createFromUpload(uploadId);
}

/** Names of all blobs. */
async function filesOf(dataDir: string): Promise<string[]> {
  const entries = await readdir(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
