/** The language model's graphs, and one forward pass over several sequences at once. */
import { type Float32, asFloat32, concatenate, float32, int64 } from '../tensor/tensor.js';
import { IMAGE_PREFILL_ROWS } from '../bundle/graphs.js';
import type { Manifest } from '../bundle/manifest.js';
import type { Bundle } from '../bundle/open.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import type { KvCache } from './kv-cache.js';
import { type Position, RotaryTable } from './mrope.js';

/** An id to look up in the embedding table, or a row as it is: a learned one [D], or an embedding of a picture [E], E at most D. */
export type RowSource = number | Float32Array;

/** New rows of one sequence, behind what the cache holds of it; may be empty. */
export interface RowRun {
  readonly rows: readonly RowSource[];
  /** As many as rows. */
  readonly positions: readonly Position[];
}

/** Enough to silence a row, and finite: a row that sees nothing real still has a softmax. */
const MASKED = -1e9;

export class LanguageGraphs {
  readonly shape: Manifest['language'];
  /** float32 [imageTokens, D]: the learned input rows of a picture. */
  readonly imagePrefillRows: Float32;
  readonly #embed: GraphSession<'embed'>;
  readonly #language: GraphSession<'language'>;
  readonly #languageHead: GraphSession<'languageHead'>;
  readonly #visionHead: GraphSession<'visionHead'>;
  readonly #rotary: RotaryTable;

  private constructor(
    shape: Manifest['language'],
    imagePrefillRows: Float32,
    sessions: {
      embed: GraphSession<'embed'>;
      language: GraphSession<'language'>;
      languageHead: GraphSession<'languageHead'>;
      visionHead: GraphSession<'visionHead'>;
    },
  ) {
    this.shape = shape;
    this.imagePrefillRows = imagePrefillRows;
    this.#embed = sessions.embed;
    this.#language = sessions.language;
    this.#languageHead = sessions.languageHead;
    this.#visionHead = sessions.visionHead;
    this.#rotary = new RotaryTable(shape);
  }

  /** @throws GatewayError as `GraphSession.load` */
  static async load(bundle: Bundle, options: SessionOptions = {}): Promise<LanguageGraphs> {
    return new LanguageGraphs(bundle.manifest.language, await bundle.constant(IMAGE_PREFILL_ROWS), {
      embed: await GraphSession.load(bundle, 'embed', 'embed', options),
      language: await GraphSession.load(bundle, 'language', 'language', options),
      languageHead: await GraphSession.load(bundle, 'languageHead', 'languageHead', options),
      visionHead: await GraphSession.load(bundle, 'visionHead', 'visionHead', options),
    });
  }

  /**
   * Read new rows of every sequence of the cache in one pass, and add them to the cache. Runs of different lengths are
   * padded at their end; what pads sees only itself and is not kept.
   *
   * @param runs   one for each sequence of the cache, in its order
   * @param signal looked at before each graph run
   * @returns    hidden rows after the final norm, for each run as many [D] as it has rows
   */
  async forward(runs: readonly RowRun[], cache: KvCache, signal?: AbortSignal): Promise<Float32Array[][]> {
    const { hidden: width, headDim } = this.shape;
    const batch = runs.length;
    const counts = runs.map((run) => run.rows.length);
    const steps = Math.max(1, ...counts);

    const rows = float32([batch, steps, width]);
    const cos = float32([batch, steps, headDim]);
    const sin = float32([batch, steps, headDim]);
    const lookedUp = await this.#lookUp(runs, signal);
    runs.forEach((run, sequence) => {
      run.rows.forEach((source, step) => {
        const row = sequence * steps + step;
        rows.data.set(typeof source === 'number' ? (lookedUp.get(source) as Float32Array) : source, row * width);
        this.#rotary.write(run.positions[step] as Position, row, cos.data, sin.data);
      });
    });

    const { hidden, newKeys, newValues } = await this.#language.run(
      {
        rows, // [B, S, D]
        cos, // [B, S, headDim]
        sin, // [B, S, headDim]
        mask: causalMask(counts, steps, cache), // [B, 1, S, T]
        ...cache.past(), // [layers, B, kvHeads, P, headDim] twice
      },
      signal,
    );
    cache.append(asFloat32(newKeys, 'new_keys'), asFloat32(newValues, 'new_values'), counts);

    const all = asFloat32(hidden, 'hidden').data; // [B, S, D]
    return counts.map((count, sequence) => {
      const rowAt = (step: number) => (sequence * steps + step) * width;
      return Array.from({ length: count }, (_, step) => all.subarray(rowAt(step), rowAt(step + 1)));
    });
  }

  /** Scores of the next token after each row: [D] each -> [vocab] each. */
  async logits(rows: readonly Float32Array[], signal?: AbortSignal): Promise<Float32Array[]> {
    if (rows.length === 0) return [];
    const hidden = float32([rows.length, this.shape.hidden], concatenate(rows));
    const { logits } = await this.#languageHead.run({ hidden }, signal);
    const { data, dims } = asFloat32(logits, 'logits'); // [n, vocab]
    const vocab = dims[1] ?? 0;
    return rows.map((_, row) => data.subarray(row * vocab, (row + 1) * vocab));
  }

  /** The picture that rows foretell: [D] each -> float32 [n, E]. */
  async imageEmbeddings(rows: readonly Float32Array[], signal?: AbortSignal): Promise<Float32> {
    const hidden = float32([rows.length, this.shape.hidden], concatenate(rows));
    const { embeddings } = await this.#visionHead.run({ hidden }, signal);
    return asFloat32(embeddings, 'embeddings');
  }

  async release(): Promise<void> {
    await Promise.all([
      this.#embed.release(),
      this.#language.release(),
      this.#languageHead.release(),
      this.#visionHead.release(),
    ]);
  }

  /** Embedding rows of all ids in the runs, each looked up once. */
  async #lookUp(runs: readonly RowRun[], signal?: AbortSignal): Promise<Map<number, Float32Array>> {
    const ids = [...new Set(runs.flatMap((run) => run.rows.filter((source) => typeof source === 'number')))];
    if (ids.length === 0) return new Map();
    const { rows } = await this.#embed.run({ ids: int64(ids) }, signal);
    const { data } = asFloat32(rows, 'rows'); // [n, D]
    const width = this.shape.hidden;
    return new Map(ids.map((id, index) => [id, data.subarray(index * width, (index + 1) * width)]));
  }
}

/**
 * float32 [B, 1, S, P + S]: row i of a sequence sees what the cache holds of it and new rows 0 to i. The new rows stand
 * behind the whole capacity, so this is the "bottom right" mask that a cached append needs.
 */
function causalMask(counts: readonly number[], steps: number, cache: KvCache): Float32 {
  const columns = cache.capacity + steps;
  const mask = float32([counts.length, 1, steps, columns]);
  mask.data.fill(MASKED);
  counts.forEach((count, sequence) => {
    for (let step = 0; step < steps; step++) {
      const row = (sequence * steps + step) * columns;
      const isPadding = step >= count;
      if (!isPadding) mask.data.fill(0, row, row + (cache.lengths[sequence] ?? 0));
      mask.data.fill(0, row + cache.capacity + (isPadding ? step : 0), row + cache.capacity + step + 1);
    }
  });
  return mask;
}
