import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from '@jest/globals';

import { GatewayError } from '../../../src/errors/index.js';
import type { PreviewEvent, Services, TaskEventRecord, TaskRecord } from '../../../src/services/index.js';
import { readPngText } from '../../../src/services/png-text.js';
import { openStorage } from '../../../src/storage/index.js';
import { createEventHub } from '../../../src/tasks/event-hub.js';
import { createTaskStore } from '../../../src/tasks/store.js';
import { deferred, until } from '../../support/deferred.js';
import { END, imagined, scriptedModel, textsOf } from '../../support/scripted-model.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { LIMITS, testServices } from '../../support/test-services.js';

describe('a generation', () => {
  test('becomes stored pictures that say what made them', async () => {
    const { services } = await testServices();
    const task = await ended(
      services,
      await services.tasks.submitGeneration({ prompt: 'a circle, 圆', diffusion: { seed: 7, count: 2 } }),
    );
    expect(task).toMatchObject({ status: 'SUCCEEDED', attempt: 1, settings: { seed: 7, count: 2, width: 32 } });
    expect(task.timings).toMatchObject({
      queuedMs: expect.any(Number),
      denoiseMs: 8,
      vaeMs: 4,
      totalMs: expect.any(Number),
    });

    const images = await services.images.getMany(task.resultImageIds);
    expect(images).toMatchObject([
      { origin: 'GENERATED', width: 32, height: 32, taskId: task.id, sourceId: null, mediaType: 'image/png' },
      { origin: 'GENERATED' },
    ]);
    const { bytes } = await services.images.readBytes(task.resultImageIds[1] ?? '');
    const text = readPngText(bytes);
    expect(text).toMatchObject({ prompt: 'a circle, 圆', seed: '8', model: 'scripted' });
    expect(JSON.parse(text['settings'] ?? '')).toMatchObject({ seed: 8, numInferenceSteps: 4 });
  });

  test('is watched step by step by a reader that keeps up', async () => {
    const model = scriptedModel({ beforeStep: () => new Promise((resolve) => setTimeout(resolve, 10)) });
    const { services, runner } = await testServices({ models: [model], isStarted: false });
    const submitted = await services.tasks.submitGeneration({ prompt: 'a circle' });
    const reading = services.events
      .subscribe(submitted.id, { preview: { maxPerSecond: 1000, maxSize: 16 } })
      .then(collect);
    await runner.start();
    const events = await reading;
    expect(
      events.map((event) => (event.type === 'DenoisingPreview' ? `preview ${event.stepIndex}` : event.type)),
    ).toEqual([
      ...[
        'TaskQueued',
        'TaskStarted',
        'ImageStarted',
        'preview 1',
        'preview 2',
        'preview 3',
        'preview 4',
        'ImageFinished',
        'TaskSucceeded',
      ],
    ]);
    const preview = events.find((event) => event.type === 'DenoisingPreview');
    if (preview?.type !== 'DenoisingPreview') throw new Error('There is no preview.');
    expect(services.events.previewSize(preview)).toEqual({ width: 16, height: 16 });
    const jpeg = await services.events.encodePreview(preview, 'JPEG');
    expect(jpeg.mediaType).toBe('image/jpeg');
    expect(jpeg.bytes.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
    expect(services.events.latestPreview(submitted.id)).toBeNull();
  });

  test('gives the same picture for the same seed, watched or not', async () => {
    const { services } = await testServices();
    const plain = await ended(
      services,
      await services.tasks.submitGeneration({ prompt: 'a circle', diffusion: { seed: 5 } }),
    );
    const submitted = await services.tasks.submitGeneration({ prompt: 'a circle', diffusion: { seed: 5 } });
    await collect(await services.events.subscribe(submitted.id, { preview: { maxPerSecond: 1000 } }));
    const watched = await services.tasks.get(submitted.id);
    const [one, two] = await services.images.getMany([...plain.resultImageIds, ...watched.resultImageIds]);
    expect(two?.sha256).toBe(one?.sha256);
  });

  test.each([
    [{ prompt: ' \n' }, 'PROMPT_EMPTY'],
    [{ prompt: 'x'.repeat(100_000) }, 'PROMPT_TOO_LONG'],
    [{ prompt: 'x', modelId: 'unknown' }, 'MODEL_NOT_FOUND'],
    [{ prompt: 'x', diffusion: { width: 50_000 } }, 'SIZE_OUT_OF_LIMITS'],
    [{ prompt: 'x', diffusion: { numInferenceSteps: 0 } }, 'STEPS_OUT_OF_LIMITS'],
    [{ prompt: 'x', diffusion: { count: 100 } }, 'BAD_INPUT'],
    [{ prompt: 'x', priority: 1.5 }, 'BAD_INPUT'],
    [{ prompt: 'x', idempotencyKey: '' }, 'BAD_INPUT'],
  ])('of an input that cannot be used is refused before anything is stored (%#)', async (input, code) => {
    const { services } = await testServices({ isStarted: false });
    await expect(services.tasks.submitGeneration(input)).rejects.toMatchObject({ code });
    expect((await services.tasks.list({})).totalCount).toBe(0);
  });
});

describe('a reader that leaves', () => {
  test('does not cancel the task: that wants `cancelTask`, or onDisconnect: CANCEL', async () => {
    const { services } = await testServices({
      models: [scriptedModel({ beforeStep: () => sleep(20) })],
      disconnectMs: 10,
    });
    const task = await services.tasks.submitGeneration({ prompt: 'p', diffusion: { numInferenceSteps: 6 } });
    const events = await services.events.subscribe(task.id);
    await events.next();

    await events.return?.();

    expect(await ended(services, task)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('a preview', () => {
  test('is encoded once for each distinct wish, however many readers have it', async () => {
    const { services } = await testServices();
    const image = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) };
    const frame = (maxSize: number) => ({ image, maxSize }) as Parameters<typeof services.events.encodePreview>[0];
    const wishes = [
      ...[services.events.encodePreview(frame(32), 'JPEG'), services.events.encodePreview(frame(32), 'JPEG')],
      ...[services.events.encodePreview(frame(16), 'JPEG'), services.events.encodePreview(frame(32), 'PNG')],
    ] as const;

    const [one, same, smaller, other] = await Promise.all(wishes);

    expect(same).toBe(one);
    expect([smaller, other].includes(one)).toBe(false);
  });
});

describe('an idempotency key', () => {
  test('gives the first task again, also where the gateway drew the seed; another input is refused', async () => {
    const { services } = await testServices({ isStarted: false });
    const first = await services.tasks.submitGeneration({ prompt: 'a circle', idempotencyKey: 'k' });
    const again = await services.tasks.submitGeneration({
      idempotencyKey: 'k',
      prompt: 'a circle',
      diffusion: undefined,
    });
    expect(again.id).toBe(first.id);
    expect(again.settings?.seed).toBe(first.settings?.seed);
    const other = services.tasks.submitGeneration({ prompt: 'a square', idempotencyKey: 'k' });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    expect((await services.tasks.list({})).totalCount).toBe(1);
  });
});

describe('cancelling', () => {
  test('ends a queued task at once', async () => {
    const { services } = await testServices({ isStarted: false });
    const task = await services.tasks.submitGeneration({ prompt: 'a circle' });
    expect(await services.tasks.cancel(task.id)).toMatchObject({ status: 'CANCELLED', finishedAt: expect.any(Date) });
    expect(await typesOf(services, task.id)).toEqual(['TaskQueued', 'TaskCancelled']);
  });

  test('ends a running task within one step, and the next one begins', async () => {
    const steps: number[] = [];
    const reached = deferred();
    const goOn = deferred();
    const model = scriptedModel({
      async beforeStep(stepIndex, { seed }) {
        if (seed !== 1) return;
        steps.push(stepIndex);
        if (stepIndex !== 2) return;
        reached.resolve();
        await goOn.promise;
      },
    });
    const { services } = await testServices({ models: [model] });
    const task = await services.tasks.submitGeneration({
      prompt: 'a circle',
      diffusion: { seed: 1, numInferenceSteps: 20 },
    });
    const next = await services.tasks.submitGeneration({ prompt: 'a circle', diffusion: { seed: 2 } });
    await reached.promise;
    expect(await services.tasks.queuePosition(next.id)).toBe(0);
    expect((await services.tasks.cancel(task.id)).status).toBe('CANCELLED');
    await expect(services.tasks.cancel(task.id)).rejects.toMatchObject({ code: 'TASK_ENDED' });
    goOn.resolve();
    expect((await ended(services, next)).status).toBe('SUCCEEDED');
    expect(steps).toEqual([1, 2]);
    expect(await services.tasks.get(task.id)).toMatchObject({ status: 'CANCELLED', resultImageIds: [], error: null });
    expect(await typesOf(services, task.id)).toEqual(['TaskQueued', 'TaskStarted', 'ImageStarted', 'TaskCancelled']);
  });
});

describe('a fault of a plugin', () => {
  const failing = (times: number, code: ConstructorParameters<typeof GatewayError>[0]) => {
    let left = times;
    return scriptedModel({
      beforeStep(stepIndex, { seed }) {
        if (seed !== 8 || stepIndex !== 2 || left === 0) return;
        left -= 1;
        throw new GatewayError(code, 'The decoder stumbled.', { plugin: 'nexus-generation-decoder' });
      },
    });
  };

  test('is tried again, and pictures that were finished are kept', async () => {
    const model = failing(2, 'PLUGIN_FAILED');
    const { services } = await testServices({ models: [model] });
    const task = await ended(
      services,
      await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 7, count: 2 } }),
    );
    expect(task).toMatchObject({ status: 'SUCCEEDED', attempt: 3, error: null });
    expect(model.asked.generation.map(({ seed }) => seed)).toEqual([7, 8, 8, 8]);
    expect(new Set(task.resultImageIds).size).toBe(2);
    expect(await typesOf(services, task.id)).toEqual([
      ...['TaskQueued', 'TaskStarted', 'ImageStarted', 'ImageFinished', 'ImageStarted', 'TaskRetrying'],
      ...['TaskStarted', 'ImageFinished', 'ImageStarted', 'TaskRetrying'],
      ...['TaskStarted', 'ImageFinished', 'ImageStarted', 'ImageFinished', 'TaskSucceeded'],
    ]);
  });

  test('fails the task when it goes on too long, with code, message and plugin', async () => {
    const { services } = await testServices({ models: [failing(99, 'PLUGIN_FAILED')], maxAttempts: 2 });
    const task = await ended(services, await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 8 } }));
    expect(task).toMatchObject({
      status: 'FAILED',
      attempt: 2,
      error: {
        code: 'PLUGIN_FAILED',
        message: 'The decoder stumbled.',
        retryable: true,
        plugin: 'nexus-generation-decoder',
      },
    });
  });

  test('that would come again fails the task at once', async () => {
    const { services } = await testServices({ models: [failing(1, 'SHAPE_MISMATCH')] });
    const task = await ended(services, await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 8 } }));
    expect(task).toMatchObject({ status: 'FAILED', attempt: 1, error: { code: 'SHAPE_MISMATCH' } });
  });
});

