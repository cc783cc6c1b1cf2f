/** One request, one answer. */
import {
  type AnswerContext,
  DarkroomError,
  type GraphQLAnswer,
  type GraphQLErrorShape,
  connectionFailed,
} from './errors.js';
import type { Settings } from './settings.js';

export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface RequestOptions {
  /** Ends the request; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 0 for no limit. Default: that of the client. */
  readonly timeoutMs?: number | undefined;
}

export interface Answered {
  readonly answer: GraphQLAnswer;
  readonly context: AnswerContext;
}

/** @throws DarkroomError CONNECTION_FAILED, TIMEOUT, ANSWER_INVALID; the reason of `signal` */
export function postOperation(settings: Settings, operation: Operation, options: RequestOptions): Promise<Answered> {
  return withDeadline(settings, options, async (signal) => {
    const response = await postJson(settings, operation, 'application/json', signal);
    return { answer: toAnswer(await response.text(), response), context: contextOf(response) };
  });
}

/** The same body asks for an answer or, with another `accept`, for a stream. */
export async function postJson(
  { url, fetch, credentials, headers }: Settings,
  operation: Operation,
  accept: string,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    credentials,
    headers: { ...(await headers()), accept, 'content-type': 'application/json' },
    body: JSON.stringify(operation),
    signal,
  });
}

/** Runs `work` until it is done, somebody aborts or the time is over, and says which it was. */
export async function withDeadline<Value>(
  { url, closed, timeoutMs: usualMs }: Pick<Settings, 'closed' | 'timeoutMs' | 'url'>,
  { signal, timeoutMs = usualMs }: RequestOptions,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const stopListening = onAbort([signal, closed], (reason) => controller.abort(reason));
  const timer = timeoutMs > 0 ? setTimeout(() => controller.abort(late(timeoutMs)), timeoutMs) : undefined;
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error instanceof DarkroomError ? error : connectionFailed(url, error);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** By hand: what `AbortSignal.any` makes of a signal that lives long is kept as long, in some runtimes. @returns ends it */
export function onAbort(
  signals: readonly (AbortSignal | undefined)[],
  listener: (reason: unknown) => void,
): () => void {
  const endings = signals.flatMap((signal) => {
    if (!signal) return [];
    const abort = () => listener(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    return [() => signal.removeEventListener('abort', abort)];
  });
  return () => {
    for (const end of endings) end();
  };
}

/** Reads an answer of GraphQL, or the error of a plain route. @throws DarkroomError */
export function toAnswer(text: string, response: Pick<Response, 'headers' | 'status' | 'url'>): GraphQLAnswer {
  const answer = parse(text);
  if (answer !== undefined && ('data' in answer || Array.isArray(answer['errors']))) return answer;
  throw notAnAnswer(answer, response);
}

/** What a body that is not what was asked for means. */
export function notAnAnswer(
  body: Readonly<Record<string, unknown>> | undefined,
  response: Pick<Response, 'headers' | 'status' | 'url'>,
): DarkroomError {
  const context = contextOf(response);
  const { status } = response;
  const refusal = body?.['error'] as (GraphQLErrorShape & Record<string, unknown>) | undefined;
  if (typeof refusal?.['code'] === 'string') {
    return new DarkroomError(refusal['code'], refusal.message, {
      ...context,
      retryable: refusal['retryable'] === true,
      extensions: refusal,
    });
  }
  const type = response.headers.get('content-type') ?? 'no type';
  return new DarkroomError(
    'ANSWER_INVALID',
    `Wanted an answer of a gateway; ${status} (${type}) came from ${response.url}.`,
    {
      ...context,
      // A proxy whose gateway is away, or one that asks for patience.
      retryable: [429, 502, 503, 504].includes(status),
    },
  );
}

export function contextOf({ status, headers }: Pick<Response, 'headers' | 'status'>): AnswerContext {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
  };
}

export function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function late(timeoutMs: number): DarkroomError {
  return new DarkroomError('TIMEOUT', `The gateway did not answer within ${timeoutMs} ms.`, { retryable: true });
}
