/** Errors across the wire: a gRPC status with a message, and a trailer with the stable code. */
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { type ErrorCode, GatewayError, isErrorCode } from '../../errors/index.js';

const CODE_TRAILER = 'darkroom-code';

/** A coded error as it crosses the wire. */
export interface CodedError {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * What of an error crosses the wire. An error without a code tells nothing but its class: its message may hold a prompt
 * or a path, and the host has logged it under the plugin's name.
 */
export function codedError(error: unknown): CodedError {
  if (isCoded(error)) return { code: error.code, message: error.message };
  const name = error instanceof Error ? error.name : typeof error;
  return { code: 'PLUGIN_FAILED', message: `The plugin failed with ${name}, an error without a code; the log has it.` };
}

/** Whether an error holds more than what `codedError` lets cross, so that only the host's log can tell it. */
export function hidesDetails(error: unknown): boolean {
  return !isCoded(error) || error.cause !== undefined;
}

/** By shape, not by class: a plugin may bring its own copy of darkroom/plugin. */
function isCoded(error: unknown): error is Error & CodedError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && isErrorCode(error.code);
}

/** The status that ends a failed call. */
export function statusOf(error: unknown): StatusObject {
  const { code, message } = codedError(error);
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, code);
  return { code: code === 'CANCELLED' ? status.CANCELLED : status.INTERNAL, details: message, metadata };
}

/** What the gateway makes of a call's end: the plugin's own error, or that the connection to it broke. */
export function errorOfCall(error: unknown, plugin: string): GatewayError {
  if (error instanceof GatewayError) return new GatewayError(error.code, error.message, { plugin, cause: error.cause });
  if (!isServiceError(error))
    return new GatewayError('PLUGIN_FAILED', `The call to plugin ${plugin} failed.`, { plugin, cause: error });
  const code = trailerOf(error);
  return code === undefined ? errorOfTransport(error, plugin) : errorOfPlugin(code, error.details, plugin, error);
}

/** Whether a call failed because its process is gone: HTTP/2 reports that in several ways, and none has our trailer. */
export function isConnectionLost(error: unknown): boolean {
  return isServiceError(error) && LOST.has(error.code) && trailerOf(error) === undefined;
}

const LOST: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.INTERNAL, status.CANCELLED]);

function trailerOf(error: ServiceError): string | undefined {
  return error.metadata?.get(CODE_TRAILER).find((value) => typeof value === 'string');
}

/** An error that a plugin sent. A code that this gateway does not know becomes PLUGIN_FAILED, and is kept as a word. */
export function errorOfPlugin(code: string, message: string, plugin: string, cause?: unknown): GatewayError {
  if (isErrorCode(code)) return new GatewayError(code, message, { plugin, cause });
  return new GatewayError('PLUGIN_FAILED', `${message} (${code})`, { plugin, cause });
}

function errorOfTransport(error: ServiceError, plugin: string): GatewayError {
  const options = { plugin, cause: error };
  if (LOST.has(error.code)) {
    return new GatewayError('PLUGIN_UNAVAILABLE', `The host of plugin ${plugin} went away during the call.`, options);
  }
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return new GatewayError('PLUGIN_TIMEOUT', `Plugin ${plugin} did not answer in time.`, options);
    case status.RESOURCE_EXHAUSTED:
      return new GatewayError(
        'REQUEST_TOO_LARGE',
        `A message to or from plugin ${plugin} is too large: ${error.details}.`,
        options,
      );
    case status.UNAUTHENTICATED:
      return new GatewayError('PLUGIN_FORBIDDEN', `Plugin ${plugin} refused the token: ${error.details}`, options);
    case status.UNIMPLEMENTED:
      return new GatewayError('PLUGIN_INVALID', `Plugin ${plugin} does not serve its kind: ${error.details}.`, options);
    default:
      return new GatewayError('PLUGIN_FAILED', `Plugin ${plugin} failed: ${error.details}`, options);
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'details' in error && 'code' in error && typeof error.code === 'number';
}
