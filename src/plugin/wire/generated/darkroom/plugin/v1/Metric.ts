// Original file: schema/plugin/v1/plugin.proto

import type { MetricKindInput as _darkroom_plugin_v1_MetricKindInput, MetricKind as _darkroom_plugin_v1_MetricKind } from '../../../darkroom/plugin/v1/MetricKind.js';

export interface MetricInput {
  /**
   * Lower-case words with underscores and a unit at the end, for instance `cache_hits` or `gpu_memory_bytes`.
   */
  'name'?: (string);
  'kind'?: (_darkroom_plugin_v1_MetricKindInput);
  'value'?: (number | string);
}

export interface Metric {
  /**
   * Lower-case words with underscores and a unit at the end, for instance `cache_hits` or `gpu_memory_bytes`.
   */
  'name': (string);
  'kind': (_darkroom_plugin_v1_MetricKind);
  'value': (number);
}
