/** GraphQL over WebSocket: the graphql-transport-ws protocol, on the port and path of HTTP. */
import type { Server } from 'node:http';

import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

import { toGatewayError } from '../errors/index.js';
import type { Services } from '../services/domain.js';
import { GraphQLContext } from './context.js';
import type { OperationReader } from './operation.js';
import { subscribeAfresh } from './subscribe.js';
import type { TrustedOperations } from './trusted-operations.js';

export interface SocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly services: Services;
  readonly log: { debug(fields: object, message: string): void };
  readonly read: OperationReader;
  /** Where nothing else is answered. */
  readonly trusted: TrustedOperations | undefined;
  readonly maxMessageBytes: number;
  originOf(host: string | undefined): string;
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
  formatError(error: GraphQLError): GraphQLFormattedError;
}

/** Between pings; a client that does not answer one is gone. */
const KEEP_ALIVE_MS = 12_000;

/** @returns closes all sockets with 1001 and takes no more */
export function acceptSockets(options: SocketOptions): () => Promise<void> {
  const { server, path, services, log, read, trusted, maxMessageBytes, originOf, allowsOrigin, formatError } = options;

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
        let query: string;
        try {
          query = trusted?.textOf(payload) ?? payload.query;
        } catch (error) {
          return [refusal(error)];
        }
        const operation = read({ ...payload, query });
        if (Array.isArray(operation)) return operation;
        return { ...operation, contextValue: new GraphQLContext(services, originOf(extra.request.headers.host)) };
      },
      subscribe: (args) => subscribeAfresh(args),
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

/** In place of an answer. */
function refusal(error: unknown): GraphQLError {
  const { code, message, retryable } = toGatewayError(error);
  return new GraphQLError(message, { extensions: { code, retryable } });
}
