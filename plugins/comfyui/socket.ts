/** The WebSocket of one job, as a queue: frames in their order, and that it was lost. */
import { once } from 'node:events';
import { GatewayError } from 'darkroom/plugin';
import { WebSocket } from 'ws';
import type { HttpClient } from '../lib/http.js';
import { type Frame, parseFrame } from './frames.js';

export type SocketNews = Frame | { readonly type: 'lost' } | { readonly type: 'silence' };

const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export class JobSocket {
  readonly #socket: WebSocket;
  readonly #waiting: SocketNews[] = [];
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      const frame = parseFrame(Buffer.isBuffer(data) ? data : Buffer.from(data as ArrayBuffer), isBinary);
      if (frame) this.#add(frame);
    });
    socket.on('close', () => this.#add({ type: 'lost' }));
    socket.on('error', () => {});
  }

  /** @throws {GatewayError} ENGINE_UNAVAILABLE, ENGINE_ADDRESS_REFUSED; the signal's reason */
  static async open(client: HttpClient, clientId: string, signal: AbortSignal): Promise<JobSocket> {
    const { url, options } = client.webSocket(`ws?clientId=${encodeURIComponent(clientId)}`);
    const socket = new WebSocket(url, { ...options, perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
    // From the first moment on: frames may come together with the answer to the handshake.
    const job = new JobSocket(socket);
    try {
      await once(socket, 'open', { signal });
      return job;
    } catch (error) {
      socket.terminate();
      signal.throwIfAborted();
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('ENGINE_UNAVAILABLE', `The server ${client.host} takes no WebSocket at /ws.`, {
        cause: error,
      });
    }
  }

  /** The next that comes, or that nothing came for so long. @throws the signal's reason */
  async next(silenceMs: number, signal: AbortSignal): Promise<SocketNews> {
    signal.throwIfAborted();
    if (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          this.#wake = () => {};
          resolve();
        };
        const timer = setTimeout(done, silenceMs);
        signal.addEventListener('abort', done);
        this.#wake = done;
      });
      signal.throwIfAborted();
    }
    return this.#waiting.shift() ?? { type: 'silence' };
  }

  /** What has come already is dropped, and nothing more comes. */
  close(): void {
    this.#waiting.length = 0;
    this.#socket.terminate();
  }

  #add(news: SocketNews): void {
    this.#waiting.push(news);
    this.#wake();
  }
}
