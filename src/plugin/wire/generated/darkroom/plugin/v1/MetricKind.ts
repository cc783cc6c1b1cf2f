// Original file: schema/plugin/v1/plugin.proto

export const MetricKind = {
  METRIC_KIND_UNSPECIFIED: 'METRIC_KIND_UNSPECIFIED',
  /**
   * Only grows; begins at 0 with the process.
   */
  METRIC_KIND_COUNTER: 'METRIC_KIND_COUNTER',
  /**
   * Goes up and down.
   */
  METRIC_KIND_GAUGE: 'METRIC_KIND_GAUGE',
} as const;

export type MetricKindInput =
  | 'METRIC_KIND_UNSPECIFIED'
  | 0
  /**
   * Only grows; begins at 0 with the process.
   */
  | 'METRIC_KIND_COUNTER'
  | 1
  /**
   * Goes up and down.
   */
  | 'METRIC_KIND_GAUGE'
  | 2

export type MetricKind = typeof MetricKind[keyof typeof MetricKind]
