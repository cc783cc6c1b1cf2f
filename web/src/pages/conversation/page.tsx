/** Conversations: the list of them, the one that is open, and the message that is being written. */
import { useMutation, useQuery } from '@tanstack/react-query';
import {
  CreateConversationDocument,
  DeleteConversationDocument,
  type DiffusionInput,
  type MessagePartInput,
} from 'darkroom/client';
import { type JSX, type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';

import { Button, IconButton } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { EmptyState } from '../../components/empty-state';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway, isUnreachable, queryClient } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { randomId } from '../../lib/random-id';
import { Composer } from './composer';
import { ConversationList } from './conversation-list';
import { type Draft, changed, diffusionOf, draftOf, partsOf, useDraft, withoutSent } from '../../lib/draft';
import { SayDocument, type StudioImageFragment, StudioModelsDocument } from './gql/graphql';
import { AnswerStatus, MessageView, wordsOf } from './message-view';
import { CONVERSATION } from './messages';
import styles from './page.module.css';
import { MAX_SEED } from './settings-panel';
import { type Thread, type ThreadMessage, addToThread, followConversation, useThread } from './use-thread';
import { Welcome } from './welcome';

interface Saying {
  readonly parts: MessagePartInput[];
  readonly diffusion?: DiffusionInput | undefined;
  readonly idempotencyKey: string;
}

function sayingOf(draft: Draft): Saying {
  return { parts: partsOf(draft), diffusion: diffusionOf(draft.settings), idempotencyKey: draft.key };
}

export default function ConversationPage({ id }: { readonly id: string | null }): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const [isListOpen, setListOpen] = useState(false);
  return (
    <div className={styles.page}>
      <aside className={styles.aside} aria-label={text.list}>
        <ConversationList here={id} />
      </aside>
      {id === null ? (
        <NewConversation onShowList={() => setListOpen(true)} />
      ) : (
        <OpenConversation key={id} id={id} onShowList={() => setListOpen(true)} />
      )}
      {isListOpen && (
        <Dialog title={text.list} onClose={() => setListOpen(false)}>
          <div className={styles.dialogList}>
            <ConversationList here={id} onChoose={() => setListOpen(false)} />
          </div>
          <Button onClick={() => setListOpen(false)}>{common.close}</Button>
        </Dialog>
      )}
    </div>
  );
}

function NewConversation({ onShowList }: { readonly onShowList: () => void }): JSX.Element {
  const text = useText(CONVERSATION);
  const [draft, change] = useDraft(null);
  const { models, model } = useModels(draft.model);
  const begin = useBegin();
  const [, go] = useLocation();
  const send = (saying: Saying, sent: Draft | null) =>
    begin.mutate(
      { saying, sent, title: titleOf(saying.parts) ?? text.untitled, model: model?.id },
      { onSuccess: (conversationId) => go(`/c/${encodeURIComponent(conversationId)}`) },
    );
  return (
    <ThreadFrame
      title={text.untitled}
      note={model?.name}
      onShowList={onShowList}
      composer={
        <Composer
          conversationId={null}
          models={models}
          model={model}
          draft={draft}
          onChange={change}
          isSending={begin.isPending}
          onSend={() => send(sayingOf(draft), draft)}
        />
      }
    >
      <Welcome
        model={model}
        isBusy={begin.isPending}
        onTry={(prompt) => send({ parts: [{ text: prompt }], idempotencyKey: randomId() }, null)}
      />
    </ThreadFrame>
  );
}

