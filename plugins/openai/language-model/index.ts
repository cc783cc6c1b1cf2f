/** A language model behind an OpenAI-compatible server: chat completions with pictures, streamed. */
import { type Call, definePlugin, GatewayError, type GenerateEvent, type GenerateRequest, z } from 'darkroom/plugin';
import { merge } from '../../lib/merge.js';
import { createClient, serverOptions } from '../../lib/server.js';
import { Completions } from './completions.js';

export const options = z.strictObject({
  ...serverOptions,
  /** Its name at the server. */
  model: z.string().min(1),
  /** Tokens of prompt and answer together. */
  contextLength: z.int().min(1).default(8192),
  /** Requests that are sent at once. */
  batch: z.int().min(1).default(8),
  readsImages: z.boolean().default(true),
  streams: z.boolean().default(true),
  /** How the model asks for pictures: with the server's tools, in words, or not at all. */
  drawing: z.enum(['tools', 'words', 'none']).default('tools'),
  /** `max_completion_tokens` for OpenAI's newer models. */
  maxTokensParameter: z.string().min(1).default('max_tokens'),
  /** The server's names of parameters that the API does not have. */
  parameters: z
    .strictObject({ topK: z.string().min(1).optional(), repetitionPenalty: z.string().min(1).optional() })
    .default({}),
  /** More to send with every request. */
  body: z.record(z.string(), z.unknown()).default({}),
});

export default definePlugin({
  kind: 'language-model',
  name: 'openai-language-model',
  version: '0.1.0',
  options,
  async create({ batch, ...rest }, host) {
    const client = createClient(rest);
    const completions = new Completions(client, rest, host.log);

    /** A request that fails says so in its own event. */
    async function* answer(index: number, request: GenerateRequest, signal: AbortSignal) {
      try {
        for await (const event of completions.run(request, signal)) yield { index, event };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof GatewayError)) throw error;
        host.log.warn('A completion failed.', { code: error.code, reason: error.message });
        const event: GenerateEvent = { type: 'error', code: error.code, message: error.message };
        yield { index, event };
      }
    }

    return {
      reads: 'pixels',
      writes: null,
      asksForPictures: rest.drawing !== 'none',
      limits: { contextLength: rest.contextLength, batch },
      generate: (requests: readonly GenerateRequest[], { signal }: Call) =>
        merge(requests.map((request, index) => answer(index, request, signal))),
      async close() {
        client.close();
      },
    };
  },
});
