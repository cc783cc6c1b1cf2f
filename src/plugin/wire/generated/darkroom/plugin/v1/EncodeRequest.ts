// Original file: schema/plugin/v1/plugin.proto

import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from '../../../darkroom/plugin/v1/RgbImage.js';
import type { EncodePurposeInput as _darkroom_plugin_v1_EncodePurposeInput, EncodePurpose as _darkroom_plugin_v1_EncodePurpose } from '../../../darkroom/plugin/v1/EncodePurpose.js';

export interface EncodeRequestInput {
  'image'?: (_darkroom_plugin_v1_RgbImageInput | null);
  'purpose'?: (_darkroom_plugin_v1_EncodePurposeInput);
}

export interface EncodeRequest {
  'image': (_darkroom_plugin_v1_RgbImage | null);
  'purpose': (_darkroom_plugin_v1_EncodePurpose);
}
