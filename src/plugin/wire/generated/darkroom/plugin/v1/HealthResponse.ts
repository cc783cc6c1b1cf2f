// Original file: schema/plugin/v1/plugin.proto

import type { Long } from '@grpc/proto-loader';

export interface HealthResponseInput {
  /**
   * Resident memory of the process.
   */
  'memoryBytes'?: (number | string | Long);
  /**
   * Calls that are running now.
   */
  'activeCalls'?: (number);
}

export interface HealthResponse {
  /**
   * Resident memory of the process.
   */
  'memoryBytes': (number);
  /**
   * Calls that are running now.
   */
  'activeCalls': (number);
}
