// Original file: schema/plugin/v1/plugin.proto

import type { ImageEmbeddingsInput as _darkroom_plugin_v1_ImageEmbeddingsInput, ImageEmbeddings as _darkroom_plugin_v1_ImageEmbeddings } from '../../../darkroom/plugin/v1/ImageEmbeddings.js';
import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from '../../../darkroom/plugin/v1/RgbImage.js';
import type { MaskInput as _darkroom_plugin_v1_MaskInput, Mask as _darkroom_plugin_v1_Mask } from '../../../darkroom/plugin/v1/Mask.js';

export interface DecodeRequestInput {
  'embeddings'?: (_darkroom_plugin_v1_ImageEmbeddingsInput | null);
  'text'?: (string);
  'referenceEmbeddings'?: (_darkroom_plugin_v1_ImageEmbeddingsInput | null);
  'referencePixels'?: (_darkroom_plugin_v1_RgbImageInput | null);
  'width'?: (number);
  'height'?: (number);
  'numInferenceSteps'?: (number);
  /**
   * Fed to a guidance-distilled denoiser.
   */
  'guidanceScale'?: (number | string);
  /**
   * Classifier-free guidance with a second, negative pass; 1 is off.
   */
  'trueCfgScale'?: (number | string);
  'negativePrompt'?: (string);
  /**
   * 0 to 2^32 - 1. Same request and seed: same picture.
   */
  'seed'?: (number);
  /**
   * Where the reference may change: as large as the picture to draw. Only for plugins that declare `mask`. Absent:
   * everywhere.
   */
  'mask'?: (_darkroom_plugin_v1_MaskInput | null);
  'condition'?: "embeddings"|"text";
  /**
   * What an edit leaves alone comes from here.
   */
  'reference'?: "referenceEmbeddings"|"referencePixels";
}

export interface DecodeRequest {
  'embeddings'?: (_darkroom_plugin_v1_ImageEmbeddings | null);
  'text'?: (string);
  'referenceEmbeddings'?: (_darkroom_plugin_v1_ImageEmbeddings | null);
  'referencePixels'?: (_darkroom_plugin_v1_RgbImage | null);
  'width': (number);
  'height': (number);
  'numInferenceSteps': (number);
  /**
   * Fed to a guidance-distilled denoiser.
   */
  'guidanceScale': (number);
  /**
   * Classifier-free guidance with a second, negative pass; 1 is off.
   */
  'trueCfgScale': (number);
  'negativePrompt': (string);
  /**
   * 0 to 2^32 - 1. Same request and seed: same picture.
   */
  'seed': (number);
  /**
   * Where the reference may change: as large as the picture to draw. Only for plugins that declare `mask`. Absent:
   * everywhere.
   */
  'mask': (_darkroom_plugin_v1_Mask | null);
  'condition'?: "embeddings"|"text";
  /**
   * What an edit leaves alone comes from here.
   */
  'reference'?: "referenceEmbeddings"|"referencePixels";
}
