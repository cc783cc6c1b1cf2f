// Original file: schema/plugin/v1/plugin.proto

import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from '../../../darkroom/plugin/v1/RgbImage.js';

export interface DecodeStepInput {
  /**
   * Steps done, 1 to num_inference_steps.
   */
  'stepIndex'?: (number);
  /**
   * Noise level left, 1 to 0.
   */
  'sigma'?: (number | string);
  /**
   * Absent when nobody wished for one.
   */
  'preview'?: (_darkroom_plugin_v1_RgbImageInput | null);
}

export interface DecodeStep {
  /**
   * Steps done, 1 to num_inference_steps.
   */
  'stepIndex': (number);
  /**
   * Noise level left, 1 to 0.
   */
  'sigma': (number);
  /**
   * Absent when nobody wished for one.
   */
  'preview': (_darkroom_plugin_v1_RgbImage | null);
}
