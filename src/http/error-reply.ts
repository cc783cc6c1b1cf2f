/**
 * Errors that leave outside of an execution, with the status of their code. Plain: `{"error": {"code", "message",
 * "retryable"}}`, and `requestId` of a fault. At the address of GraphQL, as GraphQL has them.
 */
import type { FastifyBaseLogger, FastifyError, FastifyReply } from 'fastify';

import { ERROR_CODES, GatewayError, toGatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';

export function replyWithError(
  reply: FastifyReply,
  thrown: unknown,
  log: FastifyBaseLogger,
  shape: 'graphql' | 'plain',
): FastifyReply {
  const error = fromFastify(thrown) ?? toGatewayError(thrown);
  const { code, message, retryable } = error;
  const requestId = code === 'INTERNAL' ? reply.request.id : undefined;
  if (requestId !== undefined) log.error({ err: thrown, requestId }, 'A request failed.');
  return reply
    .code(ERROR_CODES[code].status)
    .header('cache-control', 'no-store')
    .send(
      shape === 'plain'
        ? { error: { code, message, retryable, requestId } }
        : { errors: [{ message, extensions: { code, retryable, requestId } }] },
    );
}

/** What fastify refuses by itself, in our words. */
function fromFastify(thrown: unknown): GatewayError | null {
  if (!isFastifyError(thrown)) return null;
  switch (thrown.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError(
        'REQUEST_TOO_LARGE',
        'The body of the request is larger than the gateway takes. Send pictures to /uploads.',
      );
    case 'FST_REQ_FILE_TOO_LARGE':
      return new GatewayError('UPLOAD_TOO_LARGE', 'The upload has more bytes than the gateway takes.');
    default:
      return (thrown.statusCode ?? 500) < 500
        ? new GatewayError('BAD_INPUT', `The request cannot be read: ${thrown.message}`)
        : null;
  }
}

function isFastifyError(thrown: unknown): thrown is FastifyError {
  return thrown instanceof Error && (systemErrorCode(thrown) ?? '').startsWith('FST_');
}
