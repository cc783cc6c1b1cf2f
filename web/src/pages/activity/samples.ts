/** What plugins measured while the page was open, for plots over time. Kept when another page is shown in between. */
import type { PlotPoint } from '../../components/plot';
import { createStore } from '../../lib/store';
import type { MachineryQuery } from './gql/graphql';

type Plugin = MachineryQuery['plugins'][number];

export interface PluginSamples {
  /** Median of its newest calls, milliseconds. */
  readonly callMs: readonly PlotPoint[];
  readonly memoryMb: readonly PlotPoint[];
}

const KEPT = 120;
/** Of a plugin that was never asked. */
export const NO_SAMPLES: PluginSamples = { callMs: [], memoryMb: [] };

export const samplesStore = createStore<ReadonlyMap<string, PluginSamples>>(new Map());

export function noteSamples(plugins: readonly Plugin[], at: number): void {
  samplesStore.set(
    (before) =>
      new Map(
        plugins.map(({ name, memoryBytes, metrics }) => {
          const known = before.get(name) ?? NO_SAMPLES;
          return [
            name,
            {
              callMs: withValue(known.callMs, at, metrics.medianMs),
              memoryMb: withValue(known.memoryMb, at, memoryBytes === null ? null : memoryBytes / 1e6),
            },
          ];
        }),
      ),
  );
}

function withValue(points: readonly PlotPoint[], at: number, value: number | null): readonly PlotPoint[] {
  return value === null ? points : [...points, { at, value }].slice(-KEPT);
}
