/**
 * How long things take on this machine, as measured: an exponential average per key, so that it follows a machine that gets busier.
 * Kept in memory; after a restart the first task of a kind has no estimate.
 */
const WEIGHT = 0.3;

export interface StepTimes {
  observe(key: string, milliseconds: number): void;
  /** Milliseconds; undefined before the first measurement. */
  expected(key: string): number | undefined;
}

export function createStepTimes(): StepTimes {
  const averages = new Map<string, number>();
  return {
    observe(key, milliseconds) {
      const average = averages.get(key);
      averages.set(key, average === undefined ? milliseconds : average + WEIGHT * (milliseconds - average));
    },
    expected: (key) => averages.get(key),
  };
}
