/** From what a client sent to what can be executed: what Apollo does for plain requests, for those that become streams. */
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  type ValidationRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';

import { type QueryLimits, costError } from './limits.js';

export interface OperationOptions {
  readonly schema: GraphQLSchema;
  readonly limits: QueryLimits;
  readonly rules: readonly ValidationRule[];
}

/** What a client sends, by whatever transport. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

export type OperationReader = (request: OperationRequest) => ExecutionArgs | GraphQLError[];

/** Clients send the same few queries over and over: what was read and found valid is kept, up to so many. */
const KEPT_DOCUMENTS = 100;
const KEPT_CHARACTERS = 10_000;

export function createOperationReader(options: OperationOptions): OperationReader {
  const { schema, limits } = options;
  const read = documentReader(options);
  return ({ query, operationName, variables }) => {
    const document = read(query);
    if (Array.isArray(document)) return document;
    const request = {
      schema,
      document,
      variables: variables ?? undefined,
      operationName: operationName ?? undefined,
    };
    const error = costError(limits, request);
    return error ? [error] : { schema, document, variableValues: variables, operationName };
  };
}

/** Parses and validates; neither depends on variables, and together they take milliseconds of the event loop. */
function documentReader({ schema, rules, limits }: OperationOptions): (query: string) => DocumentNode | GraphQLError[] {
  const kept = new Map<string, DocumentNode>();
  return (query) => {
    const known = kept.get(query);
    if (known !== undefined) return known;
    const document = parsed(query, limits);
    if (document instanceof GraphQLError) return [document];
    const errors = validate(schema, document, [...specifiedRules, ...rules]);
    if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));

    const [oldest] = kept.keys();
    if (kept.size >= KEPT_DOCUMENTS && oldest !== undefined) kept.delete(oldest);
    if (query.length <= KEPT_CHARACTERS) kept.set(query, document);
    return document;
  };
}

function parsed(query: string, { maxTokens }: QueryLimits) {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    return error instanceof GraphQLError
      ? withCode(error, 'GRAPHQL_PARSE_FAILED')
      : new GraphQLError('The query cannot be read.');
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, {
    ...(nodes && { nodes }),
    ...(source && { source }),
    ...(positions && { positions }),
    extensions: { code },
  });
}
