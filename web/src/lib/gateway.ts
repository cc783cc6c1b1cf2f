/**
 * The one client of the gateway that served this page, the cache of what it answered, and whether it answers at all.
 */
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { DarkroomError, StatusDocument, createClient } from 'darkroom/client';

import { createStore } from './store';

/** Offline: the gateway does not answer. Back: it does again, said for a moment. */
export type Reach = 'online' | 'offline' | 'back';

const ASK_AGAIN_MS = 2_000;
const BACK_SHOWN_MS = 3_000;

export const reachStore = createStore<Reach>('online');

export const gateway = createClient({
  retry: { baseMs: 300, maxMs: 3_000 },
  onConnection: ({ status }) => (status === 'CONNECTED' ? setOnline() : setOffline()),
});

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteError, onSuccess: setOnline }),
  mutationCache: new MutationCache({ onError: noteError, onSuccess: setOnline }),
  defaultOptions: {
    // A gateway on the same machine answers without a network.
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && isRetryable(error),
    },
    mutations: { networkMode: 'always' },
  },
});

/** Whether no gateway answered, as opposed to one that refused. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof DarkroomError &&
    ['CONNECTION_FAILED', 'CONNECTION_LOST', 'TIMEOUT', 'ANSWER_INVALID'].includes(error.code)
  );
}

function isRetryable(error: unknown): boolean {
  return error instanceof DarkroomError && error.retryable && !isUnreachable(error);
}

function noteError(error: unknown): void {
  if (isUnreachable(error)) setOffline();
}

function setOffline(): void {
  if (reachStore.get() === 'offline') return;
  reachStore.set('offline');
  setTimeout(askAgain, ASK_AGAIN_MS);
}

function setOnline(): void {
  if (reachStore.get() !== 'offline') return;
  reachStore.set('back');
  setTimeout(() => reachStore.set((reach) => (reach === 'back' ? 'online' : reach)), BACK_SHOWN_MS);
  // What is on the page may have changed meanwhile, or was never read.
  void queryClient.invalidateQueries();
}

async function askAgain(): Promise<void> {
  if (reachStore.get() !== 'offline') return;
  try {
    await gateway.request(StatusDocument, {}, { timeoutMs: 5_000 });
    setOnline();
  } catch {
    setTimeout(askAgain, ASK_AGAIN_MS);
  }
}
