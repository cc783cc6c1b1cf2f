// Original file: schema/plugin/v1/plugin.proto

import type { MetricInput as _darkroom_plugin_v1_MetricInput, Metric as _darkroom_plugin_v1_Metric } from '../../../darkroom/plugin/v1/Metric.js';
import type { Long } from '@grpc/proto-loader';

export interface HealthResponseInput {
  /**
   * Resident memory of the process.
   */
  'memoryBytes'?: (number | string | Long);
  /**
   * Work calls that have begun and not ended, those that wait for their turn included.
   */
  'activeCalls'?: (number);
  /**
   * Of these, the ones that wait for their turn inside the plugin, if it tells.
   */
  'queuedCalls'?: (number);
  /**
   * What the plugin counts and measures of itself, in the order of their first use.
   */
  'metrics'?: (_darkroom_plugin_v1_MetricInput)[];
  /**
   * Milliseconds since the oldest abort after which a call has not ended yet; 0: there is none.
   */
  'unheededAbortMs'?: (number);
}

export interface HealthResponse {
  /**
   * Resident memory of the process.
   */
  'memoryBytes': (number);
  /**
   * Work calls that have begun and not ended, those that wait for their turn included.
   */
  'activeCalls': (number);
  /**
   * Of these, the ones that wait for their turn inside the plugin, if it tells.
   */
  'queuedCalls': (number);
  /**
   * What the plugin counts and measures of itself, in the order of their first use.
   */
  'metrics': (_darkroom_plugin_v1_Metric)[];
  /**
   * Milliseconds since the oldest abort after which a call has not ended yet; 0: there is none.
   */
  'unheededAbortMs': (number);
}
