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

/** Nothing for less than two points. */
export function Plot({ title, points, unit, label, isFromZero = false }: PlotProps): JSX.Element | null {
  const labelId = useId();
  const [first, last] = [points.at(0), points.at(-1)];
  if (points.length < 2 || first === undefined || last === undefined) return null;
  const values = points.map(({ value }) => value);
  const highest = Math.max(...values);
  const lowest = isFromZero ? 0 : Math.min(...values);
  const place = ({ value }: PlotPoint, index: number) => {
    const x = (index / (points.length - 1)) * WIDTH;
    const y = HEIGHT - ((value - lowest) / (highest - lowest || 1)) * HEIGHT;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const summary = `${label}: ${shortened(last.value)} ${unit}; ${shortened(Math.min(...values))}–${shortened(highest)} ${unit}`;
  return (
    <figure className={styles.plot}>
      <figcaption>
        <span>{title}</span>
        <strong>
          {shortened(last.value)} {unit}
        </strong>
      </figcaption>
      <svg viewBox={`0 -3 ${WIDTH} ${HEIGHT + 6}`} preserveAspectRatio="none" role="img" aria-labelledby={labelId}>
        <title id={labelId}>{summary}</title>
        <polyline points={points.map(place).join(' ')} vectorEffect="non-scaling-stroke" />
      </svg>
      <div className={styles.ends} aria-hidden="true">
        <span>{shortened(lowest)}</span>
        <span>
          {shortened(highest)} {unit}
        </span>
      </div>
    </figure>
  );
}

/** Three digits are enough to compare. */
function shortened(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
