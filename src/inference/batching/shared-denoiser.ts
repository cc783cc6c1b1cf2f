/**
 * The denoiser of several pictures that develop at the same time, each at a step of its own: what they want read at the same moment goes
 * through one run, with latents, context and modulation (which holds the noise level) of each in a row of its own. Only pictures of one size and
 * layout share a run, since the rotary tables are common to its rows; others take turns.
 *
 * A picture waits for the others that develop, but only for some turns of the event loop: one whose preview is being made, or whose reader is
 * slow, holds up nobody.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises';

import { cancelled } from '../abort.js';
import type { Feeds, GraphSession } from '../session/graph-session.js';
import { asFloat32, concatenate, type Float32, float32 } from '../tensor/tensor.js';

/** Turns in which whoever is about to ask does so. */
const PATIENCE_TURNS = 16;

/** Every tensor is float32; latents, context and modulation have one row. */
type DenoiserFeeds = { readonly [Port in keyof Feeds<'denoiser'>]: Float32 };

interface Wish {
  readonly feeds: DenoiserFeeds;
  readonly signal: AbortSignal;
  resolve(velocity: Float32): void;
  reject(error: unknown): void;
}

export class SharedDenoiser {
  readonly #graph: GraphSession<'denoiser'>;
  readonly #rows: number;
  #developing = 0;
  #wishes: Wish[] = [];
  #isRunning = false;

  /** @param rows pictures in one run at most */
  constructor(graph: GraphSession<'denoiser'>, rows: number) {
    this.#graph = graph;
    this.#rows = rows;
  }

  /** A picture begins to develop. @returns a function that tells its end */
  enter(): () => void {
    this.#developing += 1;
    return () => {
      this.#developing -= 1;
    };
  }

  /**
   * float32 [1, N, 4C] for latents of that shape.
   *
   * @throws GatewayError CANCELLED when it was aborted before its run began; INFERENCE_FAILED
   */
  velocity(feeds: DenoiserFeeds, signal: AbortSignal): Promise<Float32> {
    if (this.#rows === 1) return this.#runTogether([feeds]).then(([velocity]) => velocity as Float32);
    return new Promise((resolve, reject) => {
      this.#wishes.push({ feeds, signal, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#wishes.length > 0) {
      for (let turn = 0; turn < PATIENCE_TURNS && this.#wishes.length < this.#awaited; turn += 1) await yieldToEvents();
      const gone = this.#wishes.filter(({ signal }) => signal.aborted);
      for (const { signal, reject } of gone) reject(cancelled(signal.reason));
      this.#wishes = this.#wishes.filter(({ signal }) => !signal.aborted);

      const [first] = this.#wishes;
      if (first === undefined) continue;
      const together = this.#wishes.filter(({ feeds }) => canShare(first.feeds, feeds)).slice(0, this.#rows);
      this.#wishes = this.#wishes.filter((wish) => !together.includes(wish));
      await this.#answer(together);
    }
    this.#isRunning = false;
  }

  get #awaited(): number {
    return Math.min(this.#developing, this.#rows);
  }

  /** A run that fails as a whole is made again for each alone. */
  async #answer(wishes: readonly Wish[]): Promise<void> {
    try {
      const velocities = await this.#runTogether(wishes.map(({ feeds }) => feeds));
      for (const [row, { resolve }] of wishes.entries()) resolve(velocities[row] as Float32);
    } catch (error) {
      if (wishes.length === 1) wishes[0]?.reject(error);
      else for (const wish of wishes) await this.#answer([wish]);
    }
  }

  async #runTogether(all: readonly DenoiserFeeds[]): Promise<Float32[]> {
    const [first] = all as readonly [DenoiserFeeds];
    const { velocity } = await this.#graph.run({
      latents: stacked(all.map(({ latents }) => latents)), // [B, N, 4C]
      context: stacked(all.map(({ context }) => context)), // [B, L, C]
      modulation: stacked(all.map(({ modulation }) => modulation)), // [B, M]
      cos: first.cos, // [L + N, headDim / 2]
      sin: first.sin,
    });
    const { data, dims } = asFloat32(velocity, 'velocity'); // [B, N, 4C]
    const length = data.length / all.length;
    return all.map((_, row) => float32([1, ...dims.slice(1)], data.subarray(row * length, (row + 1) * length)));
  }
}

function canShare(one: DenoiserFeeds, other: DenoiserFeeds): boolean {
  return (
    one.latents.dims.join() === other.latents.dims.join() &&
    one.context.dims.join() === other.context.dims.join() &&
    isSame(one.cos.data, other.cos.data) &&
    isSame(one.sin.data, other.sin.data)
  );
}

function isSame(one: Float32Array, other: Float32Array): boolean {
  return one === other || (one.length === other.length && one.every((value, index) => value === other[index]));
}

/** [1, …] each -> [B, …] */
function stacked(rows: readonly Float32[]): Float32 {
  const [first] = rows as readonly [Float32];
  if (rows.length === 1) return first;
  return float32([rows.length, ...first.dims.slice(1)], concatenate(rows.map(({ data }) => data)));
}
