/** A conversation as the chat completions API takes it. */
import { type ChatMessage, type DrawingOffer, GatewayError } from 'darkroom/plugin';
import { toDataUrl } from '../../lib/pictures.js';

type Content = { type: 'text'; text: string } | { type: 'image_url'; image_url: { url: string } };

export interface WireMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string | readonly Content[];
}

/** What an assistant's message says of a picture: the API takes pictures from users alone. */
const DRAWN = '[You showed a picture here.]';

/**
 * Pictures of the assistant go before the user's next words; a model that reads no pictures is told that there was one.
 *
 * @throws {GatewayError} CAPABILITY_MISSING when the user sent a picture and the model reads none
 */
export async function toWireMessages(messages: readonly ChatMessage[], readsImages: boolean): Promise<WireMessage[]> {
  const wire: WireMessage[] = [];
  let drawn: Content[] = [];
  for (const { role, parts } of messages) {
    const contents: Content[] = [];
    for (const part of parts) {
      if (part.type === 'text') contents.push(part);
      if (part.type !== 'pixels') continue;
      if (role === 'assistant') contents.push({ type: 'text', text: DRAWN });
      else if (!readsImages)
        throw new GatewayError(
          'CAPABILITY_MISSING',
          'This language model reads no pictures (its option readsImages is false); a picture came.',
        );
      if (readsImages)
        (role === 'assistant' ? drawn : contents).push({
          type: 'image_url',
          image_url: { url: await toDataUrl(part.image) },
        });
    }
    if (role === 'user' && drawn.length > 0) {
      contents.unshift({ type: 'text', text: 'Pictures that you showed before:' }, ...drawn);
      drawn = [];
    }
    wire.push({ role, content: simplest(contents) });
  }
  return wire;
}

/** Servers without pictures often take nothing but plain words. */
function simplest(contents: readonly Content[]): WireMessage['content'] {
  const texts = contents.flatMap((content) => (content.type === 'text' ? [content.text] : []));
  return texts.length === contents.length ? texts.join('\n') : contents;
}

export const DRAW_TOOL = 'draw_picture';

/** The gateway's decoder as a tool of the model. */
export function drawTool({ edits }: DrawingOffer): unknown {
  const change = {
    type: 'boolean',
    description: 'True to change the newest picture of the conversation instead of drawing a new one.',
  };
  return {
    type: 'function',
    function: {
      name: DRAW_TOOL,
      description: 'Draws a picture and shows it to the user. Use it whenever the user wants to see a picture.',
      parameters: {
        type: 'object',
        properties: {
          prompt: {
            type: 'string',
            description: edits
              ? 'What the picture shows, complete in itself; for a change, what is to change.'
              : 'What the picture shows, complete in itself.',
          },
          ...(edits && { change_newest_picture: change }),
        },
        required: ['prompt'],
      },
    },
  };
}

/** For models and servers without tools: the same offer in words. `DrawingText` reads what comes of it. */
export function drawingInWords({ edits }: DrawingOffer): string {
  const change = edits
    ? ' To change the newest picture of the conversation, write <edit>what is to change</edit> instead.'
    : '';
  return `You can show pictures. When the user wants to see one, write <draw>what the picture shows, complete in itself</draw> in your answer.${change}`;
}

/** The system's words, with more of them. */
export function withSystemWords(messages: readonly WireMessage[], words: string): WireMessage[] {
  const [first, ...rest] = messages;
  if (first?.role === 'system' && typeof first.content === 'string')
    return [{ role: 'system', content: `${first.content}\n\n${words}` }, ...rest];
  return [{ role: 'system', content: words }, ...messages];
}
