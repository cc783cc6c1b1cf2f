/** Values over time as a line, with the newest one in words. */
import { type JSX, useId } from 'react';

import styles from './plot.module.css';

export interface PlotPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

export interface PlotProps {
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly PlotPoint[];
  readonly unit: string;
  /** What the values are, for those who do not see the line. */
  readonly label: string;
  /** Whether the axis begins at 0, and not at the smallest value. */
  readonly isFromZero?: boolean;
}

const [WIDTH, HEIGHT] = [240, 48];

/** Empty, and as large, for less than two points. */
export function Plot({ title, points, unit, label, isFromZero = false }: PlotProps): JSX.Element {
  const labelId = useId();
  const values = points.map(({ value }) => value);
  const last = values.at(-1);
  const highest = Math.max(...values);
  const lowest = isFromZero ? 0 : Math.min(...values);
  const place = (value: number, index: number) => {
    const x = (index / Math.max(1, values.length - 1)) * WIDTH;
    const y = HEIGHT - ((value - lowest) / (highest - lowest || 1)) * HEIGHT;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const summary =
    last === undefined
      ? label
      : `${label}: ${shortened(last)} ${unit}; ${shortened(Math.min(...values))}–${shortened(highest)} ${unit}`;
  return (
    <figure className={styles.plot}>
      <figcaption>
        <span>{title}</span>
        <strong>{last === undefined ? '–' : `${shortened(last)} ${unit}`}</strong>
      </figcaption>
      <svg viewBox={`0 -3 ${WIDTH} ${HEIGHT + 6}`} preserveAspectRatio="none" role="img" aria-labelledby={labelId}>
        <title id={labelId}>{summary}</title>
        {values.length > 1 && <polyline points={values.map(place).join(' ')} vectorEffect="non-scaling-stroke" />}
      </svg>
      <div className={styles.ends} aria-hidden="true">
        <span>{last === undefined ? '–' : shortened(lowest)}</span>
        <span>{last === undefined ? '' : `${shortened(highest)} ${unit}`}</span>
      </div>
    </figure>
  );
}

/** Three digits are enough to compare. */
function shortened(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
