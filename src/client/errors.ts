/** What goes wrong between a client and its gateway, with a code to branch on. */
import type { ErrorCode } from '../errors/codes.js';

/** What only a client can tell. */
export type ClientErrorCode =
  /** The gateway could not be reached. */
  | 'CONNECTION_FAILED'
  /** The connection broke off. Subscriptions resume by themselves. */
  | 'CONNECTION_LOST'
  /** The gateway closed the WebSocket and would do so again. */
  | 'CONNECTION_REFUSED'
  /** No whole answer came within `timeoutMs`. */
  | 'TIMEOUT'
  /** Something answered that is no gateway. */
  | 'ANSWER_INVALID'
  /** `close()` was called before. */
  | 'CLIENT_CLOSED';

/** The gateway's codes are in docs/errors.md. Others are those of GraphQL itself, and of newer gateways. */
export type DarkroomErrorCode =
  | ErrorCode
  | ClientErrorCode
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | (string & {});

/** An error as GraphQL writes it. */
export interface GraphQLErrorShape {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** An answer as GraphQL writes it. */
export interface GraphQLAnswer<Result = unknown> {
  readonly data?: Result | null | undefined;
  readonly errors?: readonly GraphQLErrorShape[] | undefined;
}

export interface DarkroomErrorOptions {
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  readonly path?: readonly (string | number)[] | undefined;
  readonly errors?: readonly GraphQLErrorShape[] | undefined;
  readonly data?: unknown;
  readonly cause?: unknown;
}

/** Branch on `code`, show `message`. */
export class DarkroomError extends Error {
  readonly code: DarkroomErrorCode;
  /** Whether the same request can succeed later, unchanged. */
  readonly retryable: boolean;
  /** Milliseconds to wait before that, where the other side said so (`Retry-After`). */
  readonly retryAfterMs: number | undefined;
  /** HTTP status; undefined over WebSocket and where nothing answered. */
  readonly status: number | undefined;
  /** Of the request: the gateway's log has faults under it. */
  readonly requestId: string | undefined;
  /** Whatever else came with the error, for instance `plugin`. */
  readonly extensions: Readonly<Record<string, unknown>>;
  /** The field at fault, from the root: names and positions. */
  readonly path: readonly (string | number)[] | undefined;
  /** All errors of the answer; this one is the first. */
  readonly errors: readonly GraphQLErrorShape[];
  /** What was answered all the same: the fields that are not at fault. */
  readonly data: unknown;

  constructor(code: DarkroomErrorCode, message: string, options: DarkroomErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DarkroomError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
    this.requestId = options.requestId;
    this.extensions = options.extensions ?? {};
    this.path = options.path;
    this.errors = options.errors ?? [];
    this.data = options.data;
  }
}

/** What HTTP says of an answer. */
export type AnswerContext = Pick<DarkroomErrorOptions, 'status' | 'requestId' | 'retryAfterMs'>;

/** The first error of an answer; undefined when it has none. */
export function errorOf({ data, errors }: GraphQLAnswer, context: AnswerContext = {}): DarkroomError | undefined {
  const [first] = errors ?? [];
  return first && toDarkroomError(first, { ...context, errors, data });
}

/** Each error of an answer, on its own. */
export function errorsOf({ errors = [] }: GraphQLAnswer, context: AnswerContext = {}): DarkroomError[] {
  return errors.map((error) => toDarkroomError(error, { ...context, errors: [error] }));
}

export function connectionLost(cause?: unknown): DarkroomError {
  return new DarkroomError('CONNECTION_LOST', 'The connection to the gateway broke off.', { retryable: true, cause });
}

export function connectionFailed(url: string, cause?: unknown): DarkroomError {
  const message = `No gateway could be reached at ${url}. Is it running, and may this page speak to it?`;
  return new DarkroomError('CONNECTION_FAILED', message, { retryable: true, cause });
}

function toDarkroomError(
  { message, path, extensions = {} }: GraphQLErrorShape,
  options: DarkroomErrorOptions,
): DarkroomError {
  const { code, retryable, requestId } = extensions;
  return new DarkroomError(typeof code === 'string' ? code : 'INTERNAL', message, {
    ...options,
    retryable: retryable === true,
    requestId: typeof requestId === 'string' ? requestId : options.requestId,
    extensions,
    path,
  });
}
