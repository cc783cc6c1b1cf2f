/** Pictures in rows. Only those in view exist, so that ten thousand are as quick as ten. One Tab leads in, arrow keys go around. */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type JSX, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link } from 'wouter';

import { Picture } from '../../components/picture';
import { useText } from '../../i18n';
import { COMMON } from '../../i18n/common';
import type { StudioThumbnailFragment } from './gql/graphql';
import styles from './picture-grid.module.css';

export interface PictureGridProps {
  readonly label: string;
  /** The first ones; the others stand as empty places until they are known. */
  readonly known: readonly StudioThumbnailFragment[];
  readonly count: number;
  /** Called when the place of a picture that is not known comes into view. */
  readonly onReach: (index: number) => void;
  readonly initialScroll: number;
  /** Called with the pixels that it is scrolled, before a picture is opened. */
  readonly onOpen: (scrolled: number) => void;
}

const SMALLEST = 144;
const GAP = 8;
/** Rows that exist beyond those in view. */
const OVERSCAN = 3;

export function PictureGrid({ label, known, count, onReach, initialScroll, onOpen }: PictureGridProps): JSX.Element {
  const { pictureOf, picture } = useText(COMMON);
  const scroll = useRef<HTMLDivElement>(null);
  const width = useWidth(scroll);
  const columns = Math.max(2, Math.floor((width + GAP) / (SMALLEST + GAP)));
  const size = Math.floor((width - GAP * (columns - 1)) / columns);
  const virtualizer = useVirtualizer({
    count: width === 0 ? 0 : Math.ceil(count / columns),
    getScrollElement: () => scroll.current,
    estimateSize: () => size + GAP,
    overscan: OVERSCAN,
    initialOffset: initialScroll,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, size]);

  const rows = virtualizer.getVirtualItems();
  const [first, last] = [rows.at(0)?.index ?? 0, rows.at(-1)?.index ?? 0];
  const end = Math.min((last + 1) * columns, count);
  useEffect(() => {
    if (end > known.length) onReach(end - 1);
  }, [end, known.length, onReach]);

  const [chosen, setChosen] = useState(0);
  // Tab always leads to one of them, also when the one that was chosen is scrolled away.
  const reachable = chosen >= first * columns && chosen < end ? chosen : first * columns;
  const focusSoon = useRef<number | null>(null);
  useEffect(() => {
    if (focusSoon.current === null) return;
    const link = scroll.current?.querySelector<HTMLElement>(`[data-place="${focusSoon.current}"]`);
    if (!link) return;
    focusSoon.current = null;
    link.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      PageDown: 4 * columns,
      PageUp: -4 * columns,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.min(Math.max(reachable + step, 0), count - 1);
    focusSoon.current = next;
    setChosen(next);
    virtualizer.scrollToIndex(Math.floor(next / columns));
  };

  const places = rows.flatMap(({ index, start }) =>
    Array.from({ length: Math.min(columns, count - index * columns) }, (_, column) => ({
      place: index * columns + column,
      style: { top: start, insetInlineStart: column * (size + GAP), width: size, height: size },
    })),
  );
  return (
    <div ref={scroll} className={styles.scroll}>
      <ul role="list" aria-label={label} className={styles.places} style={{ height: virtualizer.getTotalSize() }}>
        {places.map(({ place, style }) => {
          const image = known[place];
          const words = image?.recipe?.prompt;
          return (
            <li key={place} className={styles.place} style={style} aria-setsize={count} aria-posinset={place + 1}>
              {image && (
                <Link
                  href={`/image/${encodeURIComponent(image.id)}`}
                  className={styles.link}
                  data-place={place}
                  tabIndex={place === reachable ? 0 : -1}
                  onFocus={() => setChosen(place)}
                  onKeyDown={onKeyDown}
                  onClick={() => onOpen(scroll.current?.scrollTop ?? 0)}
                >
                  <Picture image={image} url={image.smallUrl} alt={words ? pictureOf(words) : picture} isLazy={false} />
                  {words && (
                    <span className={styles.words} aria-hidden="true">
                      {words}
                    </span>
                  )}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** Of what is inside, pixels; 0 before it is known. */
function useWidth(ref: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
