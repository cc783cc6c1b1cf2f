/** Where a message is written: type, paste, drop or choose pictures, and send. */
import { useQuery } from '@tanstack/react-query';
import { type ClipboardEvent, type JSX, type KeyboardEvent, useRef, useState } from 'react';

import { IconButton } from '../../components/button';
import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON } from '../../i18n/common';
import { useFileDrop } from '../../lib/file-drop';
import { gateway } from '../../lib/gateway';
import styles from './composer.module.css';
import type { Draft } from '../../lib/draft';
import { DraftImagesDocument } from './gql/graphql';
import { CONVERSATION } from './messages';
import { type Model, SettingsPanel } from './settings-panel';
import { useUploads } from './uploads';

export interface ComposerProps {
  readonly conversationId: string | null;
  readonly models: readonly Model[];
  readonly model: Model | undefined;
  readonly draft: Draft;
  readonly onChange: (change: Partial<Draft>) => void;
  readonly onSend: () => void;
  readonly isSending: boolean;
}

export function Composer({
  conversationId,
  models,
  model,
  draft,
  onChange,
  onSend,
  isSending,
}: ComposerProps): JSX.Element {
  const text = useText(CONVERSATION);
  const files = useRef<HTMLInputElement>(null);
  const [hasSettings, setSettings] = useState(false);
  const uploads = useUploads(conversationId);
  const isEmpty = draft.text.trim() === '' && draft.imageIds.length === 0;
  const canSend = !isEmpty && !isSending && uploads.running.length === 0 && model !== undefined;

  const takeFiles = (list: FileList | null | undefined): boolean => {
    const pictures = [...(list ?? [])].filter(({ type }) => type.startsWith('image/'));
    uploads.add(pictures);
    return pictures.length > 0;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method is open, Enter chooses its characters; Safari has closed it by then, and says 229.
    const isComposing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key !== 'Enter' || event.shiftKey || isComposing) return;
    event.preventDefault();
    if (canSend) onSend();
  };
  const onPaste = (event: ClipboardEvent) => {
    if (takeFiles(event.clipboardData.files)) event.preventDefault();
  };
  const isOver = useFileDrop(takeFiles);

  return (
    <form
      className={`${styles.composer} ${isOver ? styles.over : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSend();
      }}
    >
      {isOver && <div className={styles.drop}>{text.dropHere}</div>}
      <Attachments draft={draft} uploading={uploads.running} onChange={onChange} />
      <div className={styles.row}>
        <IconButton icon="attach" label={text.attach} onClick={() => files.current?.click()} />
        <input
          ref={files}
          type="file"
          accept="image/*"
          multiple
          hidden
          onChange={({ target }) => {
            takeFiles(target.files);
            // The same file can be chosen again.
            target.value = '';
          }}
        />
        <textarea
          rows={1}
          aria-label={text.message}
          placeholder={text.placeholder}
          value={draft.text}
          onChange={({ target }) => onChange({ text: target.value })}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <IconButton
          icon="settings"
          label={text.settings}
          aria-expanded={hasSettings}
          onClick={() => setSettings(!hasSettings)}
        />
        <IconButton icon="send" look="primary" type="submit" label={text.send} disabled={!canSend} />
      </div>
      {hasSettings && model && (
        <SettingsPanel
          models={models}
          model={model}
          isModelFixed={conversationId !== null}
          draft={draft}
          onChange={onChange}
        />
      )}
    </form>
  );
}

interface AttachmentsProps extends Pick<ComposerProps, 'draft' | 'onChange'> {
  readonly uploading: ReturnType<typeof useUploads>['running'];
}

function Attachments({ draft, uploading, onChange }: AttachmentsProps): JSX.Element | null {
  const text = useText(CONVERSATION);
  const { remove, cancel, picture } = useText(COMMON);
  const ids = draft.imageIds;
  const {
    data: images = [],
    isPlaceholderData,
    isSuccess,
  } = useQuery({
    queryKey: ['draft-images', ids],
    queryFn: ({ signal }) => gateway.request(DraftImagesDocument, { ids: [...ids] }, { signal }),
    enabled: ids.length > 0,
    placeholderData: (before) => before,
    select: ({ nodes }) => nodes.flatMap((node) => (node?.__typename === 'Image' ? [node] : [])),
  });
  if (ids.length === 0 && uploading.length === 0) return null;
  // A picture that was deleted since would have the message refused: it is shown as gone, to be taken out.
  const isKnown = isSuccess && !isPlaceholderData;
  const gone = isKnown ? ids.filter((id) => !images.some((image) => image.id === id)) : [];
  return (
    <ul className={styles.images} aria-label={text.attachments}>
      {images
        .filter(({ id }) => ids.includes(id))
        .map((image) => (
          <li key={image.id} className={styles.image}>
            <Picture image={image} url={image.smallUrl} alt={image.recipe?.prompt ?? picture} />
            <IconButton
              icon="close"
              label={remove}
              onClick={() => onChange({ imageIds: ids.filter((id) => id !== image.id) })}
            />
          </li>
        ))}
      {gone.map((goneId) => (
        <li key={goneId} className={styles.image}>
          <Picture image={null} url={undefined} alt="" />
          <IconButton
            icon="close"
            label={remove}
            onClick={() => onChange({ imageIds: ids.filter((id) => id !== goneId) })}
          />
        </li>
      ))}
      {uploading.map(({ id, name, url, progress, cancel: stop }) => (
        <li key={id} className={`${styles.image} ${styles.uploading}`}>
          <img src={url} alt={name} />
          <progress value={progress} aria-label={text.uploading(name)} />
          <IconButton icon="close" label={cancel} onClick={stop} />
        </li>
      ))}
    </ul>
  );
}
