/**
 * GraphQL over Server-Sent Events: the distinct connections mode of the GraphQL over SSE protocol, which is that of `graphql-sse`.
 * One operation, one response: `next` messages, then `complete`.
 *
 * Written here because the handler of that package takes events from their source as fast as they come and keeps what its client has
 * not read. Here the next event is taken when the one before was handed to the operating system, so a slow reader costs one message.
 * And each message has its event's cursor as its `id`: a browser's EventSource sends the last one back when it reconnects, as
 * `Last-Event-ID`, and goes on after it.
 */
import type { ServerResponse } from 'node:http';

import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
  execute,
  getOperationAST,
} from 'graphql';

import { GatewayError } from '../errors/index.js';
import type { Services } from '../services/domain.js';
import { GraphQLContext } from './context.js';
import type { OperationReader, OperationRequest } from './operation.js';
import { subscribeAfresh } from './subscribe.js';

/** A comment is sent where nothing else was for so long: proxies close connections that are silent. */
const KEEP_ALIVE_MS = 12_000;
/** A client that takes nothing for so many keep-alives is gone, as far as anybody can tell. */
const STALLED_AFTER = 5;

export interface EventStreamOptions {
  readonly services: Services;
  readonly read: OperationReader;
  originOf(host: string | undefined): string;
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
  formatError(error: GraphQLError): GraphQLFormattedError;
}

export interface EventStreams {
  /** Answers with a stream. @throws GatewayError ORIGIN_REFUSED, BAD_INPUT before it has begun */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
  /** Ends all streams without `complete`: their clients come again later, with their cursors. */
  stop(): void;
}

/** Whether a client asks for its answer as a stream. */
export function wantsEventStream({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/event-stream') === true;
}

export function createEventStreams(options: EventStreamOptions): EventStreams {
  const { services, read, originOf, allowsOrigin, formatError } = options;
  const open = new Set<ServerResponse>();

  return {
    async answer(request, reply) {
      // Browsers let any page open an EventSource to any host, as with WebSockets.
      if (!allowsOrigin(request.headers.origin, request.headers.host)) {
        throw new GatewayError(
          'ORIGIN_REFUSED',
          'Pages of another origin may not use this gateway; see `allowedOrigins`.',
        );
      }
      const operation = read(operationOf(request));
      if (!Array.isArray(operation) && request.method === 'GET' && isMutation(operation)) {
        throw new GatewayError('BAD_INPUT', 'A GET request cannot change anything; send the mutation with POST.');
      }
      const contextValue = new GraphQLContext(services, originOf(request.headers.host), lastEventIdOf(request));
      let cursor: string | undefined;
      const results = Array.isArray(operation)
        ? { errors: operation }
        : await run({ ...operation, contextValue }, (event) => {
            cursor = cursorOf(event);
          });

      reply.hijack();
      const response = reply.raw;
      open.add(response);
      response.once('close', () => open.delete(response));
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        // Else nginx would gather the messages.
        'x-accel-buffering': 'no',
      });
      await send(response, results, (result) => toMessage(result, cursor, formatError));
      return reply;
    },

    stop() {
      for (const response of open) response.end();
    },
  };
}

async function run(
  args: ExecutionArgs,
  onEvent: (event: unknown) => void,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const isSubscription = operationTypeOf(args) === OperationTypeNode.SUBSCRIPTION;
  return isSubscription ? subscribeAfresh(args, onEvent) : execute(args);
}

/** Sends one result after the other; ends with them, or at once when the client goes. */
async function send(
  response: ServerResponse,
  results: AsyncIterableIterator<ExecutionResult> | ExecutionResult,
  print: (result: ExecutionResult) => string,
): Promise<void> {
  const stream = Symbol.asyncIterator in results ? results : undefined;
  let taken: (() => void) | undefined;
  let stalledFor = 0;

  /** Settles when the operating system has it, or nobody wants it any more. */
  const write = (text: string): Promise<void> =>
    new Promise((resolve) => {
      taken = () => {
        taken = undefined;
        stalledFor = 0;
        resolve();
      };
      if (response.closed || response.writableEnded) taken();
      else response.write(text, () => taken?.());
    });
  const keepAlive = setInterval(() => {
    if (taken === undefined) void write(':\n\n');
    else if ((stalledFor += 1) >= STALLED_AFTER) response.destroy();
  }, KEEP_ALIVE_MS);
  response.once('close', () => {
    clearInterval(keepAlive);
    taken?.();
    void stream?.return?.();
  });

  // Browsers tell of a connection with its first byte.
  await write(':\n\n');
  if (stream === undefined) await write(print(results as ExecutionResult));
  else for await (const result of stream) await write(print(result));
  if (!response.closed && !response.writableEnded) response.end('event: complete\ndata:\n\n');
}

function toMessage(
  { data, errors, extensions }: ExecutionResult,
  cursor: string | undefined,
  formatError: (error: GraphQLError) => GraphQLFormattedError,
): string {
  const result = {
    ...(data !== undefined && { data }),
    ...(errors && { errors: errors.map(formatError) }),
    ...(extensions && { extensions }),
  };
  return `event: next\n${cursor === undefined ? '' : `id: ${cursor}\n`}data: ${JSON.stringify(result)}\n\n`;
}

/** @throws GatewayError BAD_INPUT */
function operationOf({ method, query, body }: FastifyRequest): OperationRequest {
  const sent: unknown = method === 'GET' ? query : body;
  if (!isObject(sent) || typeof sent['query'] !== 'string') {
    throw new GatewayError('BAD_INPUT', 'A request has a `query`: a string with a GraphQL document.');
  }
  const { query: document, operationName, variables } = sent;
  const values = typeof variables === 'string' ? parseVariables(variables) : variables;
  if (values != null && !isObject(values)) throw new GatewayError('BAD_INPUT', '`variables` must be a JSON object.');
  return {
    query: document,
    operationName: typeof operationName === 'string' ? operationName : undefined,
    variables: values,
  };
}

function parseVariables(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError('BAD_INPUT', '`variables` must be a JSON object.', { cause });
  }
}

function lastEventIdOf({ headers }: FastifyRequest): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function cursorOf(event: unknown): string | undefined {
  return isObject(event) && typeof event['cursor'] === 'string' ? event['cursor'] : undefined;
}

function isMutation(args: ExecutionArgs): boolean {
  return operationTypeOf(args) === OperationTypeNode.MUTATION;
}

function operationTypeOf({ document, operationName }: ExecutionArgs): OperationTypeNode | undefined {
  return getOperationAST(document, operationName)?.operation;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
