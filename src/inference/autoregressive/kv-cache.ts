/**
 * Keys and values of the rows that were read so far, for several sequences of different lengths.
 *
 * The graph answers only new rows, and this class keeps all of them in two buffers [layers, B, kvHeads, capacity, headDim]
 * that are fed as they lie: nothing is copied per step but the new rows. `capacity` is a multiple of 64; the rows beyond a
 * sequence's length hold nothing of meaning and are masked. Growing copies everything, once in 64 steps.
 *
 * Ownership: tensors of `past()` are views of the buffers, valid until the next change; ONNX Runtime reads them during a
 * run and keeps nothing.
 */
import { float32, type Float32 } from '../tensor/tensor.js';

const BLOCK = 64;

export interface KvShape {
  readonly layers: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Where the rows of a sequence are. */
export interface CachedSequence {
  readonly cache: KvCache;
  readonly sequence: number;
}

export class KvCache {
  readonly #shape: KvShape;
  #lengths: number[];
  #capacity = 0;
  #keys = new Float32Array(0);
  #values = new Float32Array(0);

  /** @param sequences how many; all are empty */
  constructor(shape: KvShape, sequences: number) {
    this.#shape = shape;
    this.#lengths = new Array<number>(sequences).fill(0);
  }

  /** A new cache with these sequences in this order, each out of any cache; those without one begin with no rows. */
  static gather(shape: KvShape, sequences: readonly (CachedSequence | undefined)[]): KvCache {
    const gathered = new KvCache(shape, sequences.length);
    gathered.#fill(sequences, blocksFor(Math.max(0, ...sequences.map(lengthOf))));
    return gathered;
  }

  /** Rows held of each sequence. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Rows of the past tensors; each sequence's own come first. */
  get capacity(): number {
    return this.#capacity;
  }

  /** float32 [layers, B, kvHeads, capacity, headDim] twice. */
  past(): { pastKeys: Float32; pastValues: Float32 } {
    const { layers, kvHeads, headDim } = this.#shape;
    const dims = [layers, this.#lengths.length, kvHeads, this.#capacity, headDim];
    return { pastKeys: float32(dims, this.#keys), pastValues: float32(dims, this.#values) };
  }

  /**
   * @param newKeys   float32 [layers, B, kvHeads, S, headDim], as is `newValues`
   * @param rowCounts how many of the S rows each sequence keeps, from the first on
   */
  append(newKeys: Float32, newValues: Float32, rowCounts: readonly number[]): void {
    const { layers, kvHeads, headDim } = this.#shape;
    const sequences = this.#lengths.length;
    const rows = newKeys.dims[3] ?? 0;
    const lengths = this.#lengths.map((length, sequence) => length + (rowCounts[sequence] ?? 0));
    this.#reserve(Math.max(0, ...lengths));
    for (let layer = 0; layer < layers; layer++) {
      for (let sequence = 0; sequence < sequences; sequence++) {
        const kept = (rowCounts[sequence] ?? 0) * headDim;
        for (let head = 0; head < kvHeads; head++) {
          const plane = (layer * sequences + sequence) * kvHeads + head;
          const from = plane * rows * headDim;
          const to = (plane * this.#capacity + (this.#lengths[sequence] ?? 0)) * headDim;
          this.#keys.set(newKeys.data.subarray(from, from + kept), to);
          this.#values.set(newValues.data.subarray(from, from + kept), to);
        }
      }
    }
    this.#lengths = lengths;
  }

  /** Forget the rows of a sequence from `length` on. */
  truncate(sequence: number, length: number): void {
    this.#lengths[sequence] = Math.min(length, this.#lengths[sequence] ?? 0);
  }

  /** Keep these sequences, in this order, and free the others' rows. */
  keep(sequences: readonly number[]): void {
    if (sequences.length === this.#lengths.length && sequences.every((sequence, place) => sequence === place)) return;
    this.#fill(
      sequences.map((sequence) => ({ cache: this, sequence })),
      this.#capacity,
    );
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#fill(
      this.#lengths.map((_, sequence) => ({ cache: this, sequence })),
      blocksFor(rows),
    );
  }

  /** Become these sequences; they may be this cache's own. */
  #fill(sequences: readonly (CachedSequence | undefined)[], capacity: number): void {
    const { layers, kvHeads, headDim } = this.#shape;
    const size = layers * sequences.length * kvHeads * capacity * headDim;
    const [keys, values] = [new Float32Array(size), new Float32Array(size)];
    for (let layer = 0; layer < layers; layer++) {
      for (const [place, source] of sequences.entries()) {
        if (source === undefined) continue;
        const { cache, sequence } = source;
        const used = lengthOf(source) * headDim;
        for (let head = 0; head < kvHeads; head++) {
          const from = ((layer * cache.#lengths.length + sequence) * kvHeads + head) * cache.#capacity * headDim;
          const to = ((layer * sequences.length + place) * kvHeads + head) * capacity * headDim;
          keys.set(cache.#keys.subarray(from, from + used), to);
          values.set(cache.#values.subarray(from, from + used), to);
        }
      }
    }
    this.#lengths = sequences.map(lengthOf);
    this.#capacity = capacity;
    [this.#keys, this.#values] = [keys, values];
  }
}

function lengthOf(source: CachedSequence | undefined): number {
  return source?.cache.lengths[source.sequence] ?? 0;
}

/** As many rows, in whole blocks. */
function blocksFor(rows: number): number {
  return Math.ceil(rows / BLOCK) * BLOCK;
}
