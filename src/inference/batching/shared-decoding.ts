/**
 * Continuous batching: one decode loop for all requests of all calls. A request that comes while others are written joins them at the next
 * step; one that ends, fails or is given up leaves, and the next one that waits takes its place.
 *
 *   WAITING ──a place is free──► LIVE ──► ended, failed, or given up
 *
 * A step reads what each live request wants next. Runs of one token go through one pass. Prompts and pictures are tens of rows long: they
 * go through a pass of their own, else every neighbour would be padded to their length. Rows of a pass do not see other requests, so each
 * request is written as it would be alone.
 *
 * A pass that fails as a whole is run again for each of its requests alone: what is wrong with one of them does not harm the others. A pass
 * is given up between its graph runs when nobody wants any of its requests any more; as long as one is wanted it goes on, and the others'
 * rows are dropped after it.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises';

import { type CachedSequence, KvCache } from '../autoregressive/kv-cache.js';
import type { LanguageGraphs } from '../autoregressive/language-graphs.js';
import type { PassResult, Sequence } from '../autoregressive/sequence.js';
import { float32 } from '../tensor/tensor.js';

/** A request on its way. */
export interface SharedRequest {
  readonly sequence: Sequence;
  /** Aborted when nobody wants its answer any more. */
  readonly signal: AbortSignal;
  /** Called after each step that has something to tell, then once `onEnd` or `onFailure`. */
  onStep(): void;
  onEnd(): void;
  onFailure(error: unknown): void;
}

/** What a pass gave a request, or why it gave nothing; and where its rows are cached. */
interface Reading {
  readonly request: SharedRequest;
  readonly cached: CachedSequence;
  readonly outcome: { readonly result: PassResult } | { readonly error: unknown };
}

export class SharedDecoding {
  readonly #graphs: LanguageGraphs;
  readonly #places: number;
  #waiting: SharedRequest[] = [];
  #live: SharedRequest[] = [];
  /** A sequence for each live request, in their order. */
  #cache: KvCache;
  #running: Promise<void> | undefined;

  /** @param places requests in one pass at most */
  constructor(graphs: LanguageGraphs, places: number) {
    this.#graphs = graphs;
    this.#places = places;
    this.#cache = new KvCache(graphs.shape, 0);
  }

  /** They are written from the next step on, or when there are places. */
  join(requests: readonly SharedRequest[]): void {
    this.#waiting.push(...requests);
    this.#running ??= this.#run();
  }

