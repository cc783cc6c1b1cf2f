/**
 * The HTTP client of the plugins whose engine is a server: connections are kept, everything has a time-out, and a request is only
 * sent again where that is safe, which is when the server refused it before any work began, or when doing it twice changes nothing.
 */
import {
  Agent as HttpAgent,
  type ClientRequestArgs,
  type IncomingMessage,
  type RequestOptions,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, GatewayError } from 'darkroom/plugin';
import { type AddressPolicy, checkLiteral, followedUrl, guardedLookup } from './addresses.js';
import { isTooLong, retryAfterMs, retryDelayMs } from './retry.js';

export interface HttpTimeouts {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** From then on until the head of the answer: the server's work. */
  readonly answerMs: number;
  /** Between two pieces of the answer. */
  readonly idleMs: number;
}

export interface HttpClientOptions extends AddressPolicy {
  /** Sent to the configured host and to no other. */
  readonly secretHeaders: Readonly<Record<string, string>>;
  readonly timeouts: HttpTimeouts;
  /** Times that a request is sent again at most. */
  readonly retries: number;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  /** Below the configured address, or an address that the server gave. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  /** Doing it twice changes nothing. Default: true for GET. */
  readonly isIdempotent?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The body as it comes. @throws {GatewayError} ENGINE_UNAVAILABLE when it breaks off, ENGINE_TIMEOUT */
  chunks(): AsyncGenerator<Buffer, void>;
  /** The whole body. @throws {GatewayError} as `chunks`; ENGINE_ANSWER_INVALID when it is too large */
  bytes(): Promise<Buffer>;
  /** The whole body. @throws {GatewayError} as `bytes`; ENGINE_ANSWER_INVALID when it is no JSON */
  json(): Promise<unknown>;
}

/** The server answered with another status than 2xx. */
export class RefusedError extends GatewayError {
  readonly status: number;
  /** The server's own words, whole. */
  readonly detail: string;

  constructor(code: ErrorCode, message: string, status: number, detail: string) {
    super(code, message);
    this.status = status;
    this.detail = detail;
  }
}

