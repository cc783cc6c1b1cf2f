/**
 * The HTTP server: GraphQL and its page, the studio, uploads, picture bytes, health. Routes translate and call one service.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';

import multipart from '@fastify/multipart';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';

import { GatewayError } from '../errors/index.js';
import { wantsEventStream } from '../graphql/event-streams.js';
import type { QueryLimits } from '../graphql/limits.js';
import { type GraphQLServerOptions, startGraphQLServer } from '../graphql/server.js';
import type { Services } from '../services/domain.js';
import { hasPreflightHeader, readGraphQLMultipart } from './graphql-multipart.js';
import { allowPages } from './cors.js';
import { replyWithError } from './error-reply.js';
import { serveImages, servePreviews } from './images.js';
import { toListenError } from './port.js';
import { type OriginRules, allowsOrigin, originOf } from './origin.js';
import { sendPage, serveQueryPageAssets, wantsPage } from './query-page.js';
import { serveStudio } from './studio.js';
import { serveUploads } from './uploads.js';

export interface HttpOptions extends OriginRules, Pick<GraphQLServerOptions, 'operations'> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Bytes of a GraphQL body at most. */
  readonly maxBodyBytes: number;
  /** Bytes of a WebSocket message at most. */
  readonly maxMessageBytes: number;
  /** Bytes of an uploaded picture at most. */
  readonly maxUploadBytes: number;
  readonly queryLimits: QueryLimits;
  /** A request that has not arrived whole by then is dropped. */
  readonly requestTimeoutMs: number;
  /** How long a stop waits for requests that are being answered. */
  readonly drainMs: number;
}

export interface HttpServer {
  /** Where it listens, for instance `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Takes no more requests, closes WebSockets with 1001, lets running requests end. */
  stop(): Promise<void>;
}

const GRAPHQL_PATH = '/graphql';

/** @throws GatewayError PORT_IN_USE, CONFIG_INVALID for an address that cannot be listened on */
export async function startHttpServer(
  options: HttpOptions,
  services: Services,
  log: FastifyBaseLogger,
): Promise<HttpServer> {
  const rules = {
    originOf: (host: string | undefined) => originOf(options, host),
    allowsOrigin: (origin: string | undefined, host: string | undefined) => allowsOrigin(options, origin, host),
  };
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxBodyBytes,
    // Ours alone: one that a caller chose could be anything in the log.
    requestIdHeader: false,
    genReqId: () => randomUUID(),
    requestTimeout: options.requestTimeoutMs,
    // Idle connections are closed at a stop; those with a request are waited for.
    forceCloseConnections: 'idle',
  });
  const graphql = await startGraphQLServer({
    ...rules,
    services,
    log,
    limits: options.queryLimits,
    maxMessageBytes: options.maxMessageBytes,
    operations: options.operations,
  });
  let isStopping = false;

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  allowPages(app, options);
  app.setErrorHandler((error, request, reply) => {
    // Clients of GraphQL read errors where GraphQL has them.
    return replyWithError(reply, error, log, request.url.startsWith(GRAPHQL_PATH) ? 'graphql' : 'plain');
  });
  app.setNotFoundHandler((request, reply) => {
    replyWithError(
      reply,
      new GatewayError(
        'NOT_FOUND',
        `Nothing is at ${request.method} ${request.url.split('?')[0]}. GraphQL is at ${GRAPHQL_PATH}.`,
      ),
      log,
      'plain',
    );
  });

  // In a scope of its own: there, and at /uploads, forms are read.
  await app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    scope.route({
      method: ['GET', 'POST'],
      url: GRAPHQL_PATH,
      handler: async (request, reply) => {
        if (wantsEventStream(request)) return graphql.stream(request, reply);
        if (wantsPage(request)) return sendPage(reply);
        if (request.isMultipart()) {
          if (hasPreflightHeader(request))
            request.body = await readGraphQLMultipart(request, { ...options, uploads: services.uploads });
          else request.raw.resume();
        }
        return graphql.handle(request, reply);
      },
    });
  });
  app.get('/health', async (_request, reply) => {
    const status = isStopping ? 'stopping' : 'ok';
    return reply.code(isStopping ? 503 : 200).send({ status, ...(await services.status()) });
  });
  serveQueryPageAssets(app);
  serveStudio(app);
  serveImages(app, services.images);
  servePreviews(app, services.events);
  // In a scope of its own: there, any body is a picture.
  await app.register((scope) =>
    serveUploads(scope, { ...rules, uploads: services.uploads, maxUploadBytes: options.maxUploadBytes }),
  );

  await listen();
  graphql.attach(app.server, GRAPHQL_PATH);
  const { port } = app.server.address() as AddressInfo;

  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    async stop() {
      isStopping = true;
      await graphql.stop();
      const deadline = setTimeout(() => app.server.closeAllConnections(), options.drainMs);
      await app.close();
      clearTimeout(deadline);
    },
  };

  async function listen(): Promise<void> {
    try {
      await app.listen({ host: options.host, port: options.port });
    } catch (error) {
      await graphql.stop();
      await app.close();
      throw toListenError(options.host, options.port, error);
    }
  }
}
