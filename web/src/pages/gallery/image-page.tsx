/** One picture, large: how it was made, where it comes from, and what can be done with it. */
import { useQuery } from '@tanstack/react-query';
import { DeleteImageDocument } from 'darkroom/client';
import { type FormEvent, type JSX, useEffect, useEffectEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';

import buttonStyles from '../../components/button.module.css';
import { Button } from '../../components/button';
import { Dialog, DialogActions, DialogError } from '../../components/dialog';
import { EmptyState } from '../../components/empty-state';
import { Icon } from '../../components/icon';
import { Picture } from '../../components/picture';
import { Segmented } from '../../components/segmented';
import { useText, useTimeAgo } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { copyText } from '../../lib/copy-text';
import { attachToNewMessage } from '../../lib/draft';
import { fileName } from '../../lib/file-name';
import { gateway, queryClient } from '../../lib/gateway';
import { notify } from '../../lib/notices';
import { recipeText } from '../../lib/recipe';
import { useStore } from '../../lib/store';
import { SideBySide, SliderComparison } from './comparison';
import { GalleryImageDocument, type GalleryImageQuery } from './gql/graphql';
import styles from './image-page.module.css';
import { Lineage, treeOf } from './lineage';
import { GALLERY } from './messages';
import { trailStore } from './trail';
import { addressOf, wishOf } from './wish';

type Image = Extract<GalleryImageQuery['node'], { readonly __typename: 'Image' }>;

export default function ImagePage({ id }: { readonly id: string }): JSX.Element | null {
  const text = useText(GALLERY);
  const common = useText(COMMON);
  const { data, error } = useQuery({
    queryKey: ['image', id],
    queryFn: ({ signal }) => gateway.request(GalleryImageDocument, { id }, { signal }),
    // From one picture to the next the page stands, and what has the focus keeps it.
    placeholderData: (before) => before,
  });
  if (error && !data) return <EmptyState title={errorText(common, error)} />;
  if (!data) return null;
  const image = data.node?.__typename === 'Image' ? data.node : null;
  if (image === null) {
    return (
      <EmptyState title={text.gone}>
        <p>{text.goneHelp}</p>
        <Link href="/gallery">{text.showAll}</Link>
      </EmptyState>
    );
  }
  return (
    <div className={styles.page}>
      <Ways id={id} />
      <div className={styles.columns}>
        <Views key={image.id} image={image} />
        <div className={styles.side}>
          <h1>{image.recipe?.prompt ?? text.origins[image.origin]}</h1>
          <Actions key={image.id} image={image} />
          <Details image={image} />
          {(image.source || image.derivatives.totalCount > 0) && (
            <section>
              <h2>{text.lineage}</h2>
              <Lineage tree={treeOf(image)} here={image.id} />
            </section>
          )}
        </div>
      </div>
    </div>
  );
}

/** Back to where it was opened, and on to its neighbours there; arrow keys go, too. */
function Ways({ id }: { readonly id: string }): JSX.Element {
  const text = useText(GALLERY);
  const { address, imageIds } = useStore(trailStore);
  const [, go] = useLocation();
  const here = imageIds.indexOf(id);
  const neighbour = (step: number) => (here === -1 ? undefined : imageIds[here + step]);
  const goTo = (imageId: string | undefined) =>
    imageId && go(`/image/${encodeURIComponent(imageId)}`, { replace: true });
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isTaken = event.target instanceof HTMLInputElement || document.querySelector('dialog[open]') !== null;
    if (isTaken || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowLeft') goTo(neighbour(-1));
    if (event.key === 'ArrowRight') goTo(neighbour(1));
    if (event.key === 'Escape') go(address);
  });
  useEffect(() => {
    const listening = new AbortController();
    window.addEventListener('keydown', onKey, { signal: listening.signal });
    return () => listening.abort();
  }, []);
  return (
    <nav className={styles.ways} aria-label={text.title}>
      <Link href={address} className={`${buttonStyles.button} ${buttonStyles.quiet}`} aria-keyshortcuts="Escape">
        <Icon name="back" />
        {text.back}
      </Link>
      {here !== -1 && (
        <span className={styles.neighbours}>
          <Button
            look="quiet"
            aria-keyshortcuts="ArrowLeft"
            disabled={neighbour(-1) === undefined}
            onClick={() => goTo(neighbour(-1))}
          >
            ← {text.previous}
          </Button>
          <Button
            look="quiet"
            aria-keyshortcuts="ArrowRight"
            disabled={neighbour(1) === undefined}
            onClick={() => goTo(neighbour(1))}
          >
            {text.next} →
          </Button>
        </span>
      )}
    </nav>
  );
}

