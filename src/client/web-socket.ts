/** Subscriptions over one WebSocket: the client's side of the protocol graphql-transport-ws. */
import {
  DarkroomError,
  type GraphQLAnswer,
  type GraphQLErrorShape,
  connectionFailed,
  connectionLost,
} from './errors.js';
import type { Operation } from './http.js';
import type { Settings } from './settings.js';
import { type Listener, type Transport, onOnline } from './transport.js';

/** What is used of a WebSocket: those of browsers, of Node 22 and of the package `ws` fit. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error' | 'open', listener: () => void): void;
}

export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

type Message =
  | { readonly type: 'connection_ack' | 'ping' | 'pong' }
  | { readonly type: 'next'; readonly id: string; readonly payload: GraphQLAnswer }
  | { readonly type: 'error'; readonly id: string; readonly payload: readonly GraphQLErrorShape[] }
  | { readonly type: 'complete'; readonly id: string };

/** Looks at a connection within the time of silence. After two without a word it is asked for one, after four it is given up. */
const TICKS = 4;

/** The socket opens with the first subscription and closes with the last one. */
export function webSocketTransport(settings: Settings, WebSocket: WebSocketConstructor): Transport {
  let connection: Connection | undefined;
  return {
    open(operation, listener) {
      connection ??= connect(settings, WebSocket, () => (connection = undefined));
      return connection.add(operation, listener);
    },
  };
}

interface Connection {
  add(operation: Operation, listener: Listener): () => void;
}

function connect(settings: Settings, WebSocket: WebSocketConstructor, onEnd: () => void): Connection {
  const socket = new WebSocket(`${settings.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  const running = new Map<string, { readonly operation: Operation; readonly listener: Listener }>();
  let lastId = 0;
  let isReady = false;
  let hasEnded = false;
  const tickMs = settings.silenceMs / TICKS;
  let silentTicks = 0;
  let tickedAt = Date.now();

  const send = (message: object): void => socket.send(JSON.stringify(message));
  const start = (id: string, { operation, listener }: { operation: Operation; listener: Listener }): void => {
    send({ id, type: 'subscribe', payload: operation });
    listener.opened();
  };

  /** All that runs on it hears of the error. */
  const end = (error: DarkroomError): void => {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(opening);
    clearInterval(ticking);
    stopListening();
    onEnd();
    socket.close(1000);
    for (const { listener } of running.values()) listener.broken(error);
    running.clear();
  };

  const receive = (message: Message): void => {
    silentTicks = 0;
    switch (message.type) {
      case 'connection_ack':
        isReady = true;
        clearTimeout(opening);
        for (const [id, subscription] of running) start(id, subscription);
        break;
      case 'ping':
        send({ type: 'pong' });
        break;
      case 'next':
        running.get(message.id)?.listener.next(message.payload);
        break;
      case 'error':
        running.get(message.id)?.listener.next({ errors: message.payload });
        break;
      case 'complete': {
        const listener = running.get(message.id)?.listener;
        forget(message.id);
        listener?.complete();
        break;
      }
      default:
    }
  };

  const forget = (id: string): void => {
    running.delete(id);
    if (running.size === 0) end(connectionLost());
  };

  const tick = (): void => {
    const now = Date.now();
    // A laptop that slept: the connection may have ended meanwhile, and says so soon or never.
    const hasSlept = now - tickedAt > 3 * tickMs;
    tickedAt = now;
    silentTicks = hasSlept ? TICKS - 1 : silentTicks + 1;
    if (silentTicks >= TICKS) end(connectionLost());
    else if (isReady && silentTicks >= TICKS / 2) send({ type: 'ping' });
  };

  const opening = setTimeout(() => end(connectionFailed(settings.url)), settings.silenceMs);
  const ticking = setInterval(tick, tickMs);
  const stopListening = onOnline(() => end(connectionLost()));
  socket.addEventListener('open', async () => {
    // Whoever stands before the gateway may read it; the gateway itself does not.
    const payload = await settings.headers();
    if (!hasEnded) send({ type: 'connection_init', payload });
  });
  socket.addEventListener('message', ({ data }) => {
    if (!hasEnded) receive(JSON.parse(String(data)) as Message);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    end(isReady ? closeError(code, reason) : connectionFailed(settings.url, closeError(code, reason)));
  });
  // A close follows, and says as much.
  socket.addEventListener('error', () => undefined);

  return {
    add(operation, listener) {
      const id = String((lastId += 1));
      const subscription = { operation, listener };
      running.set(id, subscription);
      if (isReady) queueMicrotask(() => running.has(id) && start(id, subscription));
      return () => {
        if (!running.has(id)) return;
        if (isReady) send({ id, type: 'complete' });
        forget(id);
      };
    },
  };
}

function closeError(code: number, reason: string): DarkroomError {
  const message = `The gateway closed the WebSocket: ${code} ${reason}`.trim();
  if (code === 1009) return new DarkroomError('REQUEST_TOO_LARGE', message);
  // Those of the protocol blame the client, except for 4408: it was slow.
  const isRefused = code >= 4400 && code < 4500 && code !== 4408;
  return isRefused ? new DarkroomError('CONNECTION_REFUSED', message) : connectionLost(new Error(message));
}
