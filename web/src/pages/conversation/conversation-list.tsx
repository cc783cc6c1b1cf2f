/** All conversations: the newest first, searched, renamed, deleted. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { DeleteConversationDocument, UpdateConversationDocument } from 'darkroom/client';
import { type FormEvent, type JSX, useDeferredValue, useState } from 'react';
import { Link, useLocation } from 'wouter';

import buttonStyles from '../../components/button.module.css';
import { Button, IconButton } from '../../components/button';
import { Dialog, DialogActions, DialogError } from '../../components/dialog';
import { Icon } from '../../components/icon';
import { useText, useTimeAgo } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway, queryClient } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import styles from './conversation-list.module.css';
import { ConversationListDocument, type ConversationListQuery } from './gql/graphql';
import { CONVERSATION } from './messages';

type Item = ConversationListQuery['conversations']['edges'][number]['node'];

export interface ConversationListProps {
  readonly here: string | null;
  /** Called when one was chosen. */
  readonly onChoose?: () => void;
}

export function ConversationList({ here, onChoose }: ConversationListProps): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const ago = useTimeAgo();
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const [renamed, setRenamed] = useState<Item | null>(null);
  const [deleted, setDeleted] = useState<Item | null>(null);
  const { data, hasNextPage, fetchNextPage, isFetchingNextPage, isPending, error } = useInfiniteQuery({
    queryKey: ['conversations', wanted],
    queryFn: ({ pageParam, signal }) =>
      gateway.request(ConversationListDocument, { search: wanted || null, after: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ conversations: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    placeholderData: (before) => before,
  });
  const items = data?.pages.flatMap(({ conversations }) => conversations.edges.map(({ node }) => node)) ?? [];
  return (
    <div className={styles.list}>
      <Link href="/" className={`${buttonStyles.button} ${styles.new}`} onClick={onChoose}>
        <Icon name="add" />
        {text.newConversation}
      </Link>
      <input
        type="search"
        value={search}
        aria-label={text.search}
        placeholder={text.search}
        onChange={({ target }) => setSearch(target.value)}
      />
      <ul className={styles.items} aria-label={text.list}>
        {items.map((item) => (
          <li key={item.id} className={`${styles.item} ${item.id === here ? styles.here : ''}`}>
            <Link
              href={`/c/${encodeURIComponent(item.id)}`}
              className={styles.link}
              aria-current={item.id === here ? 'page' : undefined}
              onClick={onChoose}
            >
              <div className={styles.title}>{item.title || text.untitled}</div>
              <div className={styles.time}>{ago(item.updatedAt)}</div>
            </Link>
            <div className={styles.tools}>
              <IconButton
                isSmall
                icon="rename"
                label={`${text.rename}: ${item.title}`}
                onClick={() => setRenamed(item)}
              />
              <IconButton
                isSmall
                icon="remove"
                label={`${text.delete}: ${item.title}`}
                onClick={() => setDeleted(item)}
              />
            </div>
          </li>
        ))}
        {!isPending && items.length === 0 && (
          <li className={styles.note}>
            {error ? errorText(common, error) : wanted ? text.nothingFound : text.noneYet}
          </li>
        )}
        {hasNextPage && (
          <li>
            <Button look="quiet" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {text.more}
            </Button>
          </li>
        )}
      </ul>
      {renamed && <RenameDialog conversation={renamed} onClose={() => setRenamed(null)} />}
      {deleted && <DeleteDialog conversation={deleted} isHere={deleted.id === here} onClose={() => setDeleted(null)} />}
    </div>
  );
}

interface ItemDialogProps {
  readonly conversation: Item;
  readonly onClose: () => void;
}

function RenameDialog({ conversation, onClose }: ItemDialogProps): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const [title, setTitle] = useState(conversation.title);
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await gateway.request(UpdateConversationDocument, { input: { conversationId: conversation.id, title } });
      void queryClient.invalidateQueries({ queryKey: ['conversations'] });
      void queryClient.invalidateQueries({ queryKey: ['thread', conversation.id] });
      onClose();
    } catch (error) {
      setProblem(errorText(common, error));
    }
  };
  return (
    <Dialog title={text.renameTitle} onClose={onClose}>
      <form onSubmit={save}>
        <input value={title} aria-label={text.name} onChange={({ target }) => setTitle(target.value)} />
        <DialogError>{problem}</DialogError>
        <DialogActions>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look="primary" type="submit">
            {text.save}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ conversation, isHere, onClose }: ItemDialogProps & { readonly isHere: boolean }): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const [, go] = useLocation();
  const [deleteImages, setDeleteImages] = useState(false);
  const [force, setForce] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const input = { conversationId: conversation.id, deleteImages, force };
      await gateway.request(DeleteConversationDocument, { input });
      void queryClient.invalidateQueries({ queryKey: ['conversations'] });
      notify(text.deleted);
      onClose();
      if (isHere) go('/');
    } catch (error) {
      setProblem(errorText(common, error));
    }
  };
  return (
    <Dialog title={text.deleteTitle(conversation.title || text.untitled)} onClose={onClose}>
      <form onSubmit={remove}>
        <p>{text.deleteHelp}</p>
        <label>
          <input type="checkbox" checked={deleteImages} onChange={({ target }) => setDeleteImages(target.checked)} />{' '}
          {text.deleteImages}
        </label>
        <label>
          <input type="checkbox" checked={force} onChange={({ target }) => setForce(target.checked)} />{' '}
          {text.deleteForce}
        </label>
        <DialogError>{problem}</DialogError>
        <DialogActions>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look="primary" type="submit">
            {text.delete}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
