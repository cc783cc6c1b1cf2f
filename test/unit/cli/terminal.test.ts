import { PassThrough } from 'node:stream';

import { describe, expect, it } from '@jest/globals';

import { confirm } from '../../../src/cli/terminal.js';

/** Asks on a terminal, where keys arrive as they are pressed. */
async function answering(keys: string | null): Promise<boolean | null> {
  const input = new PassThrough();
  const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const answer = confirm({ in: input, out: screen, err: screen, isInteractive: true }, 'Delete it?');
  if (keys === null) input.end();
  else input.write(keys);
  return answer;
}

describe('a question', () => {
  it.each([
    ['y\r', true],
    [' YES \r', true],
    ['yesterday\r', false],
    ['\r', false],
  ])('is answered by %j', async (keys, isYes) => {
    expect(await answering(keys)).toBe(isYes);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
    ['the end of the input', null],
  ])('is answered with no by %s', async (_, keys) => {
    expect(await answering(keys)).toBe(false);
  });

  it('that nobody can answer is not asked', async () => {
    const { out, err } = { out: new PassThrough(), err: new PassThrough() };
    expect(await confirm({ out, err, isInteractive: false }, 'Delete it?')).toBeNull();
  });
});
