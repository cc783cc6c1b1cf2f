/**
 * A client of a running gateway for tests: real HTTP requests, real WebSockets. What a subscription sends waits in a
 * queue, so that no event is missed however late a test asks for it.
 */
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import type { TypedDocumentString } from '../../src/client/gql/graphql.js';

export interface Answer<Result> {
  readonly status: number;
  readonly data: Result;
  readonly errors: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string };
}

/** A query as text answers whatever the test says it answers. */
export type Query<Result, Variables> = TypedDocumentString<Result, Variables> | string;

export async function ask<Result, Variables extends Record<string, unknown>>(
  url: string,
  query: Query<Result, Variables>,
  variables?: Variables,
): Promise<Answer<Result>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: query.toString(), variables }),
  });
  const { data, errors = [] } = (await response.json()) as { data: Result; errors?: AnswerError[] };
  return { status: response.status, data, errors };
}

/** The same, where errors are not what the test is about. */
export async function tell<Result, Variables extends Record<string, unknown>>(
  url: string,
  query: Query<Result, Variables>,
  variables?: Variables,
): Promise<Result> {
  const { data, errors } = await ask(url, query, variables);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}

export interface Watcher<Result> extends AsyncIterable<Result> {
  /** The next event; rejects when the subscription has ended. */
  next(): Promise<Result>;
  /** All that is left until the end. */
  rest(): Promise<Result[]>;
  /** Ends the subscription, or the whole connection as a lost network would. */
  leave(): Promise<void>;
  breakOff(): void;
}

export function watch<Result, Variables extends Record<string, unknown>>(
  url: string,
  query: Query<Result, Variables>,
  variables: Variables,
): Watcher<Result> {
  let socket: WebSocket | undefined;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: { opened: (opened) => (socket = opened as WebSocket) },
  });
  const queue: Result[] = [];
  let end: { error?: unknown } | undefined;
  let wake: (() => void) | undefined;
  const news = () => {
    wake?.();
    wake = undefined;
  };
  const finish = (reason: { error?: unknown }) => {
    end ??= reason;
    news();
  };
  const unsubscribe = client.subscribe<Result>(
    { query: query.toString(), variables },
    {
      next: ({ data, errors }) => {
        if (errors) return finish({ error: errors });
        if (data !== null && data !== undefined) queue.push(data);
        return news();
      },
      error: (error) => finish({ error }),
      complete: () => finish({}),
    },
  );

  const take = async (): Promise<Result | undefined> => {
    while (queue.length === 0 && end === undefined) await new Promise<void>((resolve) => (wake = resolve));
    if (queue.length > 0) return queue.shift();
    await client.dispose();
    if (end?.error !== undefined) throw Object.assign(new Error(JSON.stringify(end.error)), { reason: end.error });
    return undefined;
  };
  const watcher: Watcher<Result> = {
    async next() {
      const event = await take();
      if (event === undefined) throw new Error('The subscription has ended.');
      return event;
    },
    async rest() {
      const events: Result[] = [];
      for await (const event of watcher) events.push(event);
      return events;
    },
    async leave() {
      unsubscribe();
      await client.dispose();
    },
    breakOff: () => socket?.terminate(),
    async *[Symbol.asyncIterator]() {
      for (let event = await take(); event !== undefined; event = await take()) yield event;
    },
  };
  return watcher;
}