describe('after a restart', () => {
  test('what was queued runs, and what a dead process ran runs again; a reader goes on from its cursor', async () => {
    const dataDir = await temporaryFolder();
    const before = await testServices({ dataDir, isStarted: false });
    const first = await before.services.tasks.submitGeneration({ prompt: 'one', diffusion: { seed: 1 } });
    const second = await before.services.tasks.submitGeneration({ prompt: 'two', diffusion: { seed: 2 } });
    await before.close();
    // The process that dies: it takes the first task and is never heard of again.
    const storage = await openStorage({ dataDir });
    const store = createTaskStore({ storage, hub: createEventHub() });
    await store.lease(`${hostname()}:${process.pid}:an-earlier-process-with-this-pid`, 3_600_000);
    const cursor = (await store.events({ taskId: first.id }, undefined, 10)).at(-1)?.cursor;
    await storage.close();

    const { services } = await testServices({ dataDir });
    expect(await ended(services, first)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    expect(await ended(services, second)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    const since = await collect(await services.events.subscribe(first.id, { after: cursor }));
    expect(since.map(({ type }) => type)).toEqual([
      'TaskRetrying',
      'TaskStarted',
      'ImageStarted',
      'ImageFinished',
      'TaskSucceeded',
    ]);
  });

  test('what a stop interrupted goes on: the deadline passes, the task is queued, the next start runs it', async () => {
    const dataDir = await temporaryFolder();
    const reached = deferred();
    const slow = scriptedModel({
      async beforeStep() {
        reached.resolve();
        await new Promise((resolve) => setTimeout(resolve, 100));
      },
    });
    const before = await testServices({ dataDir, models: [slow], drainMs: 10 });
    const task = await before.services.tasks.submitGeneration({ prompt: 'one', diffusion: { numInferenceSteps: 50 } });
    await reached.promise;
    await before.runner.stop();
    expect(await before.services.tasks.get(task.id)).toMatchObject({ status: 'QUEUED', attempt: 1 });
    await before.storage.close();

    const { services } = await testServices({ dataDir });
    expect(await ended(services, task)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  });
});

describe('a stop', () => {
  test('lets what runs come to its end, and starts nothing new', async () => {
    const reached = deferred();
    const goOn = deferred();
    const model = scriptedModel({
      async beforeStep() {
        reached.resolve();
        await goOn.promise;
      },
    });
    const { services, runner } = await testServices({ models: [model] });
    const running = await services.tasks.submitGeneration({ prompt: 'one' });
    const waiting = await services.tasks.submitGeneration({ prompt: 'two' });
    await reached.promise;
    const stopped = runner.stop();
    goOn.resolve();
    await stopped;
    expect((await services.tasks.get(running.id)).status).toBe('SUCCEEDED');
    expect((await services.tasks.get(waiting.id)).status).toBe('QUEUED');
  });
});

describe('a conversation', () => {
  const chatty = () =>
    scriptedModel({
      answer: (request) => {
        const words = textsOf(request).at(-1) ?? '';
        if (words.startsWith('draw'))
          return [
            { type: 'text', text: 'Here' },
            { type: 'text', text: ' it is.' },
            imagined(0.4),
            { type: 'text', text: 'Nice?' },
            END,
          ];
        return [{ type: 'text', text: `I heard ${textsOf(request).length}` }, END];
      },
    });

  test('is answered with words and pictures in the order in which they were said, and the next turn builds on it', async () => {
    const model = chatty();
    const { services } = await testServices({ models: [model] });
    const conversation = await services.conversations.create({});
    const { userMessage, replyMessage, task } = await services.messages.send({
      conversationId: conversation.id,
      parts: [{ text: 'draw a circle' }],
      diffusion: { seed: 3 },
    });
    expect(replyMessage).toMatchObject({ role: 'ASSISTANT', parts: [], taskId: task.id });
    const done = await ended(services, task);
    const [imageId = ''] = done.resultImageIds;
    const [reply] = await services.messages.getMany([replyMessage.id]);
    expect(reply?.parts).toEqual([
      { type: 'text', text: 'Here it is.' },
      { type: 'image', imageId },
      { type: 'text', text: 'Nice?' },
    ]);

    const second = await services.messages.send({
      conversationId: conversation.id,
      parts: [{ text: 'draw it in green' }],
    });
    const [edited = ''] = (await ended(services, second.task)).resultImageIds;
    expect(await services.images.get(edited)).toMatchObject({
      origin: 'EDITED',
      sourceId: imageId,
      conversationId: conversation.id,
    });
    expect((await services.images.derivatives([imageId], {}))[0]?.items.map(({ id }) => id)).toEqual([edited]);
    expect((await services.images.list({}, { conversationId: conversation.id })).totalCount).toBe(2);

    const [said] = await services.messages.ofConversations([conversation.id], {});
    expect(said?.items.map(({ role }) => role)).toEqual(['USER', 'ASSISTANT', 'USER', 'ASSISTANT']);
    expect(said?.items[0]).toEqual(userMessage);
    expect((await services.conversations.get(conversation.id)).title).toBe('draw a circle');
  });

  test('has the offsets of its text follow each other', async () => {
    const { services } = await testServices({ models: [chatty()] });
    const conversation = await services.conversations.create({});
    const { task } = await services.messages.send({ conversationId: conversation.id, parts: [{ text: 'draw' }] });
    await ended(services, task);
    const deltas = (await collect(await services.events.subscribe(task.id))).flatMap((event) =>
      event.type === 'TextDelta' ? [event] : [],
    );
    expect(deltas.map(({ text }) => text).join('')).toBe('Here it is.Nice?');
    expect(deltas.map(({ offset }) => offset)).toEqual([0, 11]);
  });

  test('repeats nothing when its reply fails and is written again', async () => {
    let failures = 1;
    const model = scriptedModel({
      async *answer() {
        yield { type: 'text', text: 'Well' };
        yield imagined(0.2);
        yield { type: 'text', text: ', yes.' };
        await new Promise((resolve) => setTimeout(resolve, 20));
        failures -= 1;
        if (failures === 0) yield { type: 'error', code: 'INFERENCE_FAILED', message: 'lost it' };
        else yield END;
      },
    });
    const { services } = await testServices({ models: [model] });
    const conversation = await services.conversations.create({});
    const { task, replyMessage } = await services.messages.send({
      conversationId: conversation.id,
      parts: [{ text: 'go' }],
    });
    const done = await ended(services, task);
    expect(done).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const [reply] = await services.messages.getMany([replyMessage.id]);
    const [imageId = ''] = done.resultImageIds;
    expect(reply?.parts).toEqual([
      { type: 'text', text: 'Well' },
      { type: 'image', imageId },
      { type: 'text', text: ', yes.' },
    ]);
    expect(done.resultImageIds).toHaveLength(1);
    expect(model.asked.generation).toHaveLength(1);
  });

  test('answers a repeated key with the first messages', async () => {
    const { services } = await testServices({ isStarted: false });
    const conversation = await services.conversations.create({ title: 'Mine' });
    const input = { conversationId: conversation.id, parts: [{ text: 'hello' }], idempotencyKey: 'k' };
    const first = await services.messages.send(input);
    const again = await services.messages.send(input);
    expect([again.userMessage.id, again.replyMessage.id, again.task.id]).toEqual([
      first.userMessage.id,
      first.replyMessage.id,
      first.task.id,
    ]);
    expect((await services.messages.ofConversations([conversation.id], {}))[0]?.totalCount).toBe(2);
    expect((await services.conversations.get(conversation.id)).title).toBe('Mine');
  });

  test('refuses what it cannot say, and stores none of it', async () => {
    const { services } = await testServices({ isStarted: false });
    const { id: conversationId } = await services.conversations.create({});
    const send = (input: Partial<Parameters<Services['messages']['send']>[0]>) =>
      services.messages.send({ conversationId, parts: [{ text: 'x' }], ...input });
    await expect(send({ conversationId: 'nowhere' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(send({ parts: [] })).rejects.toMatchObject({ code: 'PROMPT_EMPTY' });
    await expect(send({ parts: [{ text: '  ' }] })).rejects.toMatchObject({ code: 'PROMPT_EMPTY' });
    await expect(send({ parts: [{ text: 'x'.repeat(600) }, { text: 'x'.repeat(600) }] })).rejects.toMatchObject({
      code: 'PROMPT_TOO_LONG',
    });
    await expect(send({ parts: [{ imageId: 'nothing' }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(send({ diffusion: { width: 1 } })).rejects.toMatchObject({ code: 'SIZE_OUT_OF_LIMITS' });
    expect((await services.messages.ofConversations([conversationId], {}))[0]?.totalCount).toBe(0);
  });
});

describe('understanding and editing', () => {
  test('work on stored images, and say which are missing', async () => {
    const { services } = await testServices();
    const [imageId = ''] = (await ended(services, await services.tasks.submitGeneration({ prompt: 'p' })))
      .resultImageIds;
    const asked = await ended(
      services,
      await services.tasks.submitUnderstanding({ imageIds: [imageId], question: 'what is it?' }),
    );
    expect(asked).toMatchObject({ status: 'SUCCEEDED', answer: 'You said: what is it?', sourceImageIds: [imageId] });

    const edited = await ended(
      services,
      await services.tasks.submitEdit({ sourceImageId: imageId, instruction: 'greener' }),
    );
    expect(await services.images.get(edited.resultImageIds[0] ?? '')).toMatchObject({
      origin: 'EDITED',
      sourceId: imageId,
      taskId: edited.id,
    });

    await expect(services.tasks.submitUnderstanding({ imageIds: ['none'], question: '?' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(services.tasks.submitUnderstanding({ imageIds: [], question: '?' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
    await expect(services.tasks.submitEdit({ sourceImageId: 'none', instruction: 'x' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('many questions about images', () => {
  test('are one batch of the language model; what fails, fails alone', async () => {
    const model = scriptedModel();
    const { services } = await testServices({ models: [model] });
    const [imageId = ''] = (await ended(services, await services.tasks.submitGeneration({ prompt: 'p' })))
      .resultImageIds;
    const callsBefore = model.asked.generate.length;
    const answers = await services.language.answer([
      { imageId, question: 'one?' },
      { imageId: 'nothing', question: 'two?' },
      { imageId, question: ' ' },
      { imageId, question: 'x'.repeat(LIMITS.promptChars + 1) },
      { imageId, question: 'five?' },
    ]);
    expect(answers.map((answer) => (typeof answer === 'string' ? answer : answer.code))).toEqual([
      ...['You said: one?', 'NOT_FOUND', 'PROMPT_EMPTY', 'PROMPT_TOO_LONG', 'You said: five?'],
    ]);
    expect(model.asked.generate.length).toBe(callsBefore + 1);
    expect(model.asked.generate.at(-1)).toHaveLength(2);
  });
});

describe('estimates', () => {
  test('are unknown at first, and follow from measured step times afterwards', async () => {
    const gate = deferred();
    const reached = deferred();
    const model = scriptedModel({
      async beforeStep(stepIndex, { seed }) {
        if (seed !== 1 || stepIndex !== 3) return;
        reached.resolve();
        await gate.promise;
      },
    });
    const { services } = await testServices({ models: [model] });
    const first = await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 1 } });
    const waiting = await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 2 } });
    await reached.promise;
    expect(await services.tasks.progress(first.id)).toBe(0.5);
    expect(await services.tasks.etaSeconds(first.id)).toBeNull();
    expect(await services.tasks.queuePosition(first.id)).toBeNull();
    expect(await services.tasks.progress(waiting.id)).toBe(0);
    gate.resolve();
    await ended(services, waiting);
    expect(await services.tasks.progress(first.id)).toBe(1);
    expect(await services.tasks.etaSeconds(first.id)).toBeNull();
  });

  test('of a waiting task hold what is ahead of it', async () => {
    const reached = deferred();
    const gate = deferred();
    const model = scriptedModel({
      async beforeStep(_step, { seed }) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (seed === 1) {
          reached.resolve();
          await gate.promise;
        }
      },
    });
    const { services } = await testServices({ models: [model] });
    await ended(services, await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 0 } }));
    await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 1 } });
    const [second, third] = [
      await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 2 } }),
      await services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed: 2 } }),
    ];
    await reached.promise;
    const [secondEta, thirdEta] = [
      await services.tasks.etaSeconds(second.id),
      await services.tasks.etaSeconds(third.id),
    ];
    expect(secondEta).toBeGreaterThan(0);
    expect(thirdEta).toBeGreaterThan(secondEta ?? 0);
    expect(await services.status()).toMatchObject({ queued: 2, running: 1, version: '0.0.0-test' });
    gate.resolve();
    await ended(services, third);
  });
});

async function ended(services: Services, task: TaskRecord): Promise<TaskRecord> {
  await collect(await services.events.subscribe(task.id));
  await until(async () => (await services.tasks.get(task.id)).finishedAt !== null, 'the end of the task');
  return services.tasks.get(task.id);
}

async function collect(
  events: AsyncIterable<TaskEventRecord | PreviewEvent>,
): Promise<(TaskEventRecord | PreviewEvent)[]> {
  const all: (TaskEventRecord | PreviewEvent)[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function typesOf(services: Services, taskId: string): Promise<string[]> {
  return (await collect(await services.events.subscribe(taskId))).map(({ type }) => type);
}
