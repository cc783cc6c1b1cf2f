/** One chat completion, streamed where the server can, as events of the plugin contract. */
import {
  type EndReason,
  type ErrorCode,
  type GenerateEvent,
  type GenerateRequest,
  GatewayError,
  type PluginLog,
  z,
} from 'darkroom/plugin';
import { readEvents } from '../../lib/event-stream.js';
import { type HttpAnswer, type HttpClient, RefusedError } from '../../lib/http.js';
import { DRAW_TOOL, drawingInWords, drawTool, toWireMessages, type WireMessage, withSystemWords } from './chat.js';
import { DrawingText } from './drawing-text.js';

export interface CompletionOptions {
  readonly model: string;
  /** Tokens of prompt and answer together. */
  readonly contextLength: number;
  readonly readsImages: boolean;
  readonly streams: boolean;
  readonly drawing: 'tools' | 'words' | 'none';
  readonly maxTokensParameter: string;
  /** The server's own names for what the API has none for; what has none is left out. */
  readonly parameters: { readonly topK?: string | undefined; readonly repetitionPenalty?: string | undefined };
  /** Sent with every request. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a server does not take turns out when it refuses it; from then on it is not asked for again. */
interface Habits {
  streams: boolean;
  streamOptions: boolean;
  drawing: CompletionOptions['drawing'];
}

const toolCallSchema = z.object({
  index: z.number().optional(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).optional(),
});
const saidSchema = z.object({ content: z.string().nullish(), tool_calls: z.array(toolCallSchema).nullish() });
const answerSchema = z.object({
  choices: z
    .array(
      z.object({ delta: saidSchema.nullish(), message: saidSchema.nullish(), finish_reason: z.string().nullish() }),
    )
    .default([]),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number().default(0) }).nullish(),
  error: z.unknown().optional(),
});
type Answer = z.output<typeof answerSchema>;
type ToolCall = z.output<typeof toolCallSchema>;
type Said = Exclude<GenerateEvent, { type: 'error' }>;

export class Completions {
  readonly #client: HttpClient;
  readonly #options: CompletionOptions;
  readonly #log: PluginLog;
  readonly #habits: Habits;

  constructor(client: HttpClient, options: CompletionOptions, log: PluginLog) {
    this.#client = client;
    this.#options = options;
    this.#log = log;
    this.#habits = { streams: options.streams, streamOptions: true, drawing: options.drawing };
  }

