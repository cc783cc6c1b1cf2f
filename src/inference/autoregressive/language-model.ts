/**
 * The autoregressive model as a plugin's engine: several requests are written together, each to its own end.
 *
 * What shares a pass: all requests of one call, up to `limits.batch`; more run in groups, one after the other. Every pass
 * reads what each request wants next, be it a prompt, one token or a picture's whole block. A request that ends leaves
 * the batch; one that fails ends with an `error` event and its neighbours go on, since rows of a pass do not see other
 * requests. Only a pass that fails as a whole fails all that were in it.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { toGatewayError } from '../../errors/index.js';
import type { Call, GenerateEvent, GenerateRequest, LanguageModel } from '../../plugin/contract.js';
import { throwIfAborted } from '../abort.js';
import type { Bundle } from '../bundle/open.js';
import { embeddingSpaceOf } from '../embedding-space.js';
import type { SessionOptions } from '../session/graph-session.js';
import { float32 } from '../tensor/tensor.js';
import { buildChatPrompt } from '../tokenizer/chat-prompt.js';
import { loadTokenizer } from '../tokenizer/tokenizer.js';
import { KvCache } from './kv-cache.js';
import { LanguageGraphs } from './language-graphs.js';
import { type PassResult, Sequence, type SequenceSettings } from './sequence.js';
import { resolveSampling } from './token-choice.js';

export interface LanguageModelOptions extends SessionOptions {
  /** Requests in one pass at most. Default 8. */
  readonly batch?: number;
  /** Read prompt, lead-in and picture in one pass where the task wants a picture. Off is plain decoding: same answers, later. Default true. */
  readonly guessLeadIn?: boolean;
}

type IndexedEvent = { readonly index: number; readonly event: GenerateEvent };

/** @throws GatewayError as `GraphSession.load` */
export async function createLanguageModel(bundle: Bundle, options: LanguageModelOptions = {}): Promise<LanguageModel> {
  const { batch = 8, guessLeadIn = true } = options;
  const { manifest } = bundle;
  const tokenizer = await loadTokenizer(bundle);
  const graphs = await LanguageGraphs.load(bundle, options);
  const space = embeddingSpaceOf(manifest);
  const { specialTokens, embeddingSpace, language } = manifest;
  const leadIns = Object.values(manifest.leadIns).flatMap((texts) => Object.values(texts));
  const settings: SequenceSettings = {
    space: space.id,
    block: {
      imageTokens: space.imageTokens,
      gridThw: embeddingSpace.grid,
      mergeSize: manifest.image.mergeSize,
      visionStart: specialTokens.visionStart,
      visionEnd: specialTokens.visionEnd,
      positionAfterImage: language.positionAfterImage,
    },
    imagePad: specialTokens.imagePad,
    endOfText: new Set(specialTokens.endOfText),
    contextLength: language.contextLength,
    longestLeadIn: Math.max(...leadIns.map((text) => tokenizer.encode(text).length)),
    guessLeadIn,
    tokenizer,
    imagePrefillRows: graphs.imagePrefillRows,
  };

  function begin(request: GenerateRequest): Sequence {
    const prompt = buildChatPrompt(request, tokenizer, manifest);
    return new Sequence(
      { task: request.task, prompt, sampling: resolveSampling(request.sampling, manifest.sampling) },
      settings,
    );
  }

  return {
    reads: space,
    writes: space,
    limits: { contextLength: language.contextLength, batch },
    async *generate(requests: readonly GenerateRequest[], { signal }: Call): AsyncGenerator<IndexedEvent> {
      for (let first = 0; first < requests.length; first += batch) {
        const sequences: { index: number; sequence: Sequence }[] = [];
        for (const [offset, request] of requests.slice(first, first + batch).entries()) {
          const index = first + offset;
          try {
            sequences.push({ index, sequence: begin(request) });
          } catch (error) {
            yield { index, event: failure(error) };
          }
        }
        yield* writeTogether(sequences, graphs, signal);
      }
    },
    close: () => graphs.release(),
  };
}

/** The decode loop. */
async function* writeTogether(
  sequences: readonly { index: number; sequence: Sequence }[],
  graphs: LanguageGraphs,
  signal: AbortSignal,
): AsyncGenerator<IndexedEvent> {
  const cache = new KvCache(graphs.shape, sequences.length);
  let live = [...sequences];
  while (live.length > 0) {
    throwIfAborted(signal);

    // 1. One pass over what every sequence wants read.
    let results: PassResult[];
    try {
      results = await runPass(
        live.map(({ sequence }) => sequence),
        graphs,
        cache,
      );
    } catch (error) {
      for (const { index } of live) yield { index, event: failure(error) };
      return;
    }

    // 2. Each takes its own results, and may end or fail alone.
    const going: number[] = [];
    for (const [place, { index, sequence }] of live.entries()) {
      try {
        sequence.take(results[place] ?? { logits: [] });
      } catch (error) {
        yield { index, event: failure(error) };
        continue;
      }
      if (sequence.keepRows !== undefined) cache.truncate(place, sequence.keepRows);
      for (const event of sequence.takeEvents()) yield { index, event };
      if (!sequence.ended) going.push(place);
    }

    // 3. Whoever has ended leaves the batch.
    cache.keep(going);
    live = going.flatMap((place) => live[place] ?? []);
    await yieldToEvents();
  }
}

/** Rows of all sequences through the language model, then only the rows that are asked for through the two heads. */
async function runPass(sequences: readonly Sequence[], graphs: LanguageGraphs, cache: KvCache): Promise<PassResult[]> {
  const passes = sequences.map((sequence) => sequence.pass);
  const hidden = await graphs.forward(passes, cache); // per sequence, per row: [D]

  const imageTokens = graphs.imagePrefillRows.dims[0] ?? 0;
  const logits = await graphs.logits(
    passes.flatMap((pass, place) => pass.logitsAfter.map((row) => rowOf(hidden, place, row))),
  );
  const imageRows = passes.flatMap(({ imageAt }, place) =>
    imageAt === undefined ? [] : (hidden[place]?.slice(imageAt, imageAt + imageTokens) ?? []),
  );
  const images = imageRows.length === 0 ? undefined : await graphs.imageEmbeddings(imageRows);

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

function failure(error: unknown): GenerateEvent {
  const { code, message } = toGatewayError(error);
  return { type: 'error', code, message };
}
