// Original file: schema/plugin/v1/plugin.proto

import type { GenerateStartInput as _darkroom_plugin_v1_GenerateStartInput, GenerateStart as _darkroom_plugin_v1_GenerateStart } from '../../../darkroom/plugin/v1/GenerateStart.js';
import type { AbortInput as _darkroom_plugin_v1_AbortInput, Abort as _darkroom_plugin_v1_Abort } from '../../../darkroom/plugin/v1/Abort.js';

export interface GenerateCommandInput {
  'start'?: (_darkroom_plugin_v1_GenerateStartInput | null);
  'abort'?: (_darkroom_plugin_v1_AbortInput | null);
  'command'?: "start"|"abort";
}

export interface GenerateCommand {
  'start'?: (_darkroom_plugin_v1_GenerateStart | null);
  'abort'?: (_darkroom_plugin_v1_Abort | null);
  'command'?: "start"|"abort";
}
