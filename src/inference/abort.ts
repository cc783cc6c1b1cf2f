import { GatewayError } from '../errors/index.js';

/**
 * Looked at before each pass: a pass itself cannot be stopped.
 *
 * @throws GatewayError CANCELLED when nobody wants the answer any more
 */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new GatewayError('CANCELLED', 'The call was aborted.', { cause: signal.reason });
}
