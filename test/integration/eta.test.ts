/** Estimates of a steady load: pictures of the same kind, one after the other. */
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from '@jest/globals';

import { until } from '../support/deferred.js';
import { scriptedModel } from '../support/scripted-model.js';
import { testServices } from '../support/test-services.js';

const STEP_MS = 100;
const TOLERANCE = 0.3;

it('tells within 30 % when each task of a steady queue is done, and how many are ahead of it', async () => {
  const { services } = await testServices({ models: [scriptedModel({ beforeStep: () => sleep(STEP_MS) })] });
  const submit = (seed: number) =>
    services.tasks.submitGeneration({ prompt: 'p', diffusion: { seed, numInferenceSteps: 10 } });
  const first = await submit(0);
  expect(await services.tasks.etaSeconds(first.id)).toBeNull();
  await until(async () => (await services.tasks.get(first.id)).finishedAt !== null, 'the first picture');

  const tasks = [];
  for (let seed = 1; seed <= 4; seed += 1) tasks.push(await submit(seed));
  const [running, ...queued] = tasks as [(typeof tasks)[number], ...typeof tasks];
  await until(async () => ((await services.tasks.progress(running.id)) ?? 0) > 0, 'a step of the next picture');
  const askedAt = Date.now();
  const told = await Promise.all(tasks.map(({ id }) => services.tasks.etaSeconds(id)));
  const positions = await Promise.all([running, ...queued].map(({ id }) => services.tasks.queuePosition(id)));
  await until(async () => (await services.status()).queued + (await services.status()).running === 0, 'all pictures');

  const took = (await services.tasks.getMany(tasks.map(({ id }) => id))).map(
    (task) => ((task?.finishedAt?.getTime() ?? 0) - askedAt) / 1000,
  );
  expect(positions).toEqual([null, 0, 1, 2]);
  for (const [index, seconds] of told.entries()) {
    const ratio = (seconds ?? 0) / (took[index] ?? 0);
    expect(ratio).toBeGreaterThan(1 - TOLERANCE);
    expect(ratio).toBeLessThan(1 + TOLERANCE);
  }
}, 60_000);
