// Original file: schema/plugin/v1/plugin.proto

import type { GenerateRequestInput as _darkroom_plugin_v1_GenerateRequestInput, GenerateRequest as _darkroom_plugin_v1_GenerateRequest } from '../../../darkroom/plugin/v1/GenerateRequest.js';

export interface GenerateStartInput {
  'requests'?: (_darkroom_plugin_v1_GenerateRequestInput)[];
}

export interface GenerateStart {
  'requests': (_darkroom_plugin_v1_GenerateRequest)[];
}
