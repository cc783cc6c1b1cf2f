// Original file: schema/plugin/v1/plugin.proto

import type { DecodeStepInput as _darkroom_plugin_v1_DecodeStepInput, DecodeStep as _darkroom_plugin_v1_DecodeStep } from '../../../darkroom/plugin/v1/DecodeStep.js';
import type { DecodedImageInput as _darkroom_plugin_v1_DecodedImageInput, DecodedImage as _darkroom_plugin_v1_DecodedImage } from '../../../darkroom/plugin/v1/DecodedImage.js';

export interface DecodeEventInput {
  'step'?: (_darkroom_plugin_v1_DecodeStepInput | null);
  'image'?: (_darkroom_plugin_v1_DecodedImageInput | null);
  'event'?: "step"|"image";
}

export interface DecodeEvent {
  'step'?: (_darkroom_plugin_v1_DecodeStep | null);
  'image'?: (_darkroom_plugin_v1_DecodedImage | null);
  'event'?: "step"|"image";
}
