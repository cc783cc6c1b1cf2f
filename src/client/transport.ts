/** How one subscription travels, once: no transport tries again by itself. */
import type { DarkroomError, GraphQLAnswer } from './errors.js';
import type { Operation } from './http.js';

/** Is told nothing any more after `complete`, `broken` or the end that `open` returned. */
export interface Listener {
  /** The gateway has taken the subscription. */
  opened(): void;
  next(answer: GraphQLAnswer): void;
  /** It has ended, as the gateway meant it. */
  complete(): void;
  /** It could not begin, or broke off. */
  broken(error: DarkroomError): void;
}

export interface Transport {
  /** Calls the listener later, never at once. @returns ends the subscription */
  open(operation: Operation, listener: Listener): () => void;
}

/** Takes `first`; where it never got through and `second` does, `second` from then on. */
export function withFallback(first: Transport, second: Transport): Transport {
  let proven: Transport | undefined;
  return {
    open(operation, listener) {
      const proving = (transport: Transport): Listener => ({
        ...listener,
        opened() {
          proven ??= transport;
          listener.opened();
        },
      });
      if (proven) return proven.open(operation, listener);
      let close = first.open(operation, {
        ...proving(first),
        broken(error) {
          if (proven) listener.broken(error);
          else close = second.open(operation, proving(second));
        },
      });
      return () => close();
    },
  };
}

/** Calls `listener` when the machine is back on the network. @returns ends that */
export function onOnline(listener: () => void): () => void {
  const page = globalThis as Partial<Pick<EventTarget, 'addEventListener' | 'removeEventListener'>>;
  page.addEventListener?.('online', listener);
  return () => page.removeEventListener?.('online', listener);
}
