import type { PluginMetrics } from '../contract.js';
import type * as wire from '../wire/messages.js';

/** What a plugin counts and measures of itself, kept until the gateway asks for it. */
export class HostMetrics implements PluginMetrics {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  set(name: string, value: number): void {
    this.#gauges.set(name, value);
  }

  toWire(): wire.MetricInput[] {
    return [
      ...[...this.#counters].map(([name, value]) => ({ name, kind: 'METRIC_KIND_COUNTER' as const, value })),
      ...[...this.#gauges].map(([name, value]) => ({ name, kind: 'METRIC_KIND_GAUGE' as const, value })),
    ];
  }
}
