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
    this.#rebuild(sequences, this.#capacity);
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    const all = this.#lengths.map((_, sequence) => sequence);
    this.#rebuild(all, Math.ceil(rows / BLOCK) * BLOCK);
  }

  #rebuild(sequences: readonly number[], capacity: number): void {
    const { layers, kvHeads, headDim } = this.#shape;
    const size = layers * sequences.length * kvHeads * capacity * headDim;
    const [keys, values] = [new Float32Array(size), new Float32Array(size)];
    for (let layer = 0; layer < layers; layer++) {
      sequences.forEach((sequence, place) => {
        const used = (this.#lengths[sequence] ?? 0) * headDim;
        for (let head = 0; head < kvHeads; head++) {
          const from = ((layer * this.#lengths.length + sequence) * kvHeads + head) * this.#capacity * headDim;
          const to = ((layer * sequences.length + place) * kvHeads + head) * capacity * headDim;
          keys.set(this.#keys.subarray(from, from + used), to);
          values.set(this.#values.subarray(from, from + used), to);
        }
      });
    }
    this.#lengths = sequences.map((sequence) => this.#lengths[sequence] ?? 0);
    this.#capacity = capacity;
    [this.#keys, this.#values] = [keys, values];
  }
}