function OpenConversation({ id, onShowList }: { readonly id: string; readonly onShowList: () => void }): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const [draft, change] = useDraft(id);
  const thread = useThread(id);
  const { models, model } = useModels(thread.conversation?.model.id ?? null);
  const say = useSay(id);
  const varying = useSay(id);
  const vary = varying.mutate;

  const onEdit = useCallback(
    (image: StudioImageFragment) => {
      draftOf(id).set((now) =>
        changed(now, { imageIds: [...now.imageIds.filter((other) => other !== image.id), image.id] }),
      );
      notify(text.editing);
      document.querySelector('textarea')?.focus();
    },
    [id, text],
  );
  const onVary = useCallback(
    (image: StudioImageFragment) => {
      if (image.recipe === null) return;
      const { decoder: _, seed: __, count: ___, ...settings } = image.recipe.settings;
      // An edit is varied from its source, not from its result.
      const source = image.source === null ? [] : [{ imageId: image.source.id }];
      vary({
        saying: {
          parts: [...source, { text: image.recipe.prompt }],
          diffusion: { ...settings, seed: Math.floor(Math.random() * MAX_SEED) },
          idempotencyKey: randomId(),
        },
        sent: null,
      });
    },
    [vary],
  );
  const onChange = useCallback(() => void queryClient.invalidateQueries({ queryKey: ['thread', id] }), [id]);

  if (thread.conversation === null && !thread.isLoading && !thread.error) {
    return (
      <EmptyState title={text.gone}>
        <p>{text.goneHelp}</p>
        <Link href="/">{text.newConversation}</Link>
      </EmptyState>
    );
  }
  return (
    <ThreadFrame
      title={thread.conversation?.title || text.title}
      note={thread.conversation?.model.name}
      onShowList={onShowList}
      follow={thread.messages.at(-1)?.id}
      composer={
        <Composer
          conversationId={id}
          models={models}
          model={model}
          draft={draft}
          onChange={change}
          isSending={say.isPending}
          onSend={() => say.mutate({ saying: sayingOf(draft), sent: draft })}
        />
      }
    >
      {thread.error != null && thread.conversation === null ? (
        <EmptyState title={errorText(common, thread.error)} />
      ) : (
        <Messages thread={thread} onEdit={onEdit} onVary={onVary} onChange={onChange} />
      )}
    </ThreadFrame>
  );
}

interface MessagesProps {
  readonly thread: Thread;
  readonly onEdit: (image: StudioImageFragment) => void;
  readonly onVary: (image: StudioImageFragment) => void;
  readonly onChange: () => void;
}

function Messages({ thread: { messages, earlier }, ...actions }: MessagesProps): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const answer = messages.findLast(({ role }) => role === 'ASSISTANT');
  return (
    <>
      <ol className={styles.messages} aria-label={text.messages}>
        {earlier && (
          <li className={styles.earlier}>
            <Button look="quiet" disabled={earlier.isLoading} onClick={earlier.load}>
              {earlier.isLoading ? common.loading : text.earlier}
            </Button>
          </li>
        )}
        {messages.map((message, index) => (
          <MessageView key={message.id} message={message} asked={askedBefore(messages, index)} {...actions} />
        ))}
      </ol>
      {answer && <AnswerStatus message={answer} />}
    </>
  );
}

/** The user's last words up to a message. */
function askedBefore(messages: readonly ThreadMessage[], index: number): string {
  const asked = messages.slice(0, index + 1).findLast((message) => message.role === 'USER' && wordsOf(message) !== '');
  return asked ? wordsOf(asked) : '';
}

interface ThreadFrameProps {
  readonly title: string;
  readonly note: string | undefined;
  readonly onShowList: () => void;
  readonly composer: ReactNode;
  readonly children: ReactNode;
  /** A new value scrolls to the end: something was said. */
  readonly follow?: string | undefined;
}

/** How near to the end, in pixels, a reader is taken to follow what comes. */
const NEAR_END = 160;

