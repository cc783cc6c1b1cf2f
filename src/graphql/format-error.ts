/**
 * Errors at the edge. Ours keep code and message; those of GraphQL itself (syntax, validation, variables) keep their
 * standard codes; everything else is a fault: the client gets INTERNAL, the log gets all of it, once.
 */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

import { GatewayError, toGatewayError } from '../errors/index.js';
import { toLimitError } from './limits.js';

/** Where faults are told; pino fits. */
export interface FaultLog {
  error(fields: object, message: string): void;
}

/** One for the whole gateway: it remembers which faults it has told. */
export function createErrorFormatter(log: FaultLog): (error: GraphQLError) => GraphQLFormattedError {
  const told = new WeakSet<object>();

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
    if (!told.has(fault)) {
      told.add(fault);
      log.error({ err: thrown, path: error.path }, 'A request failed.');
    }
    return withCode(error, toGatewayError(thrown));
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
