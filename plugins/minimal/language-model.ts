/**
 * The smallest language model. It says how many pictures it sees and repeats what it was told, a word at a time; its
 * pictures have colours that follow from the words. No weights, same input same output.
 */
import { definePlugin, type GenerateEvent, type GenerateRequest, type ImageEmbeddings } from 'darkroom/plugin';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { type Colour, embed, hash, quarterOf, SPACE } from './space.js';

const options = z.strictObject({
  /** Milliseconds that each word takes, for tests of waiting and aborting. */
  stepMs: z.number().int().nonnegative().default(0),
});

export default definePlugin({
  kind: 'language-model',
  name: 'minimal-language',
  version: '1.0.0',
  options,
  async create({ stepMs }) {
    return {
      reads: SPACE,
      writes: SPACE,
      limits: { contextLength: 1024, batch: 4 },
      async *generate(requests, { signal }) {
        const answers = requests.map(answer);
        // All requests advance together, as in one forward pass: each round is one word of each.
        for (let round = 0; answers.some((events) => round < events.length); round += 1) {
          await setTimeout(stepMs, undefined, { signal });
          for (const [index, events] of answers.entries()) {
            const event = events[round];
            if (event) yield { index, event };
          }
        }
      },
      async close() {},
    };
  },
});

function answer({ task, messages, sampling }: GenerateRequest): GenerateEvent[] {
  const parts = messages.flatMap((message) => message.parts);
  const words = parts.flatMap((part) => (part.type === 'text' ? part.text.split(/\s+/).filter(Boolean) : []));
  const pictures = parts.flatMap((part) => (part.type === 'image' ? [part.image] : []));
  const draws = task === 'generate' || task === 'edit' || (task === 'reply' && words[0]?.toLowerCase() === 'draw');

  const said = draws
    ? ['Here', 'it', 'is.']
    : ['I', 'see', String(pictures.length), 'pictures;', 'you', 'said:', ...words];
  const written = said.slice(0, sampling?.maxNewTokens ?? said.length);
  const usage = { promptTokens: words.length + pictures.length * SPACE.imageTokens, completionTokens: written.length };
  return [
    ...written.map((word, index): GenerateEvent => ({ type: 'text', text: index === 0 ? word : ` ${word}` })),
    ...(draws ? [{ type: 'image' as const, image: imagine(words, pictures.at(-1)) }] : []),
    { type: 'end', reason: written.length < said.length ? 'length' : 'stop', usage },
  ];
}

/** Colours from the words; an edit keeps the upper half of the picture before it. */
function imagine(words: readonly string[], before: ImageEmbeddings | undefined): ImageEmbeddings {
  const state = Array.from(words.join(' ')).reduce(
    (sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0),
    7,
  );
  const quarters = [0, 1, 2, 3].map((quarter): Colour => {
    if (before && quarter < 2) return quarterOf(before, quarter);
    return [hash(state + quarter * 3), hash(state + quarter * 3 + 1), hash(state + quarter * 3 + 2)];
  });
  return embed(quarters);
}
