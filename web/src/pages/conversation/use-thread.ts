/** A conversation with its messages, kept in step with the gateway: another tab, another client or a restart show here as they happen. */
import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import { ConversationEventsDocument } from 'darkroom/client';
import { useEffect } from 'react';

import { PREVIEW, noteTaskEvent } from '../../lib/development';
import { gateway, queryClient } from '../../lib/gateway';
import { readStored, writeStored } from '../../lib/storage';
import { type ThreadMessageFragment, ThreadDocument, type ThreadQuery } from './gql/graphql';

export type ThreadMessage = ThreadMessageFragment;
type Conversation = Extract<NonNullable<ThreadQuery['node']>, { __typename: 'Conversation' }>;

export interface Thread {
  readonly conversation: Conversation | null;
  /** Oldest first. */
  readonly messages: readonly ThreadMessage[];
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly earlier: { readonly load: () => void; readonly isLoading: boolean } | null;
}

const threadKey = (id: string) => ['thread', id] as const;
const REFRESH_MS = 80;

export function useThread(id: string): Thread {
  const query = useInfiniteQuery({
    queryKey: threadKey(id),
    queryFn: async ({ pageParam, signal }) => {
      const { node } = await gateway.request(ThreadDocument, { id, before: pageParam }, { signal });
      return node?.__typename === 'Conversation' ? node : null;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) =>
      page?.messages.pageInfo.hasPreviousPage ? page.messages.pageInfo.startCursor : undefined,
    retry: false,
  });
  useConversationEvents(id, query.data?.pages[0] != null);
  const pages = query.data?.pages ?? [];
  return {
    conversation: pages[0] ?? null,
    messages: pages.toReversed().flatMap((page) => page?.messages.edges.map(({ node }) => node) ?? []),
    isLoading: query.isPending,
    error: query.error,
    earlier: query.hasNextPage ? { load: () => void query.fetchNextPage(), isLoading: query.isFetchingNextPage } : null,
  };
}

/** Shows messages that were just sent, before the next reading. */
export function addToThread(id: string, messages: readonly ThreadMessage[]): void {
  queryClient.setQueryData<InfiniteData<Conversation | null>>(threadKey(id), (data) => {
    const [latest, ...earlier] = data?.pages ?? [];
    if (!data || !latest) return data;
    const known = new Set(latest.messages.edges.map(({ node }) => node.id));
    const added = messages.filter((message) => !known.has(message.id)).map((node) => ({ node }));
    const edges = [...latest.messages.edges, ...added];
    return { ...data, pages: [{ ...latest, messages: { ...latest.messages, edges } }, ...earlier] };
  });
}

function useConversationEvents(id: string, exists: boolean): void {
  useEffect(() => (exists ? followConversation(id) : undefined), [id, exists]);
}

interface Following {
  readers: number;
  readonly leaving: AbortController;
}

const followed = new Map<string, Following>();
/** How long a conversation is followed after its last reader left: from one page to the next nothing is missed. */
const HANDOVER_MS = 2_000;

/**
 * Hears what happens in a conversation from now on. A page that is about to say something begins before it does: previews are seen live
 * or not at all, and a small model is done within half a second.
 *
 * @returns ends it
 */
export function followConversation(id: string): () => void {
  let following = followed.get(id);
  if (following === undefined) {
    following = { readers: 0, leaving: new AbortController() };
    followed.set(id, following);
    void follow(id, following.leaving.signal).finally(() => followed.get(id) === following && followed.delete(id));
  }
  const { leaving } = following;
  const current = following;
  current.readers += 1;
  const release = () => {
    current.readers -= 1;
    if (current.readers === 0) leaving.abort();
  };
  return () => void setTimeout(release, HANDOVER_MS);
}

/** Several events within a moment are one reading. */
function createRefresh(id: string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void queryClient.invalidateQueries({ queryKey: threadKey(id) });
      void queryClient.invalidateQueries({ queryKey: ['conversations'] });
    }, REFRESH_MS);
  };
}

async function follow(conversationId: string, signal: AbortSignal): Promise<void> {
  const onChange = createRefresh(conversationId);
  const place = `cursor.${conversationId}`;
  // What ended before the page was opened is in the messages; what runs is told from where it was when the page closed.
  const after = readStored(place);
  try {
    const events = gateway.subscribe(
      ConversationEventsDocument,
      { conversationId, after, preview: PREVIEW },
      { signal },
    );
    for await (const { conversationEvents: event } of events) {
      if (event.__typename === 'MessageAdded') {
        onChange();
        continue;
      }
      noteTaskEvent(event.taskId, event);
      if (isEnd(event.__typename)) {
        // Not before: a reload in the middle of a task begins with what came before it, and shows all of its words.
        writeStored(place, event.cursor);
      }
      if (event.__typename !== 'DenoisingPreview' && event.__typename !== 'TextDelta') onChange();
    }
  } catch {
    // The conversation is gone, or the page goes on to another one. What the next reading finds is shown.
    if (!signal.aborted) onChange();
  }
}

function isEnd(name: string): boolean {
  return name === 'TaskSucceeded' || name === 'TaskFailed' || name === 'TaskCancelled';
}
