/** What is said of repeated measurements: the middle and the spread. A mean would be at the mercy of one slow run. */

export interface Summary {
  readonly runs: number;
  readonly median: number;
  /** Between `lowerQuartile` and `upperQuartile` lies the middle half of the runs. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly min: number;
  readonly max: number;
}

export interface Ratio {
  /** Median of the subject over median of the baseline. */
  readonly ofMedians: number;
  /** The ratio of each pair, run after run: what is left when slow moments of the machine hit both. */
  readonly ofPairs: Summary;
}

/**
 * The value below which a share of the values lies, interpolated between neighbours (type 7 of Hyndman and Fan, 1996).
 *
 * @param values at least one, in any order
 * @param share  0 to 1
 * @throws RangeError for no values, or a share outside of 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('There is no quantile of no values.');
  if (!(share >= 0 && share <= 1)) throw new RangeError(`A quantile is asked for with 0 to 1, not ${share}.`);
  const sorted = values.toSorted((left, right) => left - right);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @throws RangeError for no values */
export function summarize(values: readonly number[]): Summary {
  return {
    runs: values.length,
    median: median(values),
    lowerQuartile: quantile(values, 0.25),
    upperQuartile: quantile(values, 0.75),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/**
 * How many times as long `subject` takes as `baseline`; value i of both was measured in the same pair.
 *
 * @throws RangeError when there are no pairs, or their numbers differ
 */
export function ratio(subject: readonly number[], baseline: readonly number[]): Ratio {
  if (subject.length !== baseline.length)
    throw new RangeError(`Pairs need as many values on both sides, not ${subject.length} and ${baseline.length}.`);
  return {
    ofMedians: median(subject) / median(baseline),
    ofPairs: summarize(subject.map((value, pair) => value / (baseline[pair] as number))),
  };
}
