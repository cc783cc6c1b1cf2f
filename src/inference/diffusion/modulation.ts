/**
 * Vectors that tell every layer of the denoiser how noisy its input is. They depend on noise level, guidance and the
 * pooled constant, never on prompt or seed: one table per (steps, guidance) serves all requests, and the 27 % of the published
 * denoiser's weights that make it run once instead of at every step (nexus-gen.md 7.4).
 */
import type { Bundle } from '../bundle/open.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import { asFloat32, concatenate, type Float32, float32 } from '../tensor/tensor.js';
import type { DecoderManifest } from '../bundle/manifest.js';

/** Tables kept. Most gateways are asked for one or two numbers of steps; a table of the published model takes 4 MB a step. */
const TABLES_KEPT = 2;

/** A pooled vector, by its name in the bundle. */
export interface Pooled {
  readonly name: string;
  /** float32, pooledDim numbers */
  readonly vector: Float32;
}

export class Modulation {
  readonly #graph: GraphSession<'modulation'>;
  readonly #timestepScale: number;
  /** Least recently used first. */
  readonly #tables = new Map<string, readonly Float32[]>();

  private constructor(graph: GraphSession<'modulation'>, timestepScale: number) {
    this.#graph = graph;
    this.#timestepScale = timestepScale;
  }

  static async load(bundle: Bundle, decoder: DecoderManifest, options: SessionOptions): Promise<Modulation> {
    const graph = await GraphSession.load(bundle, 'modulation', decoder.graphs.modulation, options);
    return new Modulation(graph, decoder.scheduler.timestepScale);
  }

  /**
   * @param sigmas [steps + 1], as `sigmaSchedule` gives them; the last, 0, has no row
   * @returns float32 [1, M] for each step
   */
  async rows(sigmas: Float64Array, guidanceScale: number, pooled: Pooled): Promise<readonly Float32[]> {
    const key = `${sigmas.length - 1} steps, guidance ${guidanceScale}, ${pooled.name}`;
    const rows = this.#tables.get(key) ?? (await this.#compute(sigmas.subarray(0, -1), guidanceScale, pooled.vector));
    this.#tables.delete(key);
    this.#tables.set(key, rows);
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size > TABLES_KEPT) this.#tables.delete(oldest);
    }
    return rows;
  }

  release(): Promise<void> {
    return this.#graph.release();
  }

  async #compute(sigmas: Float64Array, guidanceScale: number, pooled: Float32): Promise<readonly Float32[]> {
    const steps = sigmas.length;
    const { modulation } = await this.#graph.run({
      timestep: float32(
        [steps],
        Float32Array.from(sigmas, (sigma) => sigma * this.#timestepScale),
      ),
      guidance: float32([steps], new Float32Array(steps).fill(guidanceScale)),
      pooled: float32([steps, pooled.data.length], concatenate(new Array<Float32Array>(steps).fill(pooled.data))), // [steps, pooledDim]
    });
    const { data, dims } = asFloat32(modulation, 'modulation'); // [steps, M]
    const width = dims[1] ?? 0;
    return Array.from(sigmas, (_, step) => float32([1, width], data.subarray(step * width, (step + 1) * width)));
  }
}