  /** @throws {GatewayError} what `HttpClient.send` throws; PROMPT_TOO_LONG, ENGINE_ANSWER_INVALID, CAPABILITY_MISSING */
  async *run(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<Said, void> {
    expectToFit(request, this.#options.contextLength);
    const messages = await toWireMessages(request.messages, this.#options.readsImages);
    const response = await this.#post(request, messages, signal);
    const marks = request.drawing !== undefined && this.#habits.drawing === 'words' ? new DrawingText() : undefined;
    const calls: ToolCall[] = [];
    let reason: EndReason | undefined;
    let usage: Answer['usage'];
    let pieces = 0;
    for await (const answer of this.#answersOf(response)) {
      usage = answer.usage ?? usage;
      const [choice] = answer.choices;
      if (choice === undefined) continue;
      const said = choice.delta ?? choice.message;
      if (said?.content) {
        pieces += 1;
        if (marks === undefined) yield { type: 'text', text: said.content };
        else yield* marks.push(said.content);
      }
      for (const [place, call] of (said?.tool_calls ?? []).entries()) collect(calls, call, call.index ?? place);
      if (choice.finish_reason) reason = choice.finish_reason === 'length' ? 'length' : 'stop';
    }
    if (reason === undefined) throw this.#invalid('ended its answer without saying why (no finish_reason)');
    if (marks !== undefined) yield* marks.end();
    // A call that was cut off by the limit of tokens is no call.
    if (reason === 'stop') for (const call of calls) yield* this.#drawingOf(call, request);
    const promptTokens = usage?.prompt_tokens ?? 0;
    yield { type: 'end', reason, usage: { promptTokens, completionTokens: usage?.completion_tokens ?? pieces } };
  }

  /** Leaves out, one after the other, what the server says that it does not take. */
  async #post(request: GenerateRequest, messages: readonly WireMessage[], signal: AbortSignal): Promise<HttpAnswer> {
    for (;;) {
      const habits = { ...this.#habits };
      const body = Buffer.from(JSON.stringify(this.#bodyOf(request, messages, habits)));
      const headers = { 'content-type': 'application/json' };
      try {
        return await this.#client.send({ method: 'POST', path: 'chat/completions', headers, body, signal });
      } catch (error) {
        if (!(error instanceof RefusedError) || !this.#learn(error, request, habits)) throw asPromptError(error);
      }
    }
  }

  #bodyOf(request: GenerateRequest, messages: readonly WireMessage[], habits: Habits): Record<string, unknown> {
    const { model, maxTokensParameter, parameters, body } = this.#options;
    const { maxNewTokens, temperature, topP, topK, repetitionPenalty, seed, stop = [] } = request.sampling ?? {};
    const offer = request.drawing;
    const isInWords = offer !== undefined && habits.drawing === 'words';
    return {
      ...body,
      model,
      messages: isInWords ? withSystemWords(messages, drawingInWords(offer)) : messages,
      ...(maxNewTokens !== undefined && { [maxTokensParameter]: maxNewTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(topP !== undefined && { top_p: topP }),
      ...(topK !== undefined && parameters.topK !== undefined && { [parameters.topK]: topK }),
      ...(repetitionPenalty !== undefined &&
        parameters.repetitionPenalty !== undefined && { [parameters.repetitionPenalty]: repetitionPenalty }),
      ...(seed !== undefined && { seed }),
      ...(stop.length > 0 && { stop }),
      ...(offer !== undefined && habits.drawing === 'tools' && { tools: [drawTool(offer)] }),
      ...(habits.streams && { stream: true }),
      ...(habits.streams && habits.streamOptions && { stream_options: { include_usage: true } }),
    };
  }

  /** @returns whether there is something to leave out now */
  #learn({ status, detail }: RefusedError, { drawing }: GenerateRequest, sent: Habits): boolean {
    if (status === 401 || status === 403 || status === 429 || status === 503) return false;
    if (drawing !== undefined && sent.drawing === 'tools' && /tool|function|jinja/i.test(detail)) {
      this.#habits.drawing = 'words';
      this.#log.warn('The server takes no tools; the model is offered pictures in words instead.', { status });
      return true;
    }
    if (sent.streams && sent.streamOptions && /stream_options|include_usage/i.test(detail)) {
      this.#habits.streamOptions = false;
      return true;
    }
    if (sent.streams && (status === 501 || /stream/i.test(detail))) {
      this.#habits.streams = false;
      this.#log.warn('The server does not stream; answers come as a whole.', { status });
      return true;
    }
    return false;
  }

  async *#answersOf(response: HttpAnswer): AsyncGenerator<Answer, void> {
    const isStream = /text\/event-stream/i.test(response.headers['content-type'] ?? '');
    if (!isStream) {
      // A server may ignore `stream`.
      yield this.#parse(await response.json());
      return;
    }
    for await (const { data } of readEvents(response.chunks())) {
      if (data === '[DONE]') return;
      let document: unknown;
      try {
        document = JSON.parse(data);
      } catch (cause) {
        throw this.#invalid('streamed something that is no JSON', cause);
      }
      yield this.#parse(document);
    }
  }

  #parse(document: unknown): Answer {
    const parsed = answerSchema.safeParse(document);
    if (!parsed.success) throw this.#invalid('answered something that is no chat completion', parsed.error);
    const { error } = parsed.data;
    if (error != null) {
      const words = typeof error === 'object' && 'message' in error ? String(error.message) : JSON.stringify(error);
      throw asPromptError(
        new RefusedError('ENGINE_FAILED', `The server ${this.#client.host} failed: ${words}`, 200, words),
      );
    }
    return parsed.data;
  }

  *#drawingOf({ function: called }: ToolCall, { drawing }: GenerateRequest): Generator<Said> {
    if (called?.name !== DRAW_TOOL || drawing === undefined) {
      this.#log.warn('The model called a tool that it was not offered.', { tool: called?.name });
      return;
    }
    let given: unknown;
    try {
      given = JSON.parse(called.arguments ?? '');
    } catch (cause) {
      throw this.#invalid('called the tool for pictures with something that is no JSON', cause);
    }
    const wanted = z
      .object({ prompt: z.string().min(1), change_newest_picture: z.boolean().nullish() })
      .safeParse(given);
    if (!wanted.success) throw this.#invalid('called the tool for pictures without a prompt', wanted.error);
    yield {
      type: 'drawing',
      prompt: wanted.data.prompt,
      edits: drawing.edits && wanted.data.change_newest_picture === true,
    };
  }

  #invalid(what: string, cause?: unknown): GatewayError {
    return new GatewayError('ENGINE_ANSWER_INVALID', `The server ${this.#client.host} ${what}.`, { cause });
  }
}

/** Far more than any tokenizer makes of one token: what is longer is not worth sending. */
const LONGEST_TOKEN_CHARS = 32;

/** The server counts tokens; this only spares it what cannot fit. @throws {GatewayError} PROMPT_TOO_LONG */
function expectToFit({ messages }: GenerateRequest, contextLength: number): void {
  const parts = messages.flatMap((message) => message.parts);
  const chars = parts.reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0);
  if (chars <= contextLength * LONGEST_TOKEN_CHARS) return;
  throw new GatewayError(
    'PROMPT_TOO_LONG',
    `The conversation has ${chars} characters, which cannot fit into ${contextLength} tokens (contextLength).`,
  );
}

/** A streamed call comes in pieces that belong together by their index. */
function collect(calls: ToolCall[], piece: ToolCall, place: number): void {
  const known = calls[place]?.function;
  const name = known?.name ?? piece.function?.name;
  calls[place] = { function: { name, arguments: (known?.arguments ?? '') + (piece.function?.arguments ?? '') } };
}

function asPromptError(error: unknown): unknown {
  if (!(error instanceof RefusedError)) return error;
  const isTooLong = /context[ _]?(length|size|window)|maximum context|too (long|many tokens)|exceed/i.test(
    error.detail,
  );
  const code: ErrorCode = 'PROMPT_TOO_LONG';
  return isTooLong && error.status < 500 ? new GatewayError(code, error.message, { cause: error }) : error;
}
