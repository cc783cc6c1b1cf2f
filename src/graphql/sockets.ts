/** GraphQL over WebSocket: the graphql-transport-ws protocol, on the port and path of HTTP. */
import type { Server } from 'node:http';

import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type ValidationRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

import type { Services } from '../services/domain.js';
import { GraphQLContext } from './context.js';
import { type QueryLimits, costError } from './limits.js';
import { subscribeAfresh } from './subscribe.js';

export interface SocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: { debug(fields: object, message: string): void };
  readonly limits: QueryLimits;
  readonly rules: readonly ValidationRule[];
  readonly maxMessageBytes: number;
  originOf(host: string | undefined): string;
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
  formatError(error: GraphQLError): GraphQLFormattedError;
}

/** Between pings; a client that does not answer one is gone. */
const KEEP_ALIVE_MS = 12_000;
/** Clients send the same few queries over and over: what was read and found valid is kept, up to so many. */
const KEPT_DOCUMENTS = 100;
const KEPT_CHARACTERS = 10_000;

/** @returns closes all sockets with 1001 and takes no more */
export function acceptSockets(options: SocketOptions): () => Promise<void> {
  const { server, path, services, log, maxMessageBytes, originOf, allowsOrigin, formatError } = options;

  const read = documentReader(options);
  const sockets = new WebSocketServer({
    server,
    path,
    // A larger message closes the socket with 1009.
    maxPayload: maxMessageBytes,
    // Browsers let any page open a socket to any host; only the origin tells whose page it is.
    verifyClient: ({ origin, req }: { origin: string | undefined; req: { headers: { host?: string | undefined } } }) =>
      allowsOrigin(origin, req.headers.host),
  });

  const graphql = useServer(
    {
      // Elsewhere it would close a socket with the message of a fault.
      isProd: true,
      onSubscribe: ({ extra }, _id, payload) => {
        const operation = prepare(payload, read, options);
        if (Array.isArray(operation)) return operation;
        return { ...operation, contextValue: new GraphQLContext(services, originOf(extra.request.headers.host)) };
      },
      subscribe: subscribeAfresh,
      onError: (_context, _id, _payload, errors) => errors.map(formatError),
      onNext: (_context, _id, _payload, _args, { data = null, errors }) =>
        errors ? { data, errors: errors.map(formatError) } : undefined,
    },
    sockets,
    KEEP_ALIVE_MS,
  );
  // graphql-ws tells the console of every error of a socket. A client that breaks the protocol is no fault of ours.
  sockets.on('connection', (socket) => {
    socket.removeAllListeners('error').on('error', (error) => log.debug({ err: error }, 'A WebSocket was closed.'));
  });
  return async () => graphql.dispose();
}

/** What Apollo does with a request before it is executed. */
function prepare(
  { query, operationName, variables }: SubscribePayload,
  read: DocumentReader,
  { schema, limits }: SocketOptions,
): ExecutionArgs | GraphQLError[] {
  const document = read(query);
  if (Array.isArray(document)) return document;
  const error = costError(limits, { schema, document, variables, operationName });
  return error ? [error] : { schema, document, variableValues: variables, operationName };
}

type DocumentReader = (query: string) => DocumentNode | GraphQLError[];

/** Parses and validates; neither depends on variables, and together they take milliseconds of the event loop. */
function documentReader({ schema, rules, limits }: SocketOptions): DocumentReader {
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
