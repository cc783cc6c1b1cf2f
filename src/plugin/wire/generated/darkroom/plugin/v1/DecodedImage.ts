// Original file: schema/plugin/v1/plugin.proto

import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from '../../../darkroom/plugin/v1/RgbImage.js';
import type { DecodeTimingsInput as _darkroom_plugin_v1_DecodeTimingsInput, DecodeTimings as _darkroom_plugin_v1_DecodeTimings } from '../../../darkroom/plugin/v1/DecodeTimings.js';

export interface DecodedImageInput {
  'image'?: (_darkroom_plugin_v1_RgbImageInput | null);
  'timings'?: (_darkroom_plugin_v1_DecodeTimingsInput | null);
}

export interface DecodedImage {
  'image': (_darkroom_plugin_v1_RgbImage | null);
  'timings': (_darkroom_plugin_v1_DecodeTimings | null);
}
