/** One message: words as they stream, pictures as they develop, and what can be done with them. */
import { CancelTaskDocument, type Development, RetryTaskDocument } from 'darkroom/client';
import { type JSX, memo } from 'react';
import { Link } from 'wouter';

import buttonStyles from '../../components/button.module.css';
import { Button, IconButton } from '../../components/button';
import { DevelopedPicture, DevelopingPicture } from '../../components/developing-picture';
import { Icon } from '../../components/icon';
import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
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
  const development = useDevelopment(message.role === 'ASSISTANT' ? task?.id : null);
  const isUser = message.role === 'USER';
  const status = development?.status ?? task?.status;
  const isRunning = !isUser && (status === 'QUEUED' || status === 'RUNNING');
  const words = wordsOf(message, isRunning ? development : undefined);
  const images = message.parts.flatMap((part) => (part.__typename === 'ImagePart' ? [part.image] : []));
  const stored = new Set(images.map((image) => image?.id));
  const coming = isUser
    ? []
    : (development?.images ?? []).filter(({ image }) => image === null || !stored.has(image.id));

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
      {isUser && <Pictures images={images} asked={asked} />}
      {words !== '' && <p className={styles.words}>{words}</p>}
      {!isUser && images.length + coming.length > 0 && (
        <div className={styles.pictures}>
          {images.map((image, index) => (
            <div key={image?.id ?? index} className={styles.picture}>
              <AnsweredPicture image={image} development={development} alt={image?.recipe?.prompt ?? asked} />
              {image && !isRunning && <PictureActions image={image} asked={asked} onEdit={onEdit} onVary={onVary} />}
            </div>
          ))}
          {development &&
            (isRunning || status === 'FAILED' || status === 'CANCELLED') &&
            coming.map((image) => (
              <div key={`coming ${image.index}`} className={styles.picture}>
                <DevelopingPicture development={development} image={image} alt={asked} onCancel={cancel} />
              </div>
            ))}
        </div>
      )}
      {isRunning && coming.length === 0 && (
        <div className={styles.working}>
          <span>{status === 'QUEUED' ? common.waiting : text.thinking}…</span>
          <Button look="quiet" isSmall icon="stop" onClick={cancel}>
            {text.stop}
          </Button>
        </div>
      )}
      {!isUser && (status === 'FAILED' || status === 'CANCELLED') && (
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
  const status = development?.status ?? message.task?.status;
  const said = {
    QUEUED: common.waiting,
    RUNNING: text.working,
    SUCCEEDED: `${text.finished} ${wordsOf(message)}`,
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

interface AnsweredPictureProps {
  readonly image: StudioImageFragment | null;
  readonly development: Development | undefined;
  readonly alt: string;
}

function AnsweredPicture({ image, development, alt }: AnsweredPictureProps): JSX.Element {
  const seen = development?.images.find((developing) => developing.image?.id === image?.id);
  return image && seen ? (
    <DevelopedPicture image={{ ...seen, image }} alt={alt} />
  ) : (
    <Picture image={image} url={image?.url} alt={alt} />
  );
}

interface PictureActionsProps extends Pick<MessageViewProps, 'asked' | 'onEdit' | 'onVary'> {
  readonly image: StudioImageFragment;
}

function PictureActions({ image, asked, onEdit, onVary }: PictureActionsProps): JSX.Element {
  const text = useText(CONVERSATION);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(image.recipe ? recipeText(image.recipe) : asked);
      notify(text.copied);
    } catch {
      notify(text.copyFailed, 'problem');
    }
  };
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

export function wordsOf(message: ThreadMessage, development?: Development): string {
  const stored = message.parts.flatMap((part) => (part.__typename === 'TextPart' ? [part.text] : [])).join('');
  return development && development.text.length > stored.length ? development.text : stored;
}
