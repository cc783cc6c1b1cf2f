/**
 * Requests to a model hub: the token goes to the hub's own origin and nowhere else, redirects are followed by hand so that this
 * holds, a connection that stalls is cut, and every refusal becomes an error that says what to do.
 */
import type { z } from 'zod';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';
import { version } from '../version.js';
import type { HubLayout, Refusal } from './hubs/hub.js';
import { printable } from './paths.js';
import { Interruption, type RetryPolicy, retryAfter, retrying } from './retry.js';

export interface HubClientOptions {
  readonly layout: HubLayout;
  /** Where the hub is; its origin alone gets the token. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly retry: RetryPolicy;
  /** After which a connection that brings nothing is cut. */
  readonly stallMs: number;
}

/** What a request is about: repository and file, for messages. */
export interface Subject {
  readonly repository: string;
  readonly what: string;
}

/** An answer whose body is still to come. */
export interface OpenAnswer {
  readonly response: Response;
  /** The body, cut when nothing comes for too long. @throws Interruption when the connection is cut */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Drops what has not been read. */
  cancel(): Promise<void>;
}

const MAX_REDIRECTS = 10;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** A listing of this many bytes is no listing. */
const MAX_JSON_BYTES = 64 * 1024 * 1024;
const MAX_REFUSAL_BYTES = 8 * 1024;

/** These do not pass by themselves: a name that does not exist, a certificate that is not trusted. */
const LASTING = /^(ENOTFOUND|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

export class HubClient {
  readonly #options: HubClientOptions;
  readonly #base: URL;

  /** @throws GatewayError CONFIG_INVALID when address or token cannot be used; neither is shown, as both may hold a secret */
  constructor(options: HubClientOptions) {
    const token = options.token?.trim();
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
      throw new GatewayError(
        'CONFIG_INVALID',
        `The token in ${options.layout.tokenVariable} cannot be one: it is empty, or has spaces, line breaks or letters outside of ASCII in it.`,
      );
    this.#options = { ...options, token };
    if (!URL.canParse(options.url)) throw new GatewayError('CONFIG_INVALID', 'The address of the hub is no URL.');
    this.#base = new URL(options.url.endsWith('/') ? options.url : `${options.url}/`);
    if (hasCredentials(this.#base))
      throw new GatewayError(
        'CONFIG_INVALID',
        `The address of the hub has a user name or password in it. Leave them out, and set ${options.layout.tokenVariable} to an access token.`,
      );
  }

  get layout(): HubLayout {
    return this.#options.layout;
  }

  /** Address of the hub, without a token. */
  get url(): string {
    return this.#base.href.replace(/\/$/, '');
  }

  get retry(): RetryPolicy {
    return this.#options.retry;
  }

  /** A JSON answer, tried again while the hub is busy. @throws GatewayError HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_UNAVAILABLE, HUB_ANSWER_INVALID */
  async json<Schema extends z.ZodType>(path: string, schema: Schema, signal: AbortSignal): Promise<z.output<Schema>> {
    return (await this.page(path, schema, signal)).value;
  }

  /** As `json`, with the headers: `path` may also be the whole address of a next page. */
  async page<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    signal: AbortSignal,
  ): Promise<{ readonly value: z.output<Schema>; readonly headers: Headers }> {
    const url = new URL(path, this.#base);
    const repository = /models\/([^/]+\/[^/?]+)/.exec(url.pathname)?.[1] ?? path;
    return retrying(this.#options.retry, signal, async () => {
      const { response, chunks } = await this.#open(url, {}, { repository, what: 'the list of files' }, signal);
      const text = await readText(chunks, MAX_JSON_BYTES);
      const parsed = schema.safeParse(parseJson(text));
      if (parsed.success) return { value: parsed.data, headers: response.headers };
      const issues = parsed.error.issues
        .slice(0, 3)
        .map((issue) => `${issue.path.join('.') || 'answer'}: ${issue.message}`);
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `${this.#base.origin} does not answer as a ${this.layout.kind} hub does: ${issues.join('; ')}. Check the address of the hub.`,
      );
    });
  }

  /**
   * Asks for a file once; the caller decides about trying again.
   *
   * @param path under the hub's address
   * @returns a 200, 206 or 416
   * @throws Interruption when trying again may help; GatewayError HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_ANSWER_INVALID
   */
  open(
    path: string,
    headers: Readonly<Record<string, string>>,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<OpenAnswer> {
    return this.#open(new URL(path, this.#base), headers, subject, signal);
  }

  async #open(
    start: URL,
    headers: Readonly<Record<string, string>>,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<OpenAnswer> {
    const stall = new StallTimer(this.#options.stallMs, signal);
    try {
      let url = start;
      for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
        const response = await this.#request(url, headers, stall, signal);
        const location = response.headers.get('location');
        if (REDIRECTS.has(response.status) && location !== null) {
          await response.body?.cancel();
          url = this.#redirect(url, location);
          continue;
        }
        const chunks = readBody(response, stall, signal, this.withoutToken);
        if (![200, 206, 416].includes(response.status)) throw await this.#refusal(response, chunks, url, subject);
        const cancel = async () => {
          stall.stop();
          // A body that has been read, or cut, has nothing left to cancel.
          await response.body?.cancel().catch(() => undefined);
        };
        return { response, chunks, cancel };
      }
      throw new GatewayError('HUB_ANSWER_INVALID', `${this.#base.origin} redirects ${subject.what} in circles.`);
    } catch (error) {
      stall.stop();
      throw error;
    }
  }

  async #request(
    url: URL,
    headers: Readonly<Record<string, string>>,
    stall: StallTimer,
    signal: AbortSignal,
  ): Promise<Response> {
    const { layout, token } = this.#options;
    if (hasCredentials(url))
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `The hub at ${this.#base.host} leads to an address of ${url.host} with a user name or password, which is refused.`,
      );
    const mayHaveToken = token !== undefined && url.origin === this.#base.origin;
    try {
      return await fetch(url, {
        headers: {
          'user-agent': `darkroom/${version}`,
          // Bytes and their count are to be those of the file.
          'accept-encoding': 'identity',
          ...headers,
          ...(mayHaveToken ? layout.credentials(token) : {}),
        },
        redirect: 'manual',
        signal: stall.signal,
      });
    } catch (error) {
      throw asInterruption(error, url, stall, signal, this.withoutToken);
    } finally {
      stall.touch();
    }
  }

  #redirect(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (to === undefined || !/^https?:$/.test(to.protocol))
      throw new GatewayError('HUB_ANSWER_INVALID', `${from.host} redirects to something that is no web address.`);
    if (from.protocol === 'https:' && to.protocol !== 'https:')
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `${from.host} redirects to ${to.host} without encryption, which is refused.`,
      );
    return to;
  }

  async #refusal(response: Response, chunks: AsyncIterable<Uint8Array>, url: URL, subject: Subject): Promise<Error> {
    const { status, headers } = response;
    const body = await readText(chunks, MAX_REFUSAL_BYTES).catch(() => '');
    if (status === 408 || status === 425 || status === 429 || status >= 500)
      return new Interruption(`${url.host} answered ${status} for ${subject.what}`, {
        retryAfterMs: retryAfter(headers, Date.now()),
      });
    // What another origin says of a file is about its signed address, not about the repository.
    if (url.origin !== this.#base.origin) return new Interruption(`${url.host} answered ${status} for ${subject.what}`);
    return this.#explain(this.layout.readRefusal(response, body), status, subject);
  }

  #explain({ kind, words }: Refusal, status: number, { repository, what }: Subject): GatewayError {
    const { layout, token } = this.#options;
    const page = `${this.url}/${layout.pagePath(repository)}`;
    const hub = `the hub at ${this.#base.host}`;
    const withToken =
      token === undefined
        ? `set ${layout.tokenVariable} to an access token of yours`
        : `see that the token in ${layout.tokenVariable} is valid and may read it`;
    const said = words === '' ? '' : ` (it says: ${printable(this.withoutToken(words))})`;
    switch (kind) {
      case 'repository-missing':
        return new GatewayError(
          'HUB_NOT_FOUND',
          `There is no repository ${repository} on ${hub}, or it is private. Check the name; if it is private, ${withToken}.`,
        );
      case 'revision-missing':
        return new GatewayError('HUB_NOT_FOUND', `${repository} has no such revision on ${hub}${said}.`);
      case 'file-missing':
        return new GatewayError('HUB_NOT_FOUND', `${repository} has no ${what} on ${hub}${said}.`);
      case 'gated':
        return new GatewayError(
          'HUB_FORBIDDEN',
          `${repository} is gated: accept its conditions at ${page}, then ${withToken}, and pull again.`,
        );
      case 'forbidden':
        return new GatewayError(
          'HUB_FORBIDDEN',
          `${hub} refuses ${repository} with status ${status}${said}: ${withToken}. It may also want its conditions accepted at ${page}.`,
        );
      case 'other':
        return new GatewayError('HUB_ANSWER_INVALID', `${hub} answered ${status} for ${what} of ${repository}${said}.`);
    }
  }

  /** A hub that repeats a request in its answer must not get the token into a message. */
  readonly withoutToken = (text: string): string => {
    const { token } = this.#options;
    return token === undefined ? text : text.replaceAll(token, '(token)');
  };
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

