/**
 * A client of a gateway in fifty lines: `ask` for queries and mutations over HTTP, `watch` for subscriptions over
 * WebSocket. Documents carry the types of variables and results.
 */
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import type { TypedDocumentString } from 'darkroom/client';

export interface GatewayClient {
  /** @throws Error with the gateway's code and message */
  ask<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Result>;
  /** What happens, until it ends. Leaving the loop ends the subscription. */
  watch<Result, Variables extends Record<string, unknown>>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): AsyncIterable<Result>;
  close(): Promise<void>;
}

/** @param url of the gateway, for instance `http://127.0.0.1:4000` */
export function connect(url: string): GatewayClient {
  const endpoint = new URL('/graphql', url);
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  const client: Client = createClient({ url: socket.href, webSocketImpl: WebSocket });

  return {
    async ask<Result, Variables extends Record<string, unknown>>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document.toString(), variables }),
      });
      return resultOf<Result>((await response.json()) as Answer<Result>);
    },

    async *watch<Result, Variables extends Record<string, unknown>>(
      document: TypedDocumentString<Result, Variables>,
      variables: Variables,
    ) {
      const events = client.iterate<Result>({ query: document.toString(), variables: variables });
      for await (const event of events) yield resultOf<Result>(event);
    },

    async close() {
      await client.dispose();
    },
  };
}

interface Answer<Result> {
  readonly data?: Result | null | undefined;
  readonly errors?: readonly { readonly message: string; readonly extensions?: object | undefined }[] | undefined;
}

function resultOf<Result>({ data, errors }: Answer<Result>): Result {
  const [error] = errors ?? [];
  if (error) throw new Error(`${codeOf(error.extensions)}: ${error.message}`);
  if (data === null || data === undefined) throw new Error('The gateway answered without data.');
  return data;
}

function codeOf(extensions: object | undefined): string {
  return extensions && 'code' in extensions ? String(extensions.code) : 'ERROR';
}
