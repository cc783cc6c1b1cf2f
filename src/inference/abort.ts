import { GatewayError } from '../errors/index.js';

/**
 * Looked at before each pass: a pass itself cannot be stopped.
 *
 * @throws GatewayError CANCELLED when nobody wants the answer any more
 */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled(signal.reason);
}

export function cancelled(reason: unknown): GatewayError {
  return new GatewayError('CANCELLED', 'The call was aborted.', { cause: reason });
}
