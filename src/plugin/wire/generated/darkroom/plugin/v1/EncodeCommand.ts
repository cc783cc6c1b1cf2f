// Original file: schema/plugin/v1/plugin.proto

import type { EncodeStartInput as _darkroom_plugin_v1_EncodeStartInput, EncodeStart as _darkroom_plugin_v1_EncodeStart } from '../../../darkroom/plugin/v1/EncodeStart.js';
import type { AbortInput as _darkroom_plugin_v1_AbortInput, Abort as _darkroom_plugin_v1_Abort } from '../../../darkroom/plugin/v1/Abort.js';

export interface EncodeCommandInput {
  'start'?: (_darkroom_plugin_v1_EncodeStartInput | null);
  'abort'?: (_darkroom_plugin_v1_AbortInput | null);
  'command'?: "start"|"abort";
}

export interface EncodeCommand {
  'start'?: (_darkroom_plugin_v1_EncodeStart | null);
  'abort'?: (_darkroom_plugin_v1_Abort | null);
  'command'?: "start"|"abort";
}
