// Original file: schema/plugin/v1/plugin.proto

import type { EncodeRequestInput as _darkroom_plugin_v1_EncodeRequestInput, EncodeRequest as _darkroom_plugin_v1_EncodeRequest } from '../../../darkroom/plugin/v1/EncodeRequest.js';

export interface EncodeStartInput {
  'requests'?: (_darkroom_plugin_v1_EncodeRequestInput)[];
}

export interface EncodeStart {
  'requests': (_darkroom_plugin_v1_EncodeRequest)[];
}
