import { describe, expect, it } from '@jest/globals';

import { DEFAULT_RETRY, Interruption, retryAfter, retrying } from '../../../src/model-store/retry.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const quick = { ...DEFAULT_RETRY, attempts: 3, firstWaitMs: 1, maxWaitMs: 2 };
const patient = new AbortController().signal;

describe('when to come back', () => {
  it.each([
    [{ 'retry-after': '120' }, 120_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
    [{ ratelimit: '"api";r=0;t=55' }, 55_000],
    [{ ratelimit: '"api";r=12;t=55' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('as %j says', (headers, wantedMs) => {
    expect(retryAfter(new Headers(Object.entries(headers)), NOW)).toBe(wantedMs);
  });
});

describe('trying again', () => {
  it('ends with the first success', async () => {
    let calls = 0;
    const result = await retrying(quick, patient, async () => {
      calls += 1;
      if (calls < 3) throw new Interruption('busy');
      return 'done';
    });
    expect([result, calls]).toEqual(['done', 3]);
  });

  it('is for interruptions only', async () => {
    let calls = 0;
    const attempt = async () => {
      calls += 1;
      throw new TypeError('a mistake');
    };
    await expect(retrying(quick, patient, attempt)).rejects.toThrow('a mistake');
    expect(calls).toBe(1);
  });

  it('counts anew after progress', async () => {
    let calls = 0;
    const attempt = async () => {
      calls += 1;
      throw new Interruption('cut');
    };
    await expect(retrying(quick, patient, attempt, () => calls < 10)).rejects.toMatchObject({
      code: 'HUB_UNAVAILABLE',
    });
    expect(calls).toBe(12);
  });

  it('ends at once when it is aborted while it waits', async () => {
    const controller = new AbortController();
    const attempt = async () => {
      setTimeout(() => controller.abort(new Error('enough')), 1);
      throw new Interruption('busy', { retryAfterMs: 60_000 });
    };
    await expect(retrying(quick, controller.signal, attempt)).rejects.toThrow('enough');
  });
});
