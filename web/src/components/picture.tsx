/** A finished picture: in place before it is loaded, behind its thumbhash, so that nothing jumps. */
import type { CSSProperties, JSX } from 'react';
import { thumbHashToDataURL } from 'thumbhash';

import { useText } from '../i18n';
import { COMMON } from '../i18n/common';
import styles from './picture.module.css';

export interface PictureSource {
  readonly width: number;
  readonly height: number;
  readonly thumbhash: string;
}

export interface PictureProps {
  /** Null: it was deleted. */
  readonly image: PictureSource | null;
  /** Where the file is; one of fewer pixels where it is shown small. */
  readonly url: string | undefined;
  readonly alt: string;
  readonly isLazy?: boolean;
}

export function Picture({ image, url, alt, isLazy = true }: PictureProps): JSX.Element {
  const text = useText(COMMON);
  if (image === null) return <span className={styles.gone}>{text.gone}</span>;
  const style: CSSProperties = {
    aspectRatio: `${image.width} / ${image.height}`,
    backgroundImage: `url("${placeholderOf(image.thumbhash)}")`,
  };
  return (
    <span className={styles.picture} style={style}>
      <img
        src={url}
        alt={alt}
        width={image.width}
        height={image.height}
        loading={isLazy ? 'lazy' : 'eager'}
        decoding="async"
        draggable={false}
      />
    </span>
  );
}

const placeholders = new Map<string, string>();

/** A data URL of a few hundred bytes. */
function placeholderOf(thumbhash: string): string {
  let url = placeholders.get(thumbhash);
  if (url === undefined) {
    url = thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (character) => character.codePointAt(0) ?? 0));
    placeholders.set(thumbhash, url);
  }
  return url;
}
