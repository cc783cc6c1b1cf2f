/**
 * Vectors that tell every layer of the denoiser how noisy its input is. They depend on noise levels, guidance and the pooled
 * constant, never on prompt or seed: one table serves all requests with the same steps and guidance (nexus-gen.md 7.4).
 *
 * So the graph that makes them, 27 % of the published denoiser's weights, is loaded when a table is missing and released when
 * the table is made.
 */
import type { Bundle } from '../bundle/open.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import { asFloat32, concatenate, type Float32, float32 } from '../tensor/tensor.js';
import type { DecoderManifest } from '../bundle/manifest.js';

/** Two tables of fifty steps of the published model, which take 4.2 MB a step; thousands of nexus-nano's. */
const BYTES_KEPT = 512 * 2 ** 20;

export interface ModulationOptions extends SessionOptions {
  /** Tables beyond this are forgotten, the least recently used first; the last one is always kept. Default 512 MiB. */
  readonly bytesKept?: number;
}

/** A pooled vector, by its name in the bundle. */
export interface Pooled {
  readonly name: string;
  /** float32, pooledDim numbers */
  readonly vector: Float32;
}

/** float32 [1, M] for each step. */
type Table = readonly Float32[];

export class Modulation {
  readonly #bundle: Bundle;
  readonly #decoder: DecoderManifest;
  readonly #options: ModulationOptions;
  /** Least recently used first. */
  readonly #tables = new Map<string, Table>();

  /** Nothing is loaded before a table is asked for. */
  constructor(bundle: Bundle, decoder: DecoderManifest, options: ModulationOptions = {}) {
    this.#bundle = bundle;
    this.#decoder = decoder;
    this.#options = options;
  }

  /**
   * @param sigmas [steps + 1], as `sigmaSchedule` gives them; the last, 0, has no row
   * @returns float32 [1, M] for each step; the same ones when they are asked for again
   * @throws GatewayError as `GraphSession.load` when the table has to be made
   */
  async rows(sigmas: Float64Array, guidanceScale: number, pooled: Pooled): Promise<Table> {
    const key = `${pooled.name}, guidance ${guidanceScale}, noise ${sigmas.join(' ')}`;
    const table = this.#tables.get(key) ?? (await this.#make(sigmas.subarray(0, -1), guidanceScale, pooled.vector));
    this.#tables.delete(key);
    this.#tables.set(key, table);
    this.#forget();
    return table;
  }

  #forget(): void {
    const { bytesKept = BYTES_KEPT } = this.#options;
    let bytes = [...this.#tables.values()].reduce((sum, table) => sum + bytesOf(table), 0);
    for (const [key, table] of this.#tables) {
      if (bytes <= bytesKept || this.#tables.size === 1) return;
      this.#tables.delete(key);
      bytes -= bytesOf(table);
    }
  }

  /** All steps in one pass. */
  async #make(sigmas: Float64Array, guidanceScale: number, pooled: Float32): Promise<Table> {
    const { graphs, scheduler } = this.#decoder;
    const steps = sigmas.length;
    const graph = await GraphSession.load(this.#bundle, 'modulation', graphs.modulation, this.#options);
    try {
      const { modulation } = await graph.run({
        timestep: float32(
          [steps],
          Float32Array.from(sigmas, (sigma) => sigma * scheduler.timestepScale),
        ),
        guidance: float32([steps], new Float32Array(steps).fill(guidanceScale)),
        pooled: float32([steps, pooled.data.length], concatenate(new Array<Float32Array>(steps).fill(pooled.data))), // [steps, pooledDim]
      });
      const { data, dims } = asFloat32(modulation, 'modulation'); // [steps, M]
      const width = dims[1] ?? 0;
      return Array.from(sigmas, (_, step) => float32([1, width], data.subarray(step * width, (step + 1) * width)));
    } finally {
      await graph.release();
    }
  }
}

function bytesOf(table: Table): number {
  return table.reduce((sum, { data }) => sum + data.byteLength, 0);
}
