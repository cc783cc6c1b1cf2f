/** A plugin for measuring the boundary: a language model that gives back the embeddings and pictures it was shown. */
import { definePlugin, z } from 'darkroom/plugin';

export default definePlugin({
  kind: 'language-model',
  name: 'echo',
  version: '1.0.0',
  options: z.strictObject({ dimension: z.number().int().positive(), imageTokens: z.number().int().positive() }),
  async create({ dimension, imageTokens }) {
    const space = { id: 'echo', dimension, imageTokens };
    return {
      reads: space,
      writes: space,
      limits: { contextLength: 1_000_000, batch: 1 },
      async *generate(requests) {
        for (const [index, { messages }] of requests.entries()) {
          for (const part of messages.flatMap(({ parts }) => parts))
            if (part.type === 'image') yield { index, event: { type: 'image', image: part.image } };
          const usage = { promptTokens: 0, completionTokens: 0 };
          yield { index, event: { type: 'end', reason: 'stop', usage } };
        }
      },
      async close() {},
    };
  },
});
