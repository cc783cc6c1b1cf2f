/** POST /uploads: a picture as the body itself. */
import { connectionFailed } from './errors.js';
import { notAnAnswer, parse, withDeadline } from './http.js';
import type { Settings } from './settings.js';

/** A file of a form, bytes, or what gives them one after the other: `createReadStream(path)`, the body of a response. */
export type UploadSource = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array>;

export interface UploadProgress {
  /** Bytes that have been handed to the network. */
  readonly loaded: number;
  /** Bytes in all; undefined for a stream. */
  readonly total: number | undefined;
}

export interface UploadOptions {
  /** Ends the upload; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 0 for no limit, which is the default: pictures are large and networks slow. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
}

/** @returns the id of the upload. @throws DarkroomError */
export function postUpload(
  settings: Settings,
  source: UploadSource,
  { signal, timeoutMs = 0, onProgress }: UploadOptions,
): Promise<string> {
  return withDeadline(settings, { signal, timeoutMs }, async (signal) => {
    const headers = { ...(await settings.headers()), 'content-type': 'application/octet-stream' };
    const { XMLHttpRequest } = globalThis as unknown as { XMLHttpRequest?: new () => ProgressRequest };
    const response = XMLHttpRequest
      ? await sendFromPage(new XMLHttpRequest(), settings, await toBlob(source), { headers, signal, onProgress })
      : await settings.fetch(`${settings.url}/uploads`, {
          method: 'POST',
          headers,
          signal,
          ...bodyOf(source, signal, onProgress),
        });
    const body = parse(await response.text());
    if (typeof body?.['uploadId'] === 'string') return body['uploadId'];
    throw notAnAnswer(body, response);
  });
}

// ── Outside of pages: fetch takes streams ────────────────────────────────────────────────────────────────────────────

interface StreamedBody extends RequestInit {
  readonly body: ReadableStream<Uint8Array>;
  readonly duplex: 'half';
}

function bodyOf(source: UploadSource, signal: AbortSignal, onProgress: UploadOptions['onProgress']): RequestInit {
  const total = sizeOf(source);
  if (onProgress === undefined && total !== undefined) return { body: source as Blob | ArrayBuffer };
  const chunks = chunksOf(source);
  let loaded = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // Node's fetch goes on reading what it will not send any more.
      if (signal.aborted) await chunks.return(undefined);
      signal.throwIfAborted();
      const { done, value } = await chunks.next();
      if (done === true) return controller.close();
      controller.enqueue(value);
      loaded += value.byteLength;
      return onProgress?.({ loaded, total });
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
  const init: StreamedBody = { body, duplex: 'half' };
  return init;
}

function sizeOf(source: UploadSource): number | undefined {
  if (source instanceof Blob) return source.size;
  return 'byteLength' in source ? source.byteLength : undefined;
}

async function* chunksOf(source: UploadSource): AsyncGenerator<Uint8Array> {
  if (Symbol.asyncIterator in source) return yield* source;
  const reader = (source instanceof Blob ? source : new Blob([source])).stream().getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) yield chunk.value;
}

// ── In pages: only XMLHttpRequest tells of progress, and it takes no streams ─────────────────────────────────────────

/** What is used of XMLHttpRequest. */
interface ProgressRequest {
  readonly status: number;
  readonly responseText: string;
  readonly responseURL: string;
  withCredentials: boolean;
  readonly upload: {
    addEventListener(
      type: 'progress',
      listener: (event: { readonly loaded: number; readonly total: number }) => void,
    ): void;
  };
  addEventListener(type: 'abort' | 'error' | 'load', listener: () => void): void;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob): void;
  abort(): void;
}

interface PageUpload extends Pick<UploadOptions, 'onProgress'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

function sendFromPage(
  request: ProgressRequest,
  { url, credentials }: Settings,
  body: Blob,
  { headers, signal, onProgress }: PageUpload,
): Promise<Pick<Response, 'headers' | 'status' | 'text' | 'url'>> {
  return new Promise((resolve, reject) => {
    request.open('POST', `${url}/uploads`);
    request.withCredentials = credentials === 'include';
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    // A listener makes the browser ask first whether it may send to another origin.
    if (onProgress) request.upload.addEventListener('progress', ({ loaded, total }) => onProgress({ loaded, total }));
    request.addEventListener('load', () => {
      const lines = request.getAllResponseHeaders().trim().split(/\r?\n/);
      resolve({
        status: request.status,
        url: request.responseURL,
        headers: new Headers(lines.filter(Boolean).map((line) => toPair(line))),
        text: async () => request.responseText,
      });
    });
    request.addEventListener('error', () => reject(connectionFailed(url)));
    request.addEventListener('abort', () => reject(signal.reason));
    signal.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}

function toPair(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

async function toBlob(source: UploadSource): Promise<Blob> {
  if (source instanceof Blob) return source;
  if (!(Symbol.asyncIterator in source)) return new Blob([source]);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of source) chunks.push(chunk as Uint8Array<ArrayBuffer>);
  return new Blob(chunks);
}
