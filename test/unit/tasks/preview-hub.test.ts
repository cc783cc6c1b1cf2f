import { describe, expect, test } from '@jest/globals';

import { createPreviewHub } from '../../../src/tasks/preview-hub.js';

const image = { width: 8, height: 4, data: new Uint8Array(96) };
const nothing = () => undefined;

function open() {
  const clock = { ms: 0 };
  const hub = createPreviewHub({ now: () => clock.ms });
  const channel = hub.open('task', 'cursor');
  /** A step is done; its preview was made when it was wished for. */
  const step = (stepIndex: number, isForced = false) => {
    const isWanted = channel.wishes.current.everySteps.some((every) => stepIndex % every === 0);
    channel.step({
      index: 0,
      stepIndex,
      numInferenceSteps: 20,
      sigma: 0.5,
      image: isWanted || isForced ? image : undefined,
    });
    return isWanted;
  };
  return { clock, hub, channel, step };
}

describe('previews', () => {
  test('are wished for only while somebody looks, and the channel hears when that changes', () => {
    const { hub, channel, step } = open();
    let changes = 0;
    channel.wishes.onChange(() => {
      changes += 1;
    });
    expect(step(1)).toBe(false);
    const slot = hub.subscribe('task', {}, nothing);
    expect(channel.wishes.current).toEqual({ everySteps: [1], maxSize: 512, view: 'x0' });
    slot.close();
    expect(channel.wishes.current.everySteps).toEqual([]);
    expect(changes).toBe(2);
  });

  test('are wished for as large as the largest wish, at the steps of each', () => {
    const { hub, channel } = open();
    hub.subscribe('task', { everySteps: 2, maxSize: 64 }, nothing);
    hub.subscribe('task', { everySteps: 5, maxSize: 256, view: 'noisy' }, nothing);
    expect(channel.wishes.current).toEqual({ everySteps: [2, 5], maxSize: 256, view: 'x0' });
  });

  test('reach each subscriber at its own steps', () => {
    const { clock, hub, step } = open();
    const every2 = hub.subscribe('task', { everySteps: 2, maxPerSecond: 1000 }, nothing);
    const every3 = hub.subscribe('task', { everySteps: 3, maxPerSecond: 1000 }, nothing);
    const seen: [number[], number[]] = [[], []];
    for (let stepIndex = 1; stepIndex <= 6; stepIndex += 1) {
      clock.ms += 100;
      step(stepIndex);
      for (const [index, slot] of [every2, every3].entries()) {
        const frame = slot.take();
        if (frame !== undefined) seen[index]?.push(frame.stepIndex);
      }
    }
    expect(seen).toEqual([
      [2, 4, 6],
      [3, 6],
    ]);
  });

  test('of a reader that never reads are one: the newest', () => {
    const { clock, hub, step } = open();
    let calls = 0;
    const slot = hub.subscribe('task', { maxPerSecond: 1000 }, () => {
      calls += 1;
    });
    for (let stepIndex = 1; stepIndex <= 20; stepIndex += 1) {
      clock.ms += 100;
      step(stepIndex);
    }
    expect(calls).toBe(20);
    expect(slot.take()).toMatchObject({ stepIndex: 20, cursor: 'cursor' });
    expect(slot.take()).toBeUndefined();
  });

  test('come no more often than was asked, and are not made for nothing', () => {
    const { clock, hub, step } = open();
    const slot = hub.subscribe('task', { maxPerSecond: 5 }, nothing);
    let made = 0;
    let got = 0;
    // 10 seconds of steps of 20 ms.
    for (let stepIndex = 1; stepIndex <= 500; stepIndex += 1) {
      clock.ms += 20;
      if (step(stepIndex)) made += 1;
      if (slot.take() !== undefined) got += 1;
    }
    expect(got).toBeGreaterThanOrEqual(48);
    expect(got).toBeLessThanOrEqual(51);
    expect(made).toBeLessThan(60);
  });

  test('of a late comer begin with the last one that was made', () => {
    const { hub, channel, step } = open();
    const early = hub.subscribe('task', {}, nothing);
    step(7);
    early.close();
    const late = hub.subscribe('task', { maxSize: 8 }, nothing);
    expect(late.peek()).toMatchObject({ stepIndex: 7, maxSize: 8 });
    expect(hub.latest('task')).toMatchObject({ stepIndex: 7 });
    channel.close();
    expect(late.peek()).toBeUndefined();
    expect(hub.latest('task')).toBeNull();
  });

  test('can be asked for before the task starts', () => {
    const hub = createPreviewHub();
    const slot = hub.subscribe('later', { everySteps: 4 }, nothing);
    const channel = hub.open('later', 'c');
    expect(channel.wishes.current.everySteps).toEqual([4]);
    channel.step({ index: 0, stepIndex: 4, numInferenceSteps: 4, sigma: 0, image });
    expect(slot.take()).toMatchObject({ stepIndex: 4 });
  });
});