  /** Settles when nothing is written any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        // Calls that come at the same moment begin together, and aborts are heard between steps.
        await yieldToEvents();
        this.#changePlaces();
        if (this.#live.length === 0) return;
        await this.#step();
      }
    } catch (error) {
      // A mistake of this file or of a sequence: nobody must wait for ever.
      for (const request of [...this.#live, ...this.#waiting]) request.onFailure(error);
      this.#live = [];
      this.#waiting = [];
    } finally {
      this.#running = undefined;
      // Nothing stays in memory for requests that may never come.
      this.#cache = new KvCache(this.#graphs.shape, 0);
    }
  }

  /** Who is given up leaves, who waits takes a free place. */
  #changePlaces(): void {
    this.#waiting = this.#waiting.filter(({ signal }) => !signal.aborted);
    const staying = this.#live.flatMap(({ signal }, sequence) => (signal.aborted ? [] : [sequence]));
    const joining = this.#waiting.splice(0, this.#places - staying.length);
    if (joining.length === 0 && staying.length === this.#live.length) return;
    this.#cache = KvCache.gather(this.#graphs.shape, [
      ...staying.map((sequence) => ({ cache: this.#cache, sequence })),
      ...joining.map(() => undefined),
    ]);
    this.#live = [...staying.flatMap((place) => this.#live[place] ?? []), ...joining];
  }

  async #step(): Promise<void> {
    // 1 one token each, and what is longer apart
    const all = [...this.#live.keys()];
    const isLong = (place: number): boolean => (this.#live[place]?.sequence.pass.rows.length ?? 0) > 1;
    const groups = [all.filter((place) => !isLong(place)), all.filter(isLong)].filter((group) => group.length > 0);
    const readings: Reading[] = [];
    for (const group of groups) readings.push(...(await this.#read(group)));

    // 2 each takes its own, and may end or fail alone
    const going = readings.filter((reading) => take(reading));

    // 3 whoever goes on stays where its rows are cached
    this.#live = going.map(({ request }) => request);
    if (going.every(({ cached }) => cached.cache === this.#cache)) {
      this.#cache.keep(going.map(({ cached }) => cached.sequence));
    } else {
      this.#cache = KvCache.gather(
        this.#graphs.shape,
        going.map(({ cached }) => cached),
      );
    }
  }

  /** One pass over these live requests. */
  async #read(places: readonly number[]): Promise<Reading[]> {
    const requests = places.flatMap((place) => this.#live[place] ?? []);
    const cache =
      places.length === this.#live.length
        ? this.#cache
        : KvCache.gather(
            this.#graphs.shape,
            places.map((sequence) => ({ cache: this.#cache, sequence })),
          );
    const lengths = [...cache.lengths];
    const { signal, release } = whenAllAborted(new Set(requests.map((request) => request.signal)));
    try {
      const results = await runPass(
        requests.map(({ sequence }) => sequence),
        { graphs: this.#graphs, cache, signal },
      );
      return requests.map((request, sequence) => ({
        request,
        cached: { cache, sequence },
        outcome: { result: results[sequence] ?? { logits: [] } },
      }));
    } catch (error) {
      // The rows may have been cached before it failed.
      for (const [sequence, length] of lengths.entries()) cache.truncate(sequence, length);
      if (requests.length === 1 || signal.aborted) {
        return requests.map((request, sequence) => ({ request, cached: { cache, sequence }, outcome: { error } }));
      }
      const alone: Reading[] = [];
      for (const place of places) alone.push(...(await this.#read([place])));
      return alone;
    } finally {
      release();
    }
  }
}

/** @returns whether it goes on */
function take({ request, cached, outcome }: Reading): boolean {
  const { sequence, signal } = request;
  if (signal.aborted) return false;
  try {
    if ('error' in outcome) throw outcome.error;
    sequence.take(outcome.result);
  } catch (error) {
    request.onFailure(error);
    return false;
  }
  if (sequence.keepRows !== undefined) cached.cache.truncate(cached.sequence, sequence.keepRows);
  request.onStep();
  if (sequence.ended) request.onEnd();
  return !sequence.ended;
}

interface PassContext {
  readonly graphs: LanguageGraphs;
  readonly cache: KvCache;
  /** Looked at before each graph run. */
  readonly signal: AbortSignal;
}

/** Rows of all sequences through the language model, then only the rows that are asked for through the two heads. */
async function runPass(sequences: readonly Sequence[], { graphs, cache, signal }: PassContext): Promise<PassResult[]> {
  const passes = sequences.map((sequence) => sequence.pass);
  const hidden = await graphs.forward(passes, cache, signal); // per sequence, per row: [D]

  const imageTokens = graphs.imagePrefillRows.dims[0] ?? 0;
  const logits = await graphs.logits(
    passes.flatMap((pass, place) => pass.logitsAfter.map((row) => rowOf(hidden, place, row))),
    signal,
  );
  const imageRows = passes.flatMap(({ imageAt }, place) =>
    imageAt === undefined ? [] : (hidden[place]?.slice(imageAt, imageAt + imageTokens) ?? []),
  );
  const images = imageRows.length === 0 ? undefined : await graphs.imageEmbeddings(imageRows, signal);

  let nextLogits = 0;
  let nextImage = 0;
  return passes.map(({ logitsAfter, imageAt }) => {
    const own = logits.slice(nextLogits, (nextLogits += logitsAfter.length));
    if (imageAt === undefined || images === undefined) return { logits: own };
    const width = images.dims[1] ?? 0;
    const data = images.data.slice(nextImage * width, (nextImage += imageTokens) * width);
    return { logits: own, image: float32([imageTokens, width], data) };
  });
}

function rowOf(hidden: readonly (readonly Float32Array[])[], place: number, row: number): Float32Array {
  const found = hidden[place]?.[row];
  if (found === undefined) throw new TypeError(`a pass of ${hidden[place]?.length ?? 0} rows has no row ${row}`);
  return found;
}

/** A signal that is aborted once all of these are. `AbortSignal.any` is the other one, which gives up with the first. */
function whenAllAborted(signals: ReadonlySet<AbortSignal>): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const look = (): void => {
    if ([...signals].every(({ aborted }) => aborted)) controller.abort();
  };
  for (const signal of signals) signal.addEventListener('abort', look);
  look();
  return {
    signal: controller.signal,
    release() {
      for (const signal of signals) signal.removeEventListener('abort', look);
    },
  };
}
