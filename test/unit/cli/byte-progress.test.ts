import { Writable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { duration, startByteProgress } from '../../../src/cli/byte-progress.js';
import { formatBytes } from '../../../src/model-store/index.js';

/** A stream, and what it was told. */
function collector() {
  const told: string[] = [];
  const stream = new Writable({
    write(text, _encoding, done) {
      told.push(String(text).trimEnd());
      done();
    },
  });
  return { told, stream };
}

describe('bytes that come in', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('are a line every five seconds where no terminal is, with the rate of late and the time that is left', () => {
    const { told, stream } = collector();
    const progress = startByteProgress({ stream, isTerminal: false });

    for (let second = 0; second <= 20; second += 1) {
      // It becomes four times as fast after ten seconds.
      const megabytes = second <= 10 ? second : 10 + 4 * (second - 10);
      progress.update('fetching', megabytes * 1e6, 200e6);
      jest.advanceTimersByTime(1_000);
    }
    progress.end();

    expect(told).toEqual([
      'fetching 5.00 MB of 200 MB, 1.00 MB/s, about 3 min left',
      'fetching 10.0 MB of 200 MB, 1.00 MB/s, about 3 min left',
      'fetching 30.0 MB of 200 MB, 2.88 MB/s, about 59 s left',
      'fetching 50.0 MB of 200 MB, 4.00 MB/s, about 38 s left',
    ]);
  });

  it('are measured anew in another phase', () => {
    const { told, stream } = collector();
    const progress = startByteProgress({ stream, isTerminal: false });

    progress.update('checking', 90e6, 100e6);
    jest.advanceTimersByTime(6_000);
    progress.update('fetching', 0, 100e6);
    jest.advanceTimersByTime(6_000);
    progress.update('fetching', 60e6, 100e6);

    expect(told).toEqual(['fetching 0 B of 100 MB', 'fetching 60.0 MB of 100 MB, 10.0 MB/s, about 4 s left']);
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.50 kB'],
  [29_300_000, '29.3 MB'],
  [999_700_000, '1.00 GB'],
  [123_456_789_012, '123 GB'],
])('%d bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0.2, '1 s'],
  [89, '89 s'],
  [600, '10 min'],
  [7_500, '2 h 5 min'],
])('%d seconds are written %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});
