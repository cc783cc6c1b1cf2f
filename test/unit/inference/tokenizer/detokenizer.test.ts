import { describe, expect, test } from '@jest/globals';
import { Detokenizer } from '../../../../src/inference/tokenizer/detokenizer.js';
import type { Tokenizer } from '../../../../src/inference/tokenizer/tokenizer.js';

/** The smallest byte-level tokenizer: one token a byte. */
const bytes: Tokenizer = {
  encode: (text) => Array.from(new TextEncoder().encode(text)),
  decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  splitSpecial: (text) => [text],
};

function pieces(text: string, stop: readonly string[] = []): { pieces: string[]; rest: string; stopped: boolean } {
  const detokenizer = new Detokenizer(bytes, stop);
  const shown = bytes.encode(text).map((token) => detokenizer.push(token));
  return { pieces: shown.filter((piece) => piece !== ''), rest: detokenizer.flush(), stopped: detokenizer.stopped };
}

describe('text as it is written', () => {
  test('never holds half a character', () => {
    expect(pieces('a圆é🙂!').pieces).toEqual(['a', '圆', 'é', '🙂', '!']);
  });

  test('gives a broken character out only when it is certain that it stays broken', () => {
    const detokenizer = new Detokenizer(bytes);
    expect([0xe5, 0x9c].map((token) => detokenizer.push(token))).toEqual(['', '']);
    expect(detokenizer.push(0x41)).toBe('\uFFFDA');
    expect(detokenizer.push(0xe5)).toBe('');
    expect(detokenizer.flush()).toBe('\uFFFD');
  });

  test('holds back what may be the beginning of a stop text, and gives it out when it is not', () => {
    expect(pieces('one END two ENX', ['END!']).pieces.join('')).toBe('one END two ENX');
    expect(pieces('abEN', ['END']).pieces.join('')).toBe('ab');
    expect(pieces('abEN', ['END']).rest).toBe('EN');
  });

  test('ends before the first stop text', () => {
    expect(pieces('abc END def STOP', ['STOP', 'END'])).toEqual({
      pieces: ['a', 'b', 'c', ' '],
      rest: '',
      stopped: true,
    });
  });
});
