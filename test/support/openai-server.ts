/**
 * A server that speaks OpenAI's chat completions and images, written from their API reference: streams of Server-Sent Events that end
 * with `[DONE]`, tool calls in pieces, `image_generation.*` and `image_edit.*` events, errors as `{"error": {"message"}}`. It understands
 * nothing: answers follow from the request alone, and a request for something to be drawn becomes a tool call where tools are offered.
 *
 * @see https://platform.openai.com/docs/api-reference/chat and /images, /images-streaming
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import sharp from 'sharp';
import { type LoggedRequest, type ProtocolServer, protocolServer, sendJson } from './protocol-server.js';

export interface OpenAiServerOptions {
  /** When set, requests have to bring it. */
  readonly key?: string;
  /** `refused` with status 400, or `ignored`: everything comes as one JSON document. */
  readonly streaming?: 'taken' | 'refused' | 'ignored';
  readonly tools?: 'taken' | 'refused';
  readonly streamOptions?: 'taken' | 'refused';
  /** The words of an answer. Default: they follow from the request. */
  readonly says?: (words: string) => string;
  readonly contextLength?: number;
}

interface ChatBody {
  readonly messages: { role: string; content: string | { type: string; text?: string }[] }[];
  readonly stream?: boolean;
  readonly stream_options?: { include_usage?: boolean };
  readonly tools?: { function: { name: string } }[];
  readonly seed?: number;
  readonly max_tokens?: number;
}

export async function openAiServer(options: OpenAiServerOptions = {}): Promise<ProtocolServer> {
  const { streaming = 'taken', key } = options;
  return protocolServer(async (request, response) => {
    const path = request.path.split('?')[0] ?? '';
    if (key !== undefined && request.headers.authorization !== `Bearer ${key}`)
      return void sendJson(response, 401, { error: { message: 'Incorrect API key provided.' } });
    if (path.endsWith('/chat/completions')) return chat(request, response, options);
    if (path.endsWith('/images/generations') || path.endsWith('/images/edits'))
      return draw(request, response, path.endsWith('edits') ? 'image_edit' : 'image_generation', streaming);
    return void sendJson(response, 404, { error: { message: `No ${path} here.` } });
  });
}

async function chat(request: LoggedRequest, response: ServerResponse, options: OpenAiServerOptions): Promise<void> {
  const { streaming = 'taken', tools = 'taken', streamOptions = 'taken', contextLength = 8192 } = options;
  const body = JSON.parse(request.body.toString()) as ChatBody;
  const refuse = (message: string) => void sendJson(response, 400, { error: { message } });
  if (body.tools && tools === 'refused') return refuse('tools param requires --jinja flag');
  if (body.stream_options && streamOptions === 'refused') return refuse('Unrecognized argument: stream_options');
  if (body.stream === true && streaming === 'refused') return refuse('stream is not supported');
  const words = textOf(body.messages.at(-1)?.content ?? '');
  const promptTokens = words.split(' ').length;
  if (promptTokens > contextLength)
    return refuse(`This model's maximum context length is ${contextLength} tokens; ${promptTokens} came.`);

  const isCall = body.tools !== undefined && /\b(draw|change)\b/i.test(words);
  const said = options.says?.(words) ?? `About ${words.slice(0, 40)}: ${digest([words, body.seed])}`;
  const pieces = said.match(/[^ ]* ?/g)?.filter((piece) => piece !== '') ?? [];
  const limit = body.max_tokens ?? 100;
  const reason = isCall ? 'tool_calls' : pieces.length > limit ? 'length' : 'stop';
  const call = {
    index: 0,
    id: 'call_1',
    type: 'function',
    function: {
      name: 'draw_picture',
      arguments: JSON.stringify({ prompt: words, change_newest_picture: /change/i.test(words) }),
    },
  };
  const spoken = pieces.slice(0, limit);
  const usage = { prompt_tokens: promptTokens, completion_tokens: spoken.length };

  if (body.stream !== true || streaming === 'ignored') {
    const message = isCall ? { role: 'assistant', content: null, tool_calls: [call] } : { content: spoken.join('') };
    return void sendJson(response, 200, { choices: [{ index: 0, message, finish_reason: reason }], usage });
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: unknown, finish: string | null = null) =>
    event(response, { choices: [{ index: 0, delta, finish_reason: finish }] });
  response.write(': a comment keeps the connection alive\n\n');
  await send({ role: 'assistant', content: '' });
  if (isCall) {
    // Name first, arguments in halves, as the API streams them.
    const half = Math.floor(call.function.arguments.length / 2);
    await send({ tool_calls: [{ ...call, function: { name: call.function.name, arguments: '' } }] });
    await send({ tool_calls: [{ index: 0, function: { arguments: call.function.arguments.slice(0, half) } }] });
    await send({ tool_calls: [{ index: 0, function: { arguments: call.function.arguments.slice(half) } }] });
  } else {
    for (const content of spoken) await send({ content });
  }
  await send({}, reason);
  if (body.stream_options?.include_usage === true) await event(response, { choices: [], usage });
  response.end('data: [DONE]\n\n');
}

async function draw(
  request: LoggedRequest,
  response: ServerResponse,
  kind: 'image_generation' | 'image_edit',
  streaming: 'taken' | 'refused' | 'ignored',
): Promise<void> {
  const body =
    kind === 'image_edit' ? formOf(request) : (JSON.parse(request.body.toString()) as Record<string, unknown>);
  const isStream = String(body['stream']) === 'true';
  if (isStream && streaming === 'refused')
    return void sendJson(response, 400, { error: { message: "Unknown parameter: 'stream'." } });
  const [width = 0, height = 0] = String(body['size']).split('x').map(Number);
  const draft = (mark: number) => picture(width, height, [body['prompt'], String(body['seed']), mark]);
  if (!isStream || streaming === 'ignored')
    return void sendJson(response, 200, { created: 1, data: [{ b64_json: await draft(0) }] });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let index = 0; index < Number(body['partial_images']); index += 1)
    await event(
      response,
      { type: `${kind}.partial_image`, b64_json: await draft(index + 1), partial_image_index: index },
      `${kind}.partial_image`,
    );
  await event(response, { type: `${kind}.completed`, b64_json: await draft(0), usage: {} }, `${kind}.completed`);
  response.end();
}

/** A piece of a stream; the event loop gets a turn, so that an abort can come between two. */
export async function event(response: ServerResponse, data: unknown, name?: string): Promise<void> {
  response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function textOf(content: ChatBody['messages'][number]['content']): string {
  if (typeof content === 'string') return content;
  return content.flatMap(({ type, text }) => (type === 'text' && text ? [text] : [])).join(' ');
}

/** A picture of one colour that follows from its seeds, as PNG in base64. */
export async function picture(width: number, height: number, seeds: readonly unknown[]): Promise<string> {
  const [r = 0, g = 0, b = 0] = Buffer.from(digest(seeds), 'hex');
  const png = await sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
  return png.toString('base64');
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

/** The fields of multipart/form-data; a file is its bytes in latin1. */
export function formOf({ headers, body }: LoggedRequest): Record<string, string> {
  const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1] ?? '';
  const parts = body.toString('latin1').split(`--${boundary}`).slice(1, -1);
  return Object.fromEntries(
    parts.map((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      return [/name="([^"]+)"/.exec(head)?.[1] ?? '', rest.join('\r\n\r\n').replace(/\r\n$/, '')];
    }),
  );
}
