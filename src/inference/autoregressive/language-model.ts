/**
 * The autoregressive model as a plugin's engine: the requests of all calls are written together, each to its own end
 * (batching/shared-decoding.ts). A request that fails ends with an `error` event and its neighbours go on.
 */
import { toGatewayError } from '../../errors/index.js';
import type { Call, GenerateEvent, GenerateRequest, LanguageModel } from '../../plugin/contract.js';
import { cancelled, throwIfAborted } from '../abort.js';
import { AnswerQueue } from '../batching/answer-queue.js';
import { SharedDecoding, type SharedRequest } from '../batching/shared-decoding.js';
import type { Bundle } from '../bundle/open.js';
import { embeddingSpaceOf } from '../embedding-space.js';
import type { SessionOptions } from '../session/graph-session.js';
import { buildChatPrompt } from '../tokenizer/chat-prompt.js';
import { loadTokenizer } from '../tokenizer/tokenizer.js';
import type { KvShape } from './kv-cache.js';
import { LanguageGraphs } from './language-graphs.js';
import { Sequence, type SequenceSettings } from './sequence.js';
import { resolveSampling } from './token-choice.js';

export interface LanguageModelOptions extends SessionOptions {
  /**
   * Requests in one pass at most; more wait for a place. Default: as many as have room for 1,024 tokens each in a GiB of
   * keys and values, 1 to 32.
   */
  readonly batch?: number;
  /** Read prompt, lead-in and picture in one pass where the task wants a picture. Off is plain decoding: same answers, later. Default true. */
  readonly guessLeadIn?: boolean;
}

/** Requests that a call may bring: those without a place wait here, where the next free one is theirs. */
const CALL_REQUESTS = 64;

type IndexedEvent = { readonly index: number; readonly event: GenerateEvent };

/** @throws GatewayError as `GraphSession.load` */
export async function createLanguageModel(bundle: Bundle, options: LanguageModelOptions = {}): Promise<LanguageModel> {
  const { guessLeadIn = true } = options;
  const { manifest } = bundle;
  const tokenizer = await loadTokenizer(bundle);
  const graphs = await LanguageGraphs.load(bundle, options);
  const { batch = defaultBatch(graphs.shape) } = options;
  const shared = new SharedDecoding(graphs, batch);
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
    limits: { contextLength: language.contextLength, batch: Math.max(batch, CALL_REQUESTS) },
    async *generate(requests: readonly GenerateRequest[], { signal }: Call): AsyncGenerator<IndexedEvent> {
      throwIfAborted(signal);
      const answers = new AnswerQueue<IndexedEvent>();
      // Aborted, or left by its reader: either way nobody wants it any more.
      const left = new AbortController();
      const onAbort = (): void => {
        left.abort(signal.reason);
        answers.fail(cancelled(signal.reason));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      let open = requests.length;
      const settle = (): void => {
        open -= 1;
        if (open === 0) answers.end();
      };
      try {
        shared.join(
          requests.flatMap((request, index): SharedRequest[] => {
            const fail = (error: unknown): void => {
              answers.push({ index, event: failure(error) });
              settle();
            };
            try {
              const sequence = begin(request);
              const onStep = (): void => {
                for (const event of sequence.takeEvents()) answers.push({ index, event });
              };
              return [{ sequence, signal: left.signal, onStep, onEnd: settle, onFailure: fail }];
            } catch (error) {
              fail(error);
              return [];
            }
          }),
        );
        if (open === 0) answers.end();
        yield* answers;
      } finally {
        signal.removeEventListener('abort', onAbort);
        left.abort();
      }
    },
    async close() {
      await shared.idle();
      await graphs.release();
    },
  };
}

function failure(error: unknown): GenerateEvent {
  const { code, message } = toGatewayError(error);
  return { type: 'error', code, message };
}

function defaultBatch({ layers, kvHeads, headDim }: KvShape): number {
  const bytesOfToken = 2 * 4 * layers * kvHeads * headDim;
  return Math.min(32, Math.max(1, Math.floor(2 ** 30 / (1_024 * bytesOfToken))));
}
