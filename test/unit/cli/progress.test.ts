import { Writable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { startProgress } from '../../../src/cli/progress.js';

/** What a stream that is no terminal was told. */
function collector() {
  const lines: string[] = [];
  const stream = new Writable({
    write(text, _encoding, done) {
      lines.push(String(text).trimEnd());
      done();
    },
  });
  return { lines, stream };
}

describe('progress that no terminal shows', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is a line every two seconds, with the time that is left, and one at the end', () => {
    const { lines, stream } = collector();
    const progress = startProgress({ stream, isTerminal: false }, 10);

    for (let step = 1; step <= 10; step += 1) {
      jest.advanceTimersByTime(1_000);
      progress.step(step);
    }
    progress.end();

    expect(lines).toEqual([
      'step 1 of 10',
      'step 3 of 10, about 7 s left',
      'step 5 of 10, about 5 s left',
      'step 7 of 10, about 3 s left',
      'step 9 of 10, about 1 s left',
      'step 10 of 10',
    ]);
  });
});
