import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { backOffMs } from '../../../src/plugin/supervisor/backoff.js';
import { readLines } from '../../../src/plugin/supervisor/lines.js';

describe('the back-off between restarts', () => {
  const backOff = { initialMs: 100, maxMs: 1_000 };

  it('doubles with each failure, up to its limit', () => {
    expect([1, 2, 3, 4, 5, 60].map((attempt) => backOffMs(attempt, backOff, 0))).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it('has up to half of it taken off by chance', () => {
    expect(backOffMs(2, backOff, 0.5)).toBe(150);
    expect(backOffMs(2, backOff, 0.999)).toBeCloseTo(100, 0);
  });
});

describe("a process's output becomes lines", () => {
  async function linesOf(...chunks: string[]): Promise<string[]> {
    const lines: string[] = [];
    const stream = Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    );
    readLines(stream, (line) => void lines.push(line));
    await finished(stream);
    return lines;
  }

  it('however it is cut into chunks', async () => {
    expect(await linesOf('one\ntw', 'o\r\nthr', 'ee')).toEqual(['one', 'two', 'three']);
  });

  it('without empty ones', async () => {
    expect(await linesOf('\n\n  \none\n\n')).toEqual(['one']);
  });

  it('with letters that a chunk cuts in two kept whole', async () => {
    const bytes = Buffer.from('红');
    const lines: string[] = [];
    const stream = Readable.from([bytes.subarray(0, 1), bytes.subarray(1)], { objectMode: false });
    readLines(stream, (line) => void lines.push(line));
    await finished(stream);
    expect(lines).toEqual(['红']);
  });

  it('that are cut where they are too long, complete or not', async () => {
    const cut = [16_384, 16_384, 7_232];
    expect((await linesOf(`${'.'.repeat(40_000)}\n`)).map((line) => line.length)).toEqual(cut);
    expect((await linesOf('.'.repeat(40_000))).map((line) => line.length)).toEqual(cut);
  });

  it('of which a flood is counted and not passed on', async () => {
    const lines: string[] = [];
    const leftOut: number[] = [];
    const stream = Readable.from([Buffer.from(`${'.'.repeat(9)}\n`.repeat(100))], { objectMode: false });
    const options = { charactersPerSecond: 90, onLeftOut: (count: number) => void leftOut.push(count) };
    readLines(stream, (line) => void lines.push(line), options);
    await finished(stream);
    expect([lines.length, leftOut]).toEqual([10, [90]]);
  });
});
