/**
 * A conversation as the model reads it: ids in the chat template, pictures as runs of placeholder ids with their
 * embeddings beside (nexus-gen.md 3.4 and 3.5).
 */
import { GatewayError } from '../../errors/index.js';
import type { ChatMessage, GenerateRequest, ImageEmbeddings } from '../../plugin/contract.js';
import type { Manifest } from '../bundle/manifest.js';
import { expectEmbeddings } from '../embedding-space.js';
import type { Tokenizer } from './tokenizer.js';

export interface ChatPrompt {
  readonly ids: readonly number[];
  /** In order of appearance; each stands for as many `imagePad` ids as it has rows. */
  readonly images: readonly ImageEmbeddings[];
  /** Words that the model was trained to say before a picture, in the language of the request; none for other tasks. */
  readonly leadIn: readonly number[];
}

type PromptManifest = Pick<
  Manifest,
  'chatTemplate' | 'promptTemplates' | 'leadIns' | 'specialTokens' | 'embeddingSpace' | 'image'
>;
type TextOrImage =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: ImageEmbeddings };

const IMAGE_MARK = '<image>';

/**
 * The system turn is put in front when the conversation has none. For `generate` and `edit` the words of the last user
 * message go into the model's prompt template; for `understand` without words its default question is asked.
 *
 * @throws GatewayError BAD_INPUT when there is no user message last, or `edit` without a picture; PROMPT_EMPTY;
 *   CAPABILITY_MISSING for pixels, which this model cannot read; SPACE_MISMATCH and SHAPE_MISMATCH for embeddings
 */
export function buildChatPrompt(
  request: Pick<GenerateRequest, 'task' | 'messages'>,
  tokenizer: Tokenizer,
  manifest: PromptManifest,
): ChatPrompt {
  const { chatTemplate, specialTokens } = manifest;
  const messages = request.messages.map((message) => ({ role: message.role, parts: readableParts(message, manifest) }));
  const last = messages.at(-1);
  if (last?.role !== 'user')
    throw new GatewayError('BAD_INPUT', 'A conversation should end with a message of the user.');
  const pictures = messages.flatMap((message) => message.parts).filter((part) => part.type === 'image');
  if (request.task === 'edit' && pictures.length === 0)
    throw new GatewayError('BAD_INPUT', 'An edit wants a picture in the conversation, but there is none.');

  const words = last.parts
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join(' ')
    .trim();
  const language = languageOf(words);
  const turns = [
    ...messages.slice(0, -1),
    { role: last.role, parts: lastParts(request.task, last.parts, words, language, manifest) },
  ];
  if (turns[0]?.role !== 'system')
    turns.unshift({ role: 'system', parts: [{ type: 'text', text: chatTemplate.systemPrompt }] });

  const writer = new IdWriter(tokenizer);
  const images: ImageEmbeddings[] = [];
  for (const turn of turns) {
    writer.template(chatTemplate.turnStart.replace('{role}', turn.role));
    for (const part of turn.parts) {
      if (part.type === 'text') writer.text(part.text);
      else {
        images.push(part.image);
        const rows = part.image.embeddings.dims[0] ?? 0;
        writer.ids([
          specialTokens.visionStart,
          ...new Array<number>(rows).fill(specialTokens.imagePad),
          specialTokens.visionEnd,
        ]);
      }
    }
    writer.template(chatTemplate.turnEnd);
  }
  writer.template(chatTemplate.turnStart.replace('{role}', 'assistant'));
  const leadIn =
    request.task === 'generate' || request.task === 'edit'
      ? tokenizer.encode(inLanguage(manifest.leadIns[request.task], language))
      : [];
  return { ids: writer.finish(), images, leadIn };
}

/** `zh` when there is a Chinese character, else `en`. */
export function languageOf(text: string): string {
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
}

/** The text in this language, or in English where there is none. */
function inLanguage(
  texts: { readonly en: string } & { readonly [language: string]: string },
  language: string,
): string {
  return texts[language] ?? texts.en;
}

function lastParts(
  task: GenerateRequest['task'],
  parts: readonly TextOrImage[],
  words: string,
  language: string,
  manifest: PromptManifest,
): readonly TextOrImage[] {
  const pictures = parts.filter((part) => part.type === 'image');
  switch (task) {
    case 'reply':
      if (words === '' && pictures.length === 0) throw empty('message');
      return parts;
    case 'understand':
      return words === ''
        ? [...pictures, { type: 'text', text: inLanguage(manifest.promptTemplates.understand, language) }]
        : parts;
    case 'generate':
    case 'edit': {
      if (words === '') throw empty(task === 'edit' ? 'instruction' : 'prompt');
      const template = inLanguage(manifest.promptTemplates[task], language);
      return fillTemplate(template, words, pictures);
    }
  }
}

/** All pictures stand where the template has its mark, or in front when it has none; without pictures the mark goes. */
function fillTemplate(template: string, words: string, pictures: readonly TextOrImage[]): TextOrImage[] {
  const [before, after] = template.includes(IMAGE_MARK) ? cutAt(template, IMAGE_MARK) : ['', template];
  // A function, because a replacement string would read `$&` in the user's words as an order.
  const fill = (text: string): TextOrImage => ({ type: 'text', text: text.replace('{prompt}', () => words) });
  if (pictures.length === 0) return [fill((before + after).trimStart())];
  return [fill(before), ...pictures, fill(after)];
}

function cutAt(text: string, mark: string): [string, string] {
  const index = text.indexOf(mark);
  return [text.slice(0, index), text.slice(index + mark.length)];
}

function readableParts(message: ChatMessage, manifest: PromptManifest): TextOrImage[] {
  return message.parts.map((part) => {
    if (part.type === 'pixels') {
      throw new GatewayError(
        'CAPABILITY_MISSING',
        `This language model reads pictures as embeddings of ${manifest.embeddingSpace.id}, not as pixels; encode them first.`,
      );
    }
    if (part.type === 'image') expectEmbeddings(part.image, manifest, 'A picture in the conversation');
    return part;
  });
}

function empty(what: string): GatewayError {
  return new GatewayError('PROMPT_EMPTY', `The ${what} has no words; write what you want.`);
}

/** Joins neighbouring texts before they are encoded: cutting a text in two gives other tokens than the whole. */
class IdWriter {
  readonly #tokenizer: Tokenizer;
  readonly #ids: number[] = [];
  #pending = '';

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  text(text: string): void {
    this.#pending += text;
  }

  ids(ids: readonly number[]): void {
    for (const id of this.#tokenizer.encode(this.#pending)) this.#ids.push(id);
    this.#pending = '';
    for (const id of ids) this.#ids.push(id);
  }

  template(text: string): void {
    for (const piece of this.#tokenizer.splitSpecial(text)) {
      if (typeof piece === 'number') this.ids([piece]);
      else this.text(piece);
    }
  }

  finish(): readonly number[] {
    this.ids([]);
    return this.#ids;
  }
}
