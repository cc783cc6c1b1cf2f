/**
 * Ids that sort by the time they were made: 10 characters of milliseconds and 16 of randomness, in Crockford's base 32
 * (the layout of a ULID). Within one source each id is greater than the one before, also when the clock stands still or goes back.
 */
import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LENGTH = 10;
const RANDOM_LENGTH = 16;
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export type IdSource = () => string;

export interface IdSourceOptions {
  /** Every id will be greater than this one: the greatest that was ever stored. */
  readonly after?: string | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export function createIdSource({ after, now = Date.now }: IdSourceOptions = {}): IdSource {
  let last = after ?? '';
  return () => {
    const time = encodeTime(now());
    last = last !== '' && time <= last.slice(0, TIME_LENGTH) ? successor(last) : time + randomDigits();
    return last;
  };
}

export function isId(text: string): boolean {
  return PATTERN.test(text);
}

function encodeTime(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';
  for (let position = 0; position < TIME_LENGTH; position += 1) {
    text = DIGITS.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

function randomDigits(): string {
  // 256 is a multiple of 32, so the remainder is uniform.
  return Array.from(randomBytes(RANDOM_LENGTH), (byte) => DIGITS.charAt(byte % 32)).join('');
}

/** The next greater id of the same length; a carry out of the random part goes into the time. */
function successor(id: string): string {
  const digits = Array.from(id);
  for (let position = digits.length - 1; position >= 0; position -= 1) {
    const value = DIGITS.indexOf(digits[position] ?? '');
    if (value < DIGITS.length - 1) {
      digits[position] = DIGITS.charAt(value + 1);
      break;
    }
    digits[position] = DIGITS.charAt(0);
  }
  return digits.join('');
}
