/** One message: words as they stream, pictures as they develop, and what can be done with them. */
import { CancelTaskDocument, type Development, RetryTaskDocument, type TaskStatus } from 'darkroom/client';
import { type JSX, memo } from 'react';
import { Link } from 'wouter';

import buttonStyles from '../../components/button.module.css';
import { Button, IconButton } from '../../components/button';
import { DevelopingPicture } from '../../components/developing-picture';
import { Icon } from '../../components/icon';
import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { copyText } from '../../lib/copy-text';
import { useDevelopment } from '../../lib/development';
import { fileName } from '../../lib/file-name';
import { gateway } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { recipeText } from '../../lib/recipe';
import type { StudioImageFragment } from './gql/graphql';
import { CONVERSATION } from './messages';
import styles from './message-view.module.css';
import type { ThreadMessage } from './use-thread';

export interface MessageViewProps {
  readonly message: ThreadMessage;
  /** What the user said before this answer. */
  readonly asked: string;
  readonly onEdit: (image: StudioImageFragment) => void;
  readonly onVary: (image: StudioImageFragment) => void;
  readonly onChange: () => void;
}

export const MessageView = memo(function MessageView({
  message,
  asked,
  onEdit,
  onVary,
  onChange,
}: MessageViewProps): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const { task } = message;
  const isUser = message.role === 'USER';
  const development = useDevelopment(isUser ? null : task?.id);
  const status = statusOf(message, development);
  const isRunning = !isUser && (status === 'QUEUED' || status === 'RUNNING');
  // Until the message is read again, what was heard of it is all there is: nothing vanishes in between.
  const words = wordsOf(message, development);
  const stored = message.parts.flatMap((part) => (part.__typename === 'ImagePart' ? [part.image] : []));
  const developing = isUser ? [] : (development?.images ?? []);
  const count = Math.max(stored.length, ...developing.map(({ index }) => index + 1));
  const hasEnded = status === 'FAILED' || status === 'CANCELLED';

  const cancel = () => act(() => gateway.request(CancelTaskDocument, { input: { taskId: task?.id ?? '' } }));
  const retry = () => act(() => gateway.request(RetryTaskDocument, { input: { taskId: task?.id ?? '' } }));
  const act = async (call: () => Promise<unknown>) => {
    try {
      await call();
      onChange();
    } catch (error) {
      notify(errorText(common, error), 'problem');
    }
  };
  const error = development?.error ?? task?.error;
  return (
    <li className={`${styles.message} ${isUser ? styles.user : ''}`} aria-busy={isRunning}>
      <span className="visually-hidden">{isUser ? text.you : text.answers}</span>
      {isUser && <Pictures images={stored} asked={asked} />}
      {words !== '' && <p className={styles.words}>{words}</p>}
      {!isUser && count > 0 && (
        <div className={styles.pictures}>
          {Array.from({ length: count }, (_, index) => {
            const image = stored[index];
            const seen = developing.find((other) => other.index === index);
            const alt = image?.recipe?.prompt ?? asked;
            return (
              <div key={index} className={styles.picture}>
                {development && seen && image !== null ? (
                  <DevelopingPicture
                    development={development}
                    image={image ? { ...seen, image } : seen}
                    alt={alt}
                    onCancel={cancel}
                  />
                ) : (
                  image !== undefined && <Picture image={image} url={image?.url} alt={alt} />
                )}
                {image && !isRunning && <PictureActions image={image} asked={asked} onEdit={onEdit} onVary={onVary} />}
              </div>
            );
          })}
        </div>
      )}
      {isRunning && developing.every(({ image }) => image !== null) && (
        <div className={styles.working}>
          <span>{status === 'QUEUED' ? common.waiting : text.thinking}…</span>
          <Button look="quiet" isSmall icon="stop" onClick={cancel}>
            {text.stop}
          </Button>
        </div>
      )}
      {!isUser && hasEnded && (
        <div className={styles.problem}>
          <span>{status === 'CANCELLED' ? common.cancelled : error ? errorText(common, error) : common.failed}</span>
          <Button isSmall icon="retry" onClick={retry}>
            {common.retry}
          </Button>
        </div>
      )}
    </li>
  );
});

/** Says to a screen reader that an answer is being written, and, once it is whole, what it says: not every word as it comes. */
export function AnswerStatus({ message }: { readonly message: ThreadMessage }): JSX.Element {
  const text = useText(CONVERSATION);
  const common = useText(COMMON);
  const development = useDevelopment(message.task?.id);
  const status = statusOf(message, development);
  const said = {
    QUEUED: common.waiting,
    RUNNING: text.working,
    SUCCEEDED: `${text.finished} ${wordsOf(message, development)}`,
    FAILED: common.failed,
    CANCELLED: common.cancelled,
  };
  return <output className="visually-hidden">{status && said[status]}</output>;
}

function Pictures({
  images,
  asked,
}: {
  readonly images: readonly (StudioImageFragment | null)[];
  readonly asked: string;
}): JSX.Element | null {
  if (images.length === 0) return null;
  return (
    <div className={styles.pictures}>
      {images.map((image, index) => (
        <div key={image?.id ?? index} className={styles.picture}>
          <Picture image={image} url={image?.smallUrl} alt={image?.recipe?.prompt ?? asked} />
        </div>
      ))}
    </div>
  );
}

interface PictureActionsProps extends Pick<MessageViewProps, 'asked' | 'onEdit' | 'onVary'> {
  readonly image: StudioImageFragment;
}

function PictureActions({ image, asked, onEdit, onVary }: PictureActionsProps): JSX.Element {
  const text = useText(CONVERSATION);
  const copy = () => copyText(image.recipe ? recipeText(image.recipe) : asked, text);
  const link = `${buttonStyles.button} ${buttonStyles.quiet} ${buttonStyles.small} ${buttonStyles.icon}`;
  return (
    <div className={styles.actions}>
      <IconButton isSmall icon="edit" label={text.edit} onClick={() => onEdit(image)} />
      <IconButton isSmall icon="vary" label={text.vary} onClick={() => onVary(image)} />
      <IconButton isSmall icon="copy" label={text.copy} onClick={copy} />
      <Link className={link} href={`/image/${encodeURIComponent(image.id)}`} aria-label={text.open} title={text.open}>
        <Icon name="gallery" />
      </Link>
      <a className={link} href={image.url} download={fileName(image)} aria-label={text.download} title={text.download}>
        <Icon name="download" />
      </a>
    </div>
  );
}

/** What was read wins where it is an end: its last event may have been told to another tab. */
function statusOf({ task }: ThreadMessage, development: Development | undefined): TaskStatus | undefined {
  const isOver = task && task.status !== 'QUEUED' && task.status !== 'RUNNING';
  return isOver ? task.status : (development?.status ?? task?.status);
}

export function wordsOf(message: ThreadMessage, development?: Development): string {
  const stored = message.parts.flatMap((part) => (part.__typename === 'TextPart' ? [part.text] : [])).join('');
  return development && development.text.length > stored.length ? development.text : stored;
}
