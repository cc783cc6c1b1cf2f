/** What a client is told, once, with its defaults filled in. */
import type { PrintDocument } from './document.js';
import type { DarkroomError } from './errors.js';
import type { WebSocketConstructor } from './web-socket.js';

export type Provided<Value> = Value | (() => Value | Promise<Value>);

/** What a subscription tells of its connection. */
export type ConnectionState =
  | { readonly status: 'CONNECTED' }
  | {
      readonly status: 'WAITING';
      /** Failed attempts in a row, from 1. */
      readonly attempt: number;
      /** Until the next one, which comes sooner when the machine is online again. */
      readonly delayMs: number;
      readonly error: DarkroomError;
    };

export interface RetryOptions {
  /** Attempts in a row after which a subscription fails. Default: no end. */
  readonly maxAttempts?: number | undefined;
  /** Milliseconds before the first new attempt, at most; doubled with each one. Default 500. */
  readonly baseMs?: number | undefined;
  /** Milliseconds between two attempts, at most. Default 10,000. */
  readonly maxMs?: number | undefined;
}

export interface ClientOptions {
  /** Of the gateway, for instance `http://127.0.0.1:4000`. Default: where the page comes from. */
  readonly url?: string | URL | undefined;
  /** Sent as `Authorization: Bearer …`, to a proxy that asks for it. Asked for before every request when it is a function. */
  readonly token?: Provided<string | undefined> | undefined;
  /** Sent with every HTTP request. */
  readonly headers?: Provided<Readonly<Record<string, string>>> | undefined;
  /** Whether cookies go to a gateway of another origin, as `fetch` has it. Default: `same-origin`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin' | undefined;
  /** Milliseconds until a request must be answered; 0 for no limit. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How subscriptions travel. `auto`: a WebSocket where there is one and no `token` or `headers` (it cannot carry them), else
   * Server-Sent Events; and those as well where a WebSocket never gets through. Default: `auto`.
   */
  readonly transport?: 'auto' | 'sse' | 'websocket' | undefined;
  /** Default: the one of the platform (browsers, Node 22). The package `ws` has one for Node 20. */
  readonly webSocket?: WebSocketConstructor | undefined;
  /** Default: the one of the platform. */
  readonly fetch?: typeof fetch | undefined;
  readonly retry?: RetryOptions | undefined;
  /**
   * Milliseconds without a sign of life after which the connection of a subscription, also one that is being made, is given up and made anew. The gateway gives
   * one every 12 seconds over Server-Sent Events; over a WebSocket it is asked for one. Default 20,000.
   */
  readonly silenceMs?: number | undefined;
  /** Called when a subscription connects, and when it waits to connect again. */
  readonly onConnection?: ((state: ConnectionState) => void) | undefined;
  /** For documents that are not text: `print` of the package `graphql`. */
  readonly print?: PrintDocument<never> | undefined;
}

export interface Settings {
  /** Without a slash at its end. */
  readonly url: string;
  readonly credentials: 'include' | 'omit' | 'same-origin';
  readonly timeoutMs: number;
  readonly silenceMs: number;
  readonly retry: { readonly maxAttempts: number; readonly baseMs: number; readonly maxMs: number };
  readonly fetch: typeof fetch;
  readonly print: PrintDocument | undefined;
  readonly onConnection: (state: ConnectionState) => void;
  /** Aborted when the client is closed. */
  readonly closed: AbortSignal;
  /** As they are now. */
  headers(): Promise<Record<string, string>>;
}

/** @throws TypeError when there is no address */
export function settingsFrom(options: ClientOptions, closed: AbortSignal): Settings {
  const {
    url = pageOrigin(),
    token,
    headers = {},
    credentials = 'same-origin',
    timeoutMs = 30_000,
    silenceMs = 20_000,
  } = options;
  const { maxAttempts = Number.POSITIVE_INFINITY, baseMs = 500, maxMs = 10_000 } = options.retry ?? {};
  if (url === undefined)
    throw new TypeError('createClient needs the `url` of a gateway, such as http://127.0.0.1:4000.');
  return {
    // The address of GraphQL itself is a likely thing to paste.
    url: new URL(url).href.replace(/(\/graphql)?\/?$/, ''),
    credentials,
    timeoutMs,
    silenceMs,
    retry: { maxAttempts, baseMs, maxMs },
    // Called as a method of anything else, the one of a browser refuses.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    print: options.print as PrintDocument | undefined,
    onConnection: options.onConnection ?? (() => undefined),
    closed,
    async headers() {
      const bearer = await provide(token);
      return { ...(await provide(headers)), ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    },
  };
}

function provide<Value>(provided: Provided<Value>): Value | Promise<Value> {
  return typeof provided === 'function' ? (provided as () => Value | Promise<Value>)() : provided;
}

function pageOrigin(): string | undefined {
  return (globalThis as { location?: { readonly origin: string } }).location?.origin;
}
