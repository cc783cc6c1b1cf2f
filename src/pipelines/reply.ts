/** A conversation to the model's next message: words, pictures, or both, as the model decides. */
import { GatewayError } from '../errors/index.js';
import type {
  ChatMessage,
  ChatPart,
  DecodeRequest,
  DrawingOffer,
  RgbImage,
  SamplingOptions,
} from '../plugin/contract.js';
import type { DiffusionSettings } from '../services/domain.js';
import { conditionOf, draw } from './draw.js';
import { speak } from './language.js';
import {
  addTimings,
  type DecoderName,
  decoderOf,
  type PipelineCall,
  type PipelineModel,
  type PipelineTimings,
  type WatchedImageDecoder,
} from './model.js';
import { toChatParts, toReference } from './reading.js';
import { settingsOfPicture } from './settings.js';

export type SaidPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: RgbImage };

export interface SaidMessage {
  readonly role: 'user' | 'assistant';
  readonly parts: readonly SaidPart[];
}

export interface ReplyInput {
  /** The whole conversation, oldest first; the last message is the user's. */
  readonly messages: readonly SaidMessage[];
  /** For the pictures that the model may decide to make; a decoder without settings is not used. */
  readonly settings: { readonly [Name in DecoderName]?: DiffusionSettings | undefined };
  readonly sampling?: SamplingOptions | undefined;
}

/**
 * Writes the next message. Words and pictures come with `emit`, in the order in which the model says them: what it says after a
 * picture waits until the picture is drawn.
 *
 * @throws GatewayError CAPABILITY_MISSING, and what plugins throw
 */
export async function reply(
  model: PipelineModel,
  { messages, settings, sampling }: ReplyInput,
  call: PipelineCall,
): Promise<PipelineTimings> {
  const timings: PipelineTimings = {};
  const { signal } = call;

  // 1 the conversation as the language model reads it
  const said = messages.flatMap((message) => message.parts);
  const pictures = said.flatMap((part) => (part.type === 'image' ? [part.image] : []));
  const pictureParts = await toChatParts(model, pictures, signal, timings);
  let nextPicture = 0;
  const read = (part: SaidPart): ChatPart[] => {
    if (part.type === 'text') return [part];
    const picture = pictureParts[nextPicture];
    nextPicture += 1;
    return picture === undefined ? [] : [picture];
  };
  const chat: ChatMessage[] = messages.map(({ role, parts }) => ({ role, parts: parts.flatMap(read) }));

  // 2 a picture changes the newest one of the conversation where there is one, and is drawn from nothing else otherwise;
  // a model that asks for pictures in words says which of the two
  const newest = pictures.at(-1);
  const canEdit = newest !== undefined && settings.editing !== undefined;
  const drawing = offerOf(model, settings, canEdit);
  let reference: ReturnType<typeof toReference> | undefined;

  // 3 the model speaks; each picture is drawn where it says it
  const lastWords = said.findLast((part) => part.type === 'text')?.text ?? '';
  const startedAt = performance.now();
  let drawingMs = 0;
  let index = 0;
  let words = '';
  for await (const event of speak(
    model,
    { task: 'reply', messages: chat, ...(sampling && { sampling }), ...(drawing && { drawing }) },
    signal,
  )) {
    if (event.type === 'text') {
      words += event.text;
      await call.emit(event);
      continue;
    }
    const isEdit = event.type === 'drawing' ? event.edits && canEdit : canEdit;
    const name: DecoderName = isEdit ? 'editing' : 'generation';
    const decoder = decoderOf(model, name);
    const chosen = settings[name];
    if (chosen === undefined) {
      throw new GatewayError(
        'CAPABILITY_MISSING',
        `The model began a picture, and the decoder that was asked for cannot draw it: the ${name} decoder is needed.`,
      );
    }
    const drawingStartedAt = performance.now();
    if (name === 'editing' && newest !== undefined) reference ??= toReference(model, decoder, newest, signal, timings);
    const condition =
      event.type === 'drawing'
        ? describedCondition(decoder, event.prompt)
        : conditionOf(decoder, event.image, words.trim() === '' ? lastWords : words);
    // `count` pictures of what it imagined once, from different noise
    for (let copy = 0; copy < chosen.count; copy += 1) {
      await draw(
        {
          decoder,
          condition,
          reference: isEdit ? await reference : undefined,
          settings: settingsOfPicture(chosen, index),
          index,
        },
        call,
        timings,
      );
      index += 1;
    }
    drawingMs += performance.now() - drawingStartedAt;
    words = '';
  }
  addTimings(timings, { languageMs: performance.now() - startedAt - drawingMs });
  return timings;
}

/** What a model that asks for pictures in words may ask for; undefined when no decoder would draw from words. */
function offerOf(model: PipelineModel, settings: ReplyInput['settings'], canEdit: boolean): DrawingOffer | undefined {
  if (model.languageModel.asksForPictures !== true) return undefined;
  const draws = (name: DecoderName) => settings[name] !== undefined && model.decoders[name]?.reads.condition === 'text';
  const edits = canEdit && draws('editing');
  return draws('generation') ? { edits } : undefined;
}

function describedCondition(decoder: WatchedImageDecoder, prompt: string): DecodeRequest['condition'] {
  if (decoder.reads.condition === 'text') return { type: 'text', text: prompt };
  throw new GatewayError(
    'CAPABILITY_MISSING',
    'The model asked for a picture in words, and the decoder does not read words.',
  );
}
