/** An HTTP server on 127.0.0.1 that a test gives trouble to order; every request is logged. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What goes wrong with the next request; `true` when that was the whole answer. */
export type Trouble = (request: LoggedRequest, response: ServerResponse) => boolean | Promise<boolean>;

export interface ProtocolServer {
  readonly url: string;
  readonly http: Server;
  readonly requests: readonly LoggedRequest[];
  /** Connections that were taken. */
  readonly connections: () => number;
  /** Requests whose caller went away before their answer was done. */
  readonly abandoned: () => number;
  /** For the next request whose path ends so. */
  trouble(pathEnd: string, trouble: Trouble, times?: number): void;
  stop(): Promise<void>;
}

export async function protocolServer(
  answer: (request: LoggedRequest, response: ServerResponse) => Promise<void> | void,
): Promise<ProtocolServer> {
  const requests: LoggedRequest[] = [];
  const troubles: { pathEnd: string; trouble: Trouble; times: number }[] = [];
  let connections = 0;
  let abandoned = 0;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    const { method = 'GET', url: path = '/', headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(pieces) };
    requests.push(request);
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    const ordered = troubles.find(({ pathEnd, times }) => times > 0 && path.split('?')[0]?.endsWith(pathEnd));
    if (ordered) {
      ordered.times -= 1;
      if (await ordered.trouble(request, response)) return;
    }
    await answer(request, response);
  }

  const http = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  http.on('connection', () => {
    connections += 1;
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    http,
    requests,
    connections: () => connections,
    abandoned: () => abandoned,
    trouble: (pathEnd, trouble, times = 1) => void troubles.push({ pathEnd, trouble, times }),
    async stop() {
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  return true;
}

export const busy =
  (retryAfter?: string): Trouble =>
  (_, response) =>
    sendJson(
      response,
      429,
      { error: { message: 'Too many requests.' } },
      retryAfter ? { 'retry-after': retryAfter } : {},
    );

/** The connection goes away without a word. */
export const cut: Trouble = (_, response) => {
  response.socket?.destroy();
  return true;
};

export const redirect =
  (location: string, status = 307): Trouble =>
  (_, response) => {
    response.writeHead(status, { location }).end();
    return true;
  };

export const garbage: Trouble = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<html>It works!</html>');
  return true;
};
