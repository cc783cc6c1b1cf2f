/** What a bench hands back; printed as tables and a line of JSON, and written into docs/benchmarks.md. */
import type { Setting } from './setting.js';
import type { Ratio, Summary } from './statistics.js';

export interface Bench {
  readonly name: string;
  /** Heading. */
  readonly title: string;
  /** What is done and what is timed, for a reader who has not seen the code. */
  readonly explanation: string;
  run(setting: Setting): Promise<Findings>;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Sentences about these numbers, made from them. */
  readonly reading: readonly string[];
  /** All numbers, for a program. */
  readonly figures: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export const DURATION_COLUMNS = ['', 'runs', 'median', 'middle half', 'least to most'] as const;

/** A row for DURATION_COLUMNS. @param summary of milliseconds */
export function durationRow(
  label: string,
  { runs, median, lowerQuartile, upperQuartile, min, max }: Summary,
): string[] {
  const range = (from: number, to: number) => `${milliseconds(from)} to ${milliseconds(to)}`;
  return [label, String(runs), milliseconds(median), range(lowerQuartile, upperQuartile), range(min, max)];
}

/** A goal for how many times as long something may take. */
export function atMostGoal(what: string, limit: number, measured: Ratio): Goal {
  return {
    what,
    wanted: `at most ${limit.toFixed(2)}`,
    measured: ratioText(measured),
    isMet: measured.ofMedians <= limit,
  };
}

/** Whether the goal holds, and for how many of the pairs: medians alone would hide that. */
export function readRatio({ what, isMet }: Goal, limit: number, { ofMedians, ofPairs }: Ratio): string {
  const { lowerQuartile, upperQuartile } = ofPairs;
  const distance = `${ofMedians.toFixed(3)} against ${limit.toFixed(2)}`;
  if (isMet && upperQuartile <= limit) return `${what}: met (${distance}), also at the upper quartile of the pairs.`;
  if (isMet)
    return `${what}: met by the medians (${distance}), but more than a quarter of the pairs are above the limit (upper quartile ${upperQuartile.toFixed(3)}).`;
  const some = lowerQuartile <= limit ? ' At least a quarter of the pairs are within the limit.' : '';
  return `${what}: **not met** (${distance}; middle half of the pairs ${lowerQuartile.toFixed(3)} to ${upperQuartile.toFixed(3)}).${some}`;
}

export function ratioText({ ofMedians, ofPairs }: Ratio): string {
  return `${ofMedians.toFixed(3)} (middle half of pairs ${ofPairs.lowerQuartile.toFixed(3)} to ${ofPairs.upperQuartile.toFixed(3)})`;
}

/** Three digits that say something, or whole milliseconds. */
export function milliseconds(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ms`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
