/**
 * Errors at the edge. Ours keep code and message; those of GraphQL itself (syntax, validation, variables) keep their
 * standard codes; everything else is a fault: the client gets INTERNAL and an id, the log gets all of it, once, with the same id.
 */
import { randomUUID } from 'node:crypto';

import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

import { GatewayError, toGatewayError } from '../errors/index.js';
import { toLimitError } from './limits.js';
import { currentRequestId } from './request-id.js';

/** Where faults are told; pino fits. */
export interface FaultLog {
  error(fields: object, message: string): void;
}

/** One for the whole gateway: it remembers which faults it has told. */
export function createErrorFormatter(log: FaultLog): (error: GraphQLError) => GraphQLFormattedError {
  /** Faults, and the id that each was told with. */
  const told = new WeakMap<object, string>();

  return function formatError(error: GraphQLError): GraphQLFormattedError {
    const limit = toLimitError(error);
    if (limit) return limit.toJSON();

    const thrown = unwrapResolverError(error);
    if (thrown instanceof GatewayError) return withCode(error, thrown);
    if (isAboutTheRequest(thrown)) {
      // Apollo wraps what a validation rule reports into an error with its own code.
      const code = codeOf(error.originalError) ?? codeOf(error) ?? 'BAD_USER_INPUT';
      return { ...error.toJSON(), extensions: { ...error.extensions, code } };
    }

    // The same failed loader rejects every field that waited for it.
    const fault = typeof thrown === 'object' && thrown !== null ? thrown : error;
    let requestId = told.get(fault);
    if (requestId === undefined) {
      // Over WebSocket there is no request with an id.
      requestId = currentRequestId.getStore() ?? randomUUID();
      told.set(fault, requestId);
      log.error({ err: thrown, path: error.path, requestId }, 'A request failed.');
    }
    const formatted = withCode(error, toGatewayError(thrown));
    return { ...formatted, extensions: { ...formatted.extensions, requestId } };
  };
}

/** GraphQL's own errors either carry a code of Apollo's, or point into the document; those about a resolver's result do neither. */
function isAboutTheRequest(thrown: unknown): boolean {
  if (!(thrown instanceof GraphQLError)) return false;
  if (codeOf(thrown) !== undefined) return true;
  return thrown.originalError === undefined && thrown.nodes !== undefined && thrown.path === undefined;
}

function withCode(
  { locations, path }: GraphQLError,
  { code, message, retryable, plugin }: GatewayError,
): GraphQLFormattedError {
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, retryable, ...(plugin !== undefined && { plugin }) },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof GraphQLError ? error.extensions['code'] : undefined;
}
