/**
 * GraphQL as a server speaks it: Apollo for HTTP, graphql-ws for WebSocket, streams of Server-Sent Events, over one schema, with one way to limit
 * queries and one way to tell errors. Knows no route and no port.
 */
import type { Server } from 'node:http';

import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';

import type { Services } from '../services/domain.js';
import { admitted } from './admission.js';
import { compiledQueries } from './compiled-queries.js';
import { GraphQLContext } from './context.js';
import { type FaultLog, createErrorFormatter } from './format-error.js';
import { type QueryLimits, costError, limitRules } from './limits.js';
import { createEventStreams } from './event-streams.js';
import { createOperationReader } from './operation.js';
import { currentRequestId } from './request-id.js';
import { buildGatewaySchema } from './schema.js';
import { type SocketOptions, acceptSockets } from './sockets.js';
import { readManifest, trustedOperations } from './trusted-operations.js';

export interface GraphQLServerOptions {
  readonly services: Services;
  readonly log: FaultLog & SocketOptions['log'];
  readonly limits: QueryLimits;
  /** Where a caller reached the gateway, from its `Host`: `http://127.0.0.1:4000`. */
  originOf(host: string | undefined): string;
  /** Whether a page at `origin` may connect to `host`. Programs that are not browsers send no origin. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
  /** Bytes of one WebSocket message at most. */
  readonly maxMessageBytes: number;
  /** A manifest (trusted-operations.ts) and its name: nothing else is answered then. */
  readonly operations?: { readonly file: string; readonly content: string } | undefined;
}

export interface GraphQLServer {
  /** Answers POST and GET. @throws GatewayError OPERATION_NOT_TRUSTED */
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** Answers with Server-Sent Events. @throws GatewayError ORIGIN_REFUSED, BAD_INPUT, OPERATION_NOT_TRUSTED */
  stream(request: FastifyRequest, reply: FastifyReply): Promise<unknown>;
  /** Takes the WebSocket connections to `path` of an HTTP server. */
  attach(server: Server, path: string): void;
  /** Ends all subscriptions and closes their sockets with 1001, then refuses requests. */
  stop(): Promise<void>;
}

/** @throws GatewayError CONFIG_INVALID for a manifest that cannot be used */
export async function startGraphQLServer(options: GraphQLServerOptions): Promise<GraphQLServer> {
  const { services, log, limits, originOf } = options;
  const schema = buildGatewaySchema();
  const { operations } = options;
  const trusted =
    operations && trustedOperations(readManifest(operations.content, operations.file, schema), limits.maxTokens);
  const rules = limitRules(limits);
  const formatError = createErrorFormatter(log);
  const read = createOperationReader({ schema, limits, rules });
  const streams = createEventStreams({ ...options, read, formatError });

  const apollo = new ApolloServer<GraphQLContext>({
    schema,
    validationRules: rules,
    parseOptions: { maxTokens: limits.maxTokens },
    csrfPrevention: true,
    // Then ids are a matter of the operator, not of whoever sends a text first.
    ...(trusted && { persistedQueries: false }),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    // The gateway handles signals; a library must not end the process.
    stopOnTerminationSignals: false,
    formatError: (formatted: GraphQLFormattedError, error: unknown) =>
      error instanceof GraphQLError ? formatError(error) : formatted,
    plugins: [
      costPlugin(schema, limits),
      compilingPlugin(schema, formatError),
      ApolloServerPluginLandingPageDisabled(),
      // It would wrap the resolver of every field, to tell caches what is not true here: answers change at any time.
      ApolloServerPluginCacheControlDisabled(),
      // Nothing leaves the machine, whatever the environment says.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
    ],
  });
  await apollo.start();

  const handle = fastifyApolloHandler(apollo, {
    context: async (request) => new GraphQLContext(services, originOf(request.headers.host)),
  });
  const closers: (() => Promise<void>)[] = [];

  return {
    handle: (request, reply) =>
      currentRequestId.run(request.id, async () =>
        Reflect.apply(handle, request.server, [admitted(request, trusted), reply]),
      ),
    stream: (request, reply) =>
      currentRequestId.run(request.id, async () => streams.answer(admitted(request, trusted), reply)),
    attach(server, path) {
      closers.push(acceptSockets({ ...options, server, path, read, formatError, trusted }));
    },
    async stop() {
      streams.stop();
      await Promise.all(closers.map((close) => close()));
      await apollo.stop();
    },
  };
}

function costPlugin(schema: GraphQLSchema, limits: QueryLimits): ApolloServerPlugin<GraphQLContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, request }) {
          const error = costError(limits, {
            schema,
            document,
            variables: request.variables,
            operationName: request.operationName,
          });
          if (error) throw error;
        },
      };
    },
  };
}

/** Answers what can be compiled; Apollo goes on by itself with the rest. */
function compilingPlugin(
  schema: GraphQLSchema,
  formatError: (error: GraphQLError) => GraphQLFormattedError,
): ApolloServerPlugin<GraphQLContext> {
  const queries = compiledQueries(schema);
  return {
    async requestDidStart() {
      return {
        async responseForOperation({ document, source, request: { operationName, variables }, contextValue }) {
          const result = await queries.answer({ source, document, operationName, variables, contextValue });
          if (result === null) return null;
          const { data = null, errors } = result;
          return {
            http: { headers: new HeaderMap(), status: 200 },
            body: {
              kind: 'single',
              singleResult: { ...(errors && { errors: errors.map(formatError) }), data },
            },
          };
        },
      };
    },
  };
}
