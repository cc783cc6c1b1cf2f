/** All pictures: filtered, searched by words and by look. */
import { useQuery } from '@tanstack/react-query';
import { type JSX, useEffect, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';

import buttonStyles from '../../components/button.module.css';
import { EmptyState } from '../../components/empty-state';
import { Icon } from '../../components/icon';
import { Picture } from '../../components/picture';
import { Segmented } from '../../components/segmented';
import { useText } from '../../i18n';
import { COMMON, errorText } from '../../i18n/common';
import { gateway } from '../../lib/gateway';
import { useStore } from '../../lib/store';
import { GalleryThumbnailDocument } from './gql/graphql';
import { GALLERY } from './messages';
import styles from './page.module.css';
import { PictureGrid } from './picture-grid';
import { trailStore } from './trail';
import { type Pictures, usePictures } from './use-pictures';
import { type Wish, addressOf, wishOf } from './wish';

/** How long a pause in typing is the end of a word. */
const PAUSE_MS = 250;

export default function GalleryPage(): JSX.Element {
  const text = useText(GALLERY);
  const wish = wishOf(useSearch());
  const pictures = usePictures(wish);
  const address = addressOf(wish);
  const trail = useStore(trailStore);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{text.title}</h1>
        <output className={styles.count}>{pictures.isPending ? '' : text.count(pictures.count)}</output>
        <Wishes key={wish.like} wish={wish} />
      </header>
      {pictures.count > 0 ? (
        <PictureGrid
          key={address}
          label={text.title}
          known={pictures.known}
          count={pictures.count}
          onReach={pictures.readTo}
          initialScroll={trail.address === address ? trail.scrolled : 0}
          onOpen={(scrolled) =>
            trailStore.set({ address, scrolled, imageIds: pictures.known.map((image) => image.id) })
          }
        />
      ) : (
        <Nothing pictures={pictures} isSearch={address !== '/gallery'} />
      )}
    </div>
  );
}

function Nothing({ pictures, isSearch }: { readonly pictures: Pictures; readonly isSearch: boolean }) {
  const text = useText(GALLERY);
  const common = useText(COMMON);
  if (pictures.error) return <EmptyState title={errorText(common, pictures.error)} />;
  if (pictures.isPending) return null;
  if (isSearch) {
    return (
      <EmptyState title={text.nothingFound}>
        <Link href="/gallery">{text.showAll}</Link>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={text.empty}>
      <p>{text.emptyHelp}</p>
      <Link href="/">{text.draw}</Link>
    </EmptyState>
  );
}

/** What is wanted; every change is in the address at once, words after a pause. */
function Wishes({ wish }: { readonly wish: Wish }): JSX.Element {
  const text = useText(GALLERY);
  const [, go] = useLocation();
  // The address is newer than what was rendered: words come after a pause, and something else may have changed in it.
  const want = (change: Partial<Wish>) =>
    go(addressOf({ ...wishOf(window.location.search), ...change }), { replace: true });
  return (
    <search className={styles.wishes}>
      {wish.like === null ? <Words wish={wish} onChange={want} /> : <Like id={wish.like} />}
      <Segmented
        label={text.origin}
        options={[
          { value: '', label: text.all },
          { value: 'GENERATED', label: text.origins.GENERATED },
          { value: 'EDITED', label: text.origins.EDITED },
          { value: 'UPLOADED', label: text.origins.UPLOADED },
        ]}
        value={wish.origin ?? ''}
        onChange={(origin) => want({ origin: origin === '' ? null : origin })}
      />
    </search>
  );
}

function Words({ wish, onChange }: { readonly wish: Wish; readonly onChange: (change: Partial<Wish>) => void }) {
  const text = useText(GALLERY);
  const [words, setWords] = useState(wish.words);
  const [told, setTold] = useState(wish.words);
  // A link has changed them, not this field.
  if (wish.words !== told) {
    setTold(wish.words);
    setWords(wish.words);
  }
  const tell = (change: Partial<Wish> & Pick<Wish, 'words'>) => {
    setTold(change.words);
    onChange(change);
  };
  const [pause, setPause] = useState<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(pause), [pause]);
  return (
    <div className={styles.words}>
      <input
        type="search"
        aria-label={text.search}
        placeholder={wish.by === 'look' ? text.searchLooks : text.searchPrompts}
        value={words}
        onChange={({ target }) => {
          setWords(target.value);
          setPause(setTimeout(() => tell({ words: target.value.trim() }), PAUSE_MS));
        }}
      />
      <select
        aria-label={text.searchIn}
        value={wish.by}
        onChange={({ target }) => tell({ by: target.value === 'look' ? 'look' : 'prompt', words: words.trim() })}
      >
        <option value="prompt">{text.byPrompt}</option>
        <option value="look">{text.byLook}</option>
      </select>
    </div>
  );
}

/** The picture whose like is shown. */
function Like({ id }: { readonly id: string }): JSX.Element {
  const text = useText(GALLERY);
  const { picture } = useText(COMMON);
  const { data } = useQuery({
    queryKey: ['thumbnail', id],
    queryFn: ({ signal }) => gateway.request(GalleryThumbnailDocument, { id }, { signal }),
  });
  const image = data?.node?.__typename === 'Image' ? data.node : null;
  return (
    <div className={styles.like}>
      {image && (
        <Link href={`/image/${encodeURIComponent(id)}`} className={styles.likeImage}>
          <Picture image={image} url={image.smallUrl} alt={image.recipe?.prompt ?? picture} />
        </Link>
      )}
      <span>{text.like}</span>
      <Link href="/gallery" className={`${buttonStyles.button} ${buttonStyles.quiet} ${buttonStyles.small}`}>
        <Icon name="close" />
        {text.showAll}
      </Link>
    </div>
  );
}
