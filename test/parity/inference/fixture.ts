/** Reads the reference numbers of test/fixtures/parity, which the toolkit writes from PyTorch and Pillow (its README says how). */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '../../fixtures/parity');

/** Where a tensor lies in the fixture's binary file. */
interface Stored {
  readonly dtype: 'float32' | 'int64' | 'uint8';
  readonly shape: readonly number[];
  readonly offset: number;
}

export interface Case {
  readonly name: string;
  /** What its numbers come from: a library with its version, and where they are kept. */
  readonly reference: string;
  readonly tolerance: number;
  /** A plain value of the case, of the type that the fixture's README gives it. */
  value<T>(field: string): T;
  numbers(field: string): NumberTensor;
  /** The tensors of a field that holds a list of them. */
  list(field: string): NumberTensor[];
  has(field: string): boolean;
}

export interface NumberTensor {
  readonly shape: readonly number[];
  /** int64 as plain numbers. */
  readonly data: Float32Array | Uint8Array | number[];
}

/** Cases as jest's `test.each` takes them: name first. `kept` says where they are, for whoever reads the table of errors. */
export function casesOf(fixture: string, folder = FOLDER, kept = `fixture \`${fixture}\``): [string, Case][] {
  const document: Document = JSON.parse(readFileSync(path.join(folder, `${fixture}.json`), 'utf8'));
  const bytes = document.data === null ? Buffer.alloc(0) : readFileSync(path.join(folder, document.data));
  const library = MADE_BY[fixture] ?? 'torch';
  const reference = `${library} ${document.versions[library] ?? ''}, ${kept}`;
  const origin = { reference, tolerance: document.tolerance };
  return document.cases.map((fields) => {
    const one = caseOf(fields, origin, bytes);
    return [one.name, one];
  });
}

interface Document {
  readonly tolerance: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly data: string | null;
  readonly cases: readonly Record<string, unknown>[];
}

type Origin = Pick<Case, 'reference' | 'tolerance'>;

/** Fixtures whose numbers another library than PyTorch makes. */
const MADE_BY: Readonly<Record<string, string>> = {
  resample: 'pillow',
  fit: 'pillow',
  patchify: 'numpy',
  pixels: 'numpy',
  schedule: 'numpy',
  chat: 'tokenizers',
};

/** A part of a case that has fields of its own, as a case. */
export function partOf(whole: Case, fields: Record<string, unknown>, fixture: string): Case {
  const data = readFileSync(path.join(FOLDER, `${fixture}.bin`));
  return caseOf({ name: whole.name, ...fields }, whole, data);
}

function caseOf(fields: Record<string, unknown>, { reference, tolerance }: Origin, bytes: Buffer): Case {
  return {
    name: String(fields['name']),
    reference,
    tolerance: Number(fields['tolerance'] ?? tolerance),
    value: <T>(field: string) => fields[field] as T,
    list: (field) => (fields[field] as Stored[]).map((stored) => read(stored, bytes)),
    has: (field) => field in fields,
    numbers: (field) => {
      const stored = fields[field] as Stored | undefined;
      if (stored === undefined) throw new TypeError(`the case ${String(fields['name'])} has no ${field}`);
      return read(stored, bytes);
    },
  };
}

function read({ dtype, shape, offset }: Stored, bytes: Buffer): NumberTensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const part = (width: number) => Uint8Array.from(bytes.subarray(offset, offset + count * width));
  if (dtype === 'uint8') return { shape, data: part(1) };
  if (dtype === 'float32') return { shape, data: new Float32Array(part(4).buffer) };
  return { shape, data: Array.from(new BigInt64Array(part(8).buffer), Number) };
}

/** The greatest difference, and infinity when there are not equally many numbers. */
export function greatestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = Math.abs((left[i] ?? Number.NaN) - (right[i] ?? Number.NaN));
    if (!(difference <= greatest)) greatest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return greatest;
}