const MAX_REDIRECTS = 3;
const MAX_BODY_BYTES = 512 * 1024 * 1024;
const MAX_DETAIL_BYTES = 64 * 1024;
/** Failures before the server had the request. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
]);

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** What the operator named, for messages. */
  get host(): string {
    return this.#options.configured.host;
  }

  /**
   * @throws {GatewayError} ENGINE_UNAVAILABLE, ENGINE_TIMEOUT, ENGINE_ADDRESS_REFUSED, ENGINE_ANSWER_INVALID; RefusedError with
   * ENGINE_FORBIDDEN (401, 403), ENGINE_REFUSED (other 4xx), ENGINE_UNAVAILABLE (429, 503), ENGINE_FAILED (other 5xx); the signal's reason
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { configured } = this.#options;
    const isAbsolute = /^https?:/.test(request.path);
    let url = isAbsolute ? followedUrl(request.path, configured, this.#options) : this.#below(request.path);
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#sendPatiently(url, request);
      const { location } = response.headers;
      const status = response.statusCode ?? 0;
      if (status < 300 || status >= 400 || location === undefined) return this.#answerOf(response, url, request.signal);
      response.resume();
      if (redirects === MAX_REDIRECTS) throw this.#error('ENGINE_ANSWER_INVALID', url, 'redirects without end');
      const keepsMethod = status === 307 || status === 308;
      if (request.method === 'POST' && !keepsMethod)
        throw this.#error('ENGINE_ANSWER_INVALID', url, `answered a POST with a redirect of status ${status}`);
      url = followedUrl(location, url, this.#options);
    }
  }

  /** Where a WebSocket below the configured address is, and what it is opened with: the same rules as for requests. */
  webSocket(path: string): { readonly url: URL; readonly options: ClientRequestArgs & { handshakeTimeout: number } } {
    const { secretHeaders, timeouts } = this.#options;
    const url = this.#below(path);
    checkLiteral(url, this.#options);
    const options = {
      lookup: guardedLookup(url, this.#options),
      headers: secretHeaders,
      handshakeTimeout: timeouts.connectMs,
    };
    return { url: new URL(url.href.replace(/^http/, 'ws')), options };
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** Paths are below the configured one: `https://host/v1` and `images/edits` make `https://host/v1/images/edits`. */
  #below(path: string): URL {
    const { configured } = this.#options;
    return new URL(path, configured.pathname.endsWith('/') ? configured : `${configured.href}/`);
  }

  /** Sends until there is an answer that a repetition would not change. */
  async #sendPatiently(url: URL, request: HttpRequest): Promise<IncomingMessage> {
    const { signal, method = 'GET', isIdempotent = method === 'GET' } = request;
    const { retries } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      signal.throwIfAborted();
      let waitMs = retryDelayMs(attempt);
      try {
        const response = await this.#sendOnce(url, request);
        const status = response.statusCode ?? 0;
        const isBusy = status === 429 || status === 503 || (isIdempotent && (status === 502 || status === 504));
        if (!isBusy || attempt >= retries) return response;
        const wanted = retryAfterMs(response.headers['retry-after'], Date.now());
        if (wanted !== undefined && isTooLong(wanted)) return response;
        waitMs = Math.max(wanted ?? 0, waitMs);
        response.resume();
      } catch (error) {
        const isSafe = error instanceof TransportError && (error.neverSent || error.isStale || isIdempotent);
        if (error instanceof TransportError && (!isSafe || attempt >= retries)) throw this.#transportError(error, url);
        if (!isSafe) throw error;
        // A connection that the server had closed meanwhile says nothing about the server.
        if (error.isStale) waitMs = 0;
      }
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  #sendOnce(url: URL, { method = 'GET', headers, body, signal }: HttpRequest): Promise<IncomingMessage> {
    const { configured, secretHeaders, timeouts } = this.#options;
    checkLiteral(url, this.#options);
    const isSecure = url.protocol === 'https:';
    const options: RequestOptions = {
      method,
      agent: this.#agents[isSecure ? 'https:' : 'http:'],
      lookup: guardedLookup(url, this.#options),
      signal,
      headers: {
        accept: '*/*',
        'user-agent': 'darkroom',
        ...headers,
        ...(url.host === configured.host ? secretHeaders : {}),
        ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
      },
    };
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(url, options);
      let timer = setTimeout(() => request.destroy(timeout('CONNECT_TIMEOUT')), timeouts.connectMs);
      const onConnected = () => {
        clearTimeout(timer);
        timer = setTimeout(() => request.destroy(timeout('ANSWER_TIMEOUT')), timeouts.answerMs);
      };
      request.on('socket', (socket) => {
        if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', onConnected);
        else onConnected();
      });
      request.on('response', (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        if (signal.aborted) return reject(signal.reason);
        if (error instanceof GatewayError) return reject(error);
        reject(new TransportError(error, request.reusedSocket));
      });
      request.end(body);
    });
  }

  async #answerOf(response: IncomingMessage, url: URL, signal: AbortSignal): Promise<HttpAnswer> {
    const chunks = () => this.#chunksOf(response, url, signal);
    const bytes = async (limit = MAX_BODY_BYTES) => {
      const pieces: Buffer[] = [];
      let size = 0;
      for await (const chunk of chunks()) {
        size += chunk.length;
        if (size > limit) throw this.#error('ENGINE_ANSWER_INVALID', url, `answered more than ${limit} bytes`);
        pieces.push(chunk);
      }
      return Buffer.concat(pieces);
    };
    const status = response.statusCode ?? 0;
    if (status < 200 || status >= 300) {
      const detail = await bytes(MAX_DETAIL_BYTES).then(String, () => '');
      signal.throwIfAborted();
      throw this.#refusal(status, detail, url, response.headers['retry-after']);
    }
    return {
      status,
      headers: response.headers,
      chunks,
      bytes: () => bytes(),
      json: async () => {
        const text = String(await bytes());
        try {
          return JSON.parse(text) as unknown;
        } catch (cause) {
          throw this.#error('ENGINE_ANSWER_INVALID', url, 'answered something that is no JSON', cause);
        }
      },
    };
  }

  async *#chunksOf(response: IncomingMessage, url: URL, signal: AbortSignal): AsyncGenerator<Buffer, void> {
    const { idleMs } = this.#options.timeouts;
    const { socket } = response;
    const onSilence = () => response.destroy(timeout('ANSWER_TIMEOUT'));
    socket.setTimeout(idleMs, onSilence);
    try {
      for await (const chunk of response) yield chunk as Buffer;
    } catch (error) {
      signal.throwIfAborted();
      if (isTimeout(error)) throw this.#error('ENGINE_TIMEOUT', url, `said nothing for ${idleMs} ms`, error);
      throw this.#error('ENGINE_UNAVAILABLE', url, 'broke off in the middle of its answer', error);
    } finally {
      socket.setTimeout(0);
      socket.off('timeout', onSilence);
    }
  }

  #transportError(error: TransportError, url: URL): GatewayError {
    const { connectMs, answerMs } = this.#options.timeouts;
    const { code, cause } = error;
    if (code === 'ANSWER_TIMEOUT')
      return this.#error('ENGINE_TIMEOUT', url, `did not begin to answer within ${answerMs} ms`, cause);
    if (code === 'CONNECT_TIMEOUT')
      return this.#error('ENGINE_UNAVAILABLE', url, `took no connection within ${connectMs} ms`, cause);
    const how = code === 'ECONNRESET' ? 'closed the connection without an answer' : `cannot be reached (${code})`;
    return this.#error('ENGINE_UNAVAILABLE', url, `${how}. Is it running, and is the configured address right?`, cause);
  }

  #refusal(status: number, detail: string, url: URL, retryAfter: string | undefined): RefusedError {
    const words = wordsOf(detail);
    const said = words === '' ? '' : `: ${words}`;
    const [code, what]: [ErrorCode, string] =
      status === 401 || status === 403
        ? ['ENGINE_FORBIDDEN', `refused the credentials (status ${status})`]
        : status === 429 || status === 503
          ? [
              'ENGINE_UNAVAILABLE',
              `is too busy (status ${status}${retryAfter ? `, try again in ${retryAfter} s` : ''})`,
            ]
          : status >= 500
            ? ['ENGINE_FAILED', `failed with status ${status}`]
            : ['ENGINE_REFUSED', `refused the request with status ${status}`];
    return new RefusedError(code, `The server ${url.host} ${what}${said}`, status, detail);
  }

  #error(code: ErrorCode, url: URL, what: string, cause?: unknown): GatewayError {
    return new GatewayError(code, `The server ${url.host} ${what}${what.endsWith('?') ? '' : '.'}`, { cause });
  }
}

/** No answer came. */
class TransportError extends Error {
  readonly code: string;
  /** The server cannot have begun. */
  readonly neverSent: boolean;
  /** A kept connection turned out to be closed. */
  readonly isStale: boolean;

  constructor(cause: NodeJS.ErrnoException, isReused: boolean) {
    super(cause.message, { cause });
    this.code = cause.code ?? cause.name;
    this.neverSent = NEVER_SENT.has(this.code);
    this.isStale = isReused && (this.code === 'ECONNRESET' || this.code === 'EPIPE');
  }
}

function timeout(code: 'CONNECT_TIMEOUT' | 'ANSWER_TIMEOUT'): NodeJS.ErrnoException {
  return Object.assign(new Error('Time is up.'), { code });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ANSWER_TIMEOUT';
}

/** The message in an error's body, in whichever of the usual places it is; short enough for a line. */
function wordsOf(detail: string): string {
  let words = detail;
  try {
    const body = JSON.parse(detail) as { error?: unknown; detail?: unknown; message?: unknown };
    const error = body.error ?? body.detail ?? body.message;
    const inner = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    words = typeof inner === 'string' ? inner : JSON.stringify(inner ?? '');
  } catch {
    if (/^\s*</.test(detail)) return '';
  }
  const line = words.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
