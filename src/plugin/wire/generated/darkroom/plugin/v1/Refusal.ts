// Original file: schema/plugin/v1/plugin.proto

import type { ErrorInput as _darkroom_plugin_v1_ErrorInput, Error as _darkroom_plugin_v1_Error } from '../../../darkroom/plugin/v1/Error.js';

/**
 * The plugin cannot serve: no common version (PLUGIN_VERSION, naming both sides' versions), options that do not hold
 * (CONFIG_INVALID, naming the field), a missing file (BUNDLE_MISSING), and so on.
 */
export interface RefusalInput {
  'error'?: (_darkroom_plugin_v1_ErrorInput | null);
  /**
   * The versions that the plugin speaks.
   */
  'apiVersions'?: (string)[];
}

/**
 * The plugin cannot serve: no common version (PLUGIN_VERSION, naming both sides' versions), options that do not hold
 * (CONFIG_INVALID, naming the field), a missing file (BUNDLE_MISSING), and so on.
 */
export interface Refusal {
  'error': (_darkroom_plugin_v1_Error | null);
  /**
   * The versions that the plugin speaks.
   */
  'apiVersions': (string)[];
}
