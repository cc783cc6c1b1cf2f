// Original file: schema/plugin/v1/plugin.proto

import type { EndReasonInput as _darkroom_plugin_v1_EndReasonInput, EndReason as _darkroom_plugin_v1_EndReason } from '../../../darkroom/plugin/v1/EndReason.js';
import type { TokenUsageInput as _darkroom_plugin_v1_TokenUsageInput, TokenUsage as _darkroom_plugin_v1_TokenUsage } from '../../../darkroom/plugin/v1/TokenUsage.js';

export interface GenerateEndInput {
  'reason'?: (_darkroom_plugin_v1_EndReasonInput);
  'usage'?: (_darkroom_plugin_v1_TokenUsageInput | null);
}

export interface GenerateEnd {
  'reason': (_darkroom_plugin_v1_EndReason);
  'usage': (_darkroom_plugin_v1_TokenUsage | null);
}
