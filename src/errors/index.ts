import { ERROR_CODES, type ErrorCode } from './codes.js';

export { ERROR_CODES, type ErrorCode } from './codes.js';

export interface GatewayErrorOptions {
  /** What led here; logged, never sent to a client. */
  readonly cause?: unknown;
  /** Name of the plugin at fault. */
  readonly plugin?: string;
}

/**
 * An error with a stable code. The message says what was wanted, what came and what to do; it may reach a client, so it
 * holds no secret, no picture and no prompt. Programming mistakes stay plain `TypeError`s without a code.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly plugin: string | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.plugin = options.plugin;
  }

  /** Whether the same request can succeed later, unchanged. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** `error` itself when it has a code, else an INTERNAL one that keeps it as its cause and tells nothing of it. */
export function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('INTERNAL', 'Something went wrong inside the gateway; its log has the details.', {
    cause: error,
  });
}

/** Closes a switch over a union: a new member then fails to compile instead of falling through. */
export class UnreachableCaseError extends TypeError {
  constructor(value: never) {
    super(`Unreachable case: ${JSON.stringify(value)}`);
  }
}
