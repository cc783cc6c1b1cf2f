/** The part of a file that a client asks for: one range of bytes; several at once are answered with the whole. */
import { GatewayError } from '../errors/index.js';

export interface ByteRange {
  /** First byte, from 0. */
  readonly start: number;
  /** Last byte, included. */
  readonly end: number;
}

/**
 * @param header of `Range`
 * @param size   bytes of the whole, 1 or more
 * @returns undefined when the whole is to be sent
 * @throws  GatewayError RANGE_INVALID when nothing of the file lies in the range
 * @see     RFC 9110, section 14
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  const isSuffix = first === '';
  const start = isSuffix ? Math.max(0, size - Number(last)) : Number(first);
  const end = isSuffix || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  // A range that ends before it begins is none at all, and passed over.
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return undefined;
  if (start < size && start <= end) return { start, end };
  throw new GatewayError('RANGE_INVALID', `The file has ${size} bytes; nothing of it lies in the range "${header}".`);
}
