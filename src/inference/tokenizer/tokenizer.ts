/**
 * Text to token ids and back, on @huggingface/tokenizers.
 *
 * Text of users can never become a special token: the library gets the vocabulary without them, and only the chat
 * template may ask for them by name. Otherwise a prompt holding `<|im_end|>` would end its own turn and speak as somebody else.
 */
import { readFile } from 'node:fs/promises';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import type { Bundle } from '../bundle/open.js';
import { GatewayError } from '../../errors/index.js';

export interface Tokenizer {
  /** Ids of ordinary text; nothing in it is special. */
  encode(text: string): number[];
  /** Text of ids; special ones are left out. Bytes that are no whole character become U+FFFD. */
  decode(ids: readonly number[]): string;
  /** `text` cut at the special tokens in it: ids for those, strings for what lies between. For templates only. */
  splitSpecial(text: string): (number | string)[];
}

const tokenizerSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int(), content: z.string(), special: z.boolean() })),
});
const configSchema = z.looseObject({});

/** @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED, BUNDLE_INVALID */
export async function loadTokenizer(bundle: Bundle): Promise<Tokenizer> {
  const { tokenizer, config } = bundle.manifest.tokenizer;
  try {
    return createTokenizer(
      JSON.parse(await readFile(await bundle.verified(tokenizer), 'utf8')),
      JSON.parse(await readFile(await bundle.verified(config), 'utf8')),
    );
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError(
      'BUNDLE_INVALID',
      `${tokenizer.path} of the bundle at ${bundle.folder} is not a tokenizer that can be read; export the bundle again.`,
      { cause },
    );
  }
}

/** @param document content of tokenizer.json @param config content of tokenizer_config.json */
export function createTokenizer(document: unknown, config: unknown): Tokenizer {
  const { added_tokens: addedTokens, ...rest } = tokenizerSchema.parse(document);
  const special = new Map(addedTokens.filter((token) => token.special).map((token) => [token.content, token.id]));
  const specialIds = new Set(special.values());
  const ordinary = new HuggingFaceTokenizer(
    { ...rest, added_tokens: addedTokens.filter((token) => !token.special) },
    configSchema.parse(config),
  );
  const anySpecial =
    special.size === 0 ? /(?!)/ : new RegExp(`(${[...special.keys()].map(escapeForRegExp).join('|')})`);

  return {
    encode: (text) => (text === '' ? [] : ordinary.encode(text, { add_special_tokens: false }).ids),
    decode(ids) {
      const plain = ids.filter((id) => !specialIds.has(id));
      return plain.length === 0 ? '' : ordinary.decode(plain, { clean_up_tokenization_spaces: false });
    },
    splitSpecial: (text) =>
      text
        .split(anySpecial)
        .filter((piece) => piece !== '')
        .map((piece) => special.get(piece) ?? piece),
  };
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