/** Aborts a request that brings nothing for `ms`. */
class StallTimer {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: () => void;
  readonly #outer: AbortSignal;

  constructor(ms: number, outer: AbortSignal) {
    this.#outer = outer;
    this.#timer = setTimeout(() => this.#controller.abort(new Interruption(`nothing came for ${ms / 1000} s`)), ms);
    this.#onAbort = () => this.#controller.abort(outer.reason);
    if (outer.aborted) this.#onAbort();
    else outer.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came. */
  touch(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#onAbort);
  }
}

async function* readBody(
  response: Response,
  stall: StallTimer,
  signal: AbortSignal,
  withoutToken: (text: string) => string,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      // What the reader does with a chunk is its own time.
      stall.touch();
      yield chunk;
      stall.touch();
    }
  } catch (error) {
    throw asInterruption(error, new URL(response.url), stall, signal, withoutToken);
  } finally {
    stall.stop();
  }
}

/** What a failed request means: wait and try again, or give up. */
function asInterruption(
  error: unknown,
  url: URL,
  stall: StallTimer,
  signal: AbortSignal,
  withoutToken: (text: string) => string,
): unknown {
  if (signal.aborted) return signal.reason;
  if (stall.signal.reason instanceof Interruption)
    return new Interruption(`${url.host}: ${stall.signal.reason.message}`, { cause: error });
  // fetch tells "fetch failed" or "terminated"; what happened is in the cause.
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
  const code = systemErrorCode(cause) ?? '';
  const reason = printable(withoutToken(cause instanceof Error ? cause.message : String(cause)));
  if (LASTING.test(code))
    return new GatewayError(
      'HUB_UNAVAILABLE',
      `${url.host} cannot be reached: ${reason}. Check the address of the hub and the network.`,
      {
        cause: error,
      },
    );
  return new Interruption(`The connection to ${url.host} failed (${code || reason})`, { cause: error });
}

async function readText(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) break;
  }
  return Buffer.concat(parts).subarray(0, maxBytes).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
