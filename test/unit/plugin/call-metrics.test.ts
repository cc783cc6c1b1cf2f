import { expect, it } from '@jest/globals';
import { CallMetrics } from '../../../src/plugin/call-metrics.js';

it('counts calls by how they end, and measures those that go well', () => {
  let now = 0;
  const metrics = new CallMetrics(() => now);
  const call = (batch: number, ms: number, outcome: 'done' | 'failed' | 'cancelled') => {
    const timer = metrics.begin(batch);
    timer.started();
    now += ms;
    timer.ended(outcome);
  };
  for (let ms = 1; ms <= 20; ms += 1) call(1, ms, 'done');
  call(4, 1_000, 'failed');
  call(1, 1_000, 'cancelled');
  expect(metrics.snapshot()).toEqual({
    ...{ calls: 22, failedCalls: 1, cancelledCalls: 1, runningCalls: 0, waitingCalls: 0 },
    ...{ meanBatch: 25 / 22, largestBatch: 4, medianMs: 11, p95Ms: 20 },
  });
});

it('tells calls that wait from calls that run', () => {
  const metrics = new CallMetrics();
  const [waiting, running] = [metrics.begin(1), metrics.begin(1)];
  running.started();
  expect(metrics.snapshot()).toMatchObject({ waitingCalls: 1, runningCalls: 1, calls: 0, medianMs: null });
  waiting.ended('failed');
  running.ended('done');
  expect(metrics.snapshot()).toMatchObject({ waitingCalls: 0, runningCalls: 0, calls: 2, failedCalls: 1 });
});

it('keeps the newest durations, however many calls there were', () => {
  let now = 0;
  const metrics = new CallMetrics(() => now);
  for (let calls = 0; calls < 600; calls += 1) {
    const timer = metrics.begin(1);
    timer.started();
    now += calls < 300 ? 1_000 : 5;
    timer.ended('done');
  }
  expect(metrics.snapshot()).toMatchObject({ calls: 600, medianMs: 5, p95Ms: 5 });
});
