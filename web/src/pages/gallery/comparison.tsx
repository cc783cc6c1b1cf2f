/** A picture and its source: beside each other, or one over the other with a line between them that is moved. */
import { type CSSProperties, type JSX, useState } from 'react';

import { Picture, type PictureSource } from '../../components/picture';
import { useText } from '../../i18n';
import styles from './comparison.module.css';
import { GALLERY } from './messages';

interface Compared extends PictureSource {
  readonly url: string;
}

export interface ComparisonProps {
  readonly source: Compared;
  readonly result: Compared;
}

export function SideBySide({ source, result }: ComparisonProps): JSX.Element {
  const text = useText(GALLERY);
  return (
    <div className={styles.beside}>
      <figure>
        <Picture image={source} url={source.url} alt={text.source} isLazy={false} />
        <figcaption>{text.source}</figcaption>
      </figure>
      <figure>
        <Picture image={result} url={result.url} alt={text.result} isLazy={false} />
        <figcaption>{text.result}</figcaption>
      </figure>
    </div>
  );
}

export function SliderComparison({ source, result }: ComparisonProps): JSX.Element {
  const text = useText(GALLERY);
  const [percent, setPercent] = useState(50);
  // The range lies over both pictures: a pointer moves the line anywhere, keys move it by one hundredth.
  return (
    <figure>
      <div className={styles.slider} style={{ '--at': `${percent}%` } as CSSProperties}>
        <Picture image={result} url={result.url} alt={text.result} isLazy={false} />
        <div className={styles.over}>
          <Picture image={source} url={source.url} alt={text.source} isLazy={false} />
        </div>
        <input
          type="range"
          aria-label={text.divide}
          aria-valuetext={`${percent} %`}
          min={0}
          max={100}
          value={percent}
          onChange={({ target }) => setPercent(target.valueAsNumber)}
        />
        <div className={styles.line} />
      </div>
      <figcaption className={styles.ends}>
        <span>{text.source}</span>
        <span>{text.result}</span>
      </figcaption>
    </figure>
  );
}
