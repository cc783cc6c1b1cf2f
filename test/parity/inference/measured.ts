/**
 * Holds an error to its tolerance and remembers the largest of each piece. When the tests of a file are over, they are left in
 * `node_modules/.cache/darkroom-parity`, of which `npm run parity` makes a section of docs/parity.md.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect } from '@jest/globals';
import type { Case } from './fixture.js';

const FOLDER = path.resolve(import.meta.dirname, '../../../node_modules/.cache/darkroom-parity');

/** One row of the table. */
interface Row {
  readonly piece: string;
  /** What the numbers come from, with its version. */
  readonly reference: string;
  readonly cases: number;
  /** The largest so far. JSON makes null of infinity. */
  readonly error: number;
  readonly tolerance: number;
  readonly measure: Measure;
}

/** `absolute` differences, `relative` to the root mean square, `levels` of 0..255, or how many `values` differ. */
export type Measure = 'absolute' | 'relative' | 'levels' | 'values';

const rows = new Map<string, Row>();

/**
 * @param piece what is measured: the name of its row
 * @param one the case whose numbers are met
 * @param error the largest difference, not NaN
 * @throws what `expect` throws when `error` exceeds `tolerance` (default: the fixture's)
 */
export function expectWithin(
  piece: string,
  one: Case,
  error: number,
  { tolerance = one.tolerance, measure = tolerance === 0 ? 'values' : 'absolute' }: ExpectOptions = {},
): void {
  const { cases, error: largest } = rows.get(piece) ?? { cases: 0, error: 0 };
  const { reference } = one;
  rows.set(piece, { piece, reference, cases: cases + 1, error: Math.max(largest, error), tolerance, measure });
  expect(error).toBeLessThanOrEqual(tolerance);
}

interface ExpectOptions {
  readonly tolerance?: number;
  readonly measure?: Measure;
}

/** How many entries of two lists differ, those that only one of them has included. */
export function differing(found: ArrayLike<unknown>, wanted: ArrayLike<unknown>): number {
  let count = Math.abs(found.length - wanted.length);
  for (let i = 0; i < Math.min(found.length, wanted.length); i++) if (found[i] !== wanted[i]) count++;
  return count;
}

afterAll(() => {
  const { testPath } = expect.getState();
  if (testPath === undefined || rows.size === 0) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, `${path.basename(testPath, '.test.ts')}.json`), JSON.stringify([...rows.values()]));
});