function ThreadFrame({ title, note, onShowList, composer, children, follow }: ThreadFrameProps): JSX.Element {
  const text = useText(CONVERSATION);
  const scroll = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  useLayoutEffect(() => {
    if (follow === undefined) return;
    isFollowing.current = true;
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight });
  }, [follow]);
  useEffect(() => {
    const box = scroll.current;
    if (!box || !content.current) return undefined;
    // Words and pictures grow: who reads the end stays at it, who reads above is left alone.
    const observer = new ResizeObserver(() => {
      if (isFollowing.current) box.scrollTo({ top: box.scrollHeight });
    });
    observer.observe(content.current);
    return () => observer.disconnect();
  }, []);
  return (
    <section className={styles.thread} aria-label={text.title}>
      <header className={styles.head}>
        <IconButton icon="list" label={text.showList} className={styles.showList} onClick={onShowList} />
        <h1>{title}</h1>
        {note !== undefined && <span>{note}</span>}
      </header>
      <div
        ref={scroll}
        className={styles.scroll}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          isFollowing.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
        }}
      >
        <div ref={content} className={styles.content}>
          {children}
        </div>
      </div>
      <div className={styles.foot}>{composer}</div>
    </section>
  );
}

function useModels(id: string | null) {
  const { data } = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => gateway.request(StudioModelsDocument, {}, { signal }),
    staleTime: 60_000,
  });
  const models = data?.models ?? [];
  // The first one is the gateway's default.
  return { models, model: models.find((model) => model.id === id) ?? models[0] };
}

interface Said {
  readonly saying: Saying;
  /** What is taken out of the composer once it has arrived; null for what was not written there. */
  readonly sent: Draft | null;
}

function useSay(conversationId: string) {
  const tellError = useTellError();
  return useMutation({
    mutationFn: ({ saying }: Said) => gateway.request(SayDocument, { input: { conversationId, ...saying } }),
    onSuccess: ({ sendMessage: { userMessage, replyMessage } }, { sent }) => {
      if (sent) draftOf(conversationId).set((draft) => withoutSent(draft, sent));
      addToThread(conversationId, [userMessage, replyMessage]);
    },
    onError: tellError,
  });
}

interface Beginning extends Said {
  readonly title: string;
  readonly model: string | undefined;
}

/** Begins a conversation with its first message. @returns its id */
function useBegin() {
  const tellError = useTellError();
  // When nobody answers, the message may have arrived: the next try goes to the same conversation.
  const begun = useRef<{ readonly id: string; readonly model: string | undefined } | null>(null);
  return useMutation({
    mutationFn: async ({ saying, title, model }: Beginning) => {
      if (begun.current?.model !== model) begun.current = null;
      begun.current ??= { id: await createConversation(title, model), model };
      const conversationId = begun.current.id;
      const leave = followConversation(conversationId);
      try {
        // The key holds for this conversation: with another one the same words are another message.
        const idempotencyKey = `${saying.idempotencyKey}.${conversationId}`;
        await gateway.request(SayDocument, { input: { conversationId, ...saying, idempotencyKey } });
      } catch (error) {
        if (!isUnreachable(error)) {
          begun.current = null;
          // It was refused, and nobody wants a conversation without a word in it.
          void gateway.request(DeleteConversationDocument, { input: { conversationId } }).catch(() => undefined);
        }
        throw error;
      } finally {
        leave();
      }
      return conversationId;
    },
    onSuccess: (_, { sent }) => {
      if (sent) draftOf(null).set((draft) => withoutSent(draft, sent));
      void queryClient.invalidateQueries({ queryKey: ['conversations'] });
    },
    onError: tellError,
  });
}

async function createConversation(title: string, model: string | undefined): Promise<string> {
  const { createConversation: created } = await gateway.request(CreateConversationDocument, {
    input: { title, ...(model !== undefined && { model }) },
  });
  return created.conversation.id;
}

function useTellError() {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  return (error: unknown) => notify(`${text.notSent} ${errorText(common, error)}`, 'problem');
}

const TITLE_LENGTH = 60;

function titleOf(parts: readonly MessagePartInput[]): string | undefined {
  const said = parts.find((part) => part.text)?.text?.trim();
  return said && (said.length > TITLE_LENGTH ? `${said.slice(0, TITLE_LENGTH - 1)}…` : said);
}