type View = 'picture' | 'beside' | 'slider';

function Views({ image }: { readonly image: Image }): JSX.Element {
  const text = useText(GALLERY);
  const { picture } = useText(COMMON);
  const [view, setView] = useState<View>('picture');
  const { source } = image;
  return (
    <div className={styles.views}>
      {source && (
        <Segmented
          label={text.view}
          options={(['picture', 'beside', 'slider'] as const).map((value) => ({ value, label: text.views[value] }))}
          value={view}
          onChange={setView}
        />
      )}
      {source && view === 'beside' && <SideBySide source={source} result={image} />}
      {source && view === 'slider' && <SliderComparison source={source} result={image} />}
      {(!source || view === 'picture') && (
        <Picture image={image} url={image.url} alt={image.recipe?.prompt ?? picture} isLazy={false} />
      )}
    </div>
  );
}

function Actions({ image }: { readonly image: Image }): JSX.Element {
  const text = useText(GALLERY);
  const [, go] = useLocation();
  const [isDeleting, setDeleting] = useState(false);
  const { recipe } = image;
  return (
    <div className={styles.actions}>
      <Button
        look="primary"
        icon="edit"
        onClick={() => {
          attachToNewMessage(image.id);
          notify(text.editing);
          go('/');
        }}
      >
        {text.edit}
      </Button>
      <Link href={addressOf({ ...wishOf(''), like: image.id })} className={buttonStyles.button}>
        <Icon name="search" />
        {text.similar}
      </Link>
      <a className={buttonStyles.button} href={image.url} download={fileName(image)} title={text.downloadHelp}>
        <Icon name="download" />
        {text.download}
      </a>
      {recipe && (
        <Button icon="copy" onClick={() => copyText(recipeText(recipe), text)}>
          {text.copy}
        </Button>
      )}
      <Button look="quiet" icon="remove" onClick={() => setDeleting(true)}>
        {text.delete}
      </Button>
      {isDeleting && <DeleteDialog id={image.id} onClose={() => setDeleting(false)} />}
    </div>
  );
}

function Details({ image }: { readonly image: Image }): JSX.Element {
  const text = useText(GALLERY);
  const ago = useTimeAgo();
  const { recipe, task } = image;
  const conversation = task?.conversation;
  const rows: readonly (readonly [string, JSX.Element | string | number])[] = [
    [text.kind, text.origins[image.origin]],
    [text.size, `${image.width} × ${image.height} · ${text.bytes(image.byteSize)}`],
    [
      text.made,
      <time key="made" dateTime={image.createdAt}>
        {ago(image.createdAt)}
      </time>,
    ],
    ...(task?.timings.totalMs == null ? [] : [[text.took, text.seconds(task.timings.totalMs)] as const]),
    ...(recipe === null
      ? []
      : ([
          [text.model, recipe.modelId],
          [text.steps, recipe.settings.numInferenceSteps],
          [text.guidance, recipe.settings.guidanceScale],
          [text.seed, recipe.settings.seed],
        ] as const)),
    ...(conversation
      ? [
          [
            text.conversation,
            <Link key="conversation" href={`/c/${encodeURIComponent(conversation.id)}`}>
              {conversation.title || text.untitled}
            </Link>,
          ] as const,
        ]
      : []),
  ];
  return (
    <section>
      <h2>{text.details}</h2>
      <dl className={styles.details}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function DeleteDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): JSX.Element {
  const text = useText(GALLERY);
  const common = useText(COMMON);
  const [, go] = useLocation();
  const [force, setForce] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await gateway.request(DeleteImageDocument, { input: { imageId: id, force } });
      notify(text.deleted);
      void queryClient.invalidateQueries({ queryKey: ['images'] });
      go(trailStore.get().address);
    } catch (error) {
      setProblem(errorText(common, error));
    }
  };
  return (
    <Dialog title={text.deleteTitle} onClose={onClose}>
      <form onSubmit={remove}>
        <p>{text.deleteHelp}</p>
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
