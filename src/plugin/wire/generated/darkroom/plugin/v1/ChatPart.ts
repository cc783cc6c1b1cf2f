// Original file: schema/plugin/v1/plugin.proto

import type { ImageEmbeddingsInput as _darkroom_plugin_v1_ImageEmbeddingsInput, ImageEmbeddings as _darkroom_plugin_v1_ImageEmbeddings } from '../../../darkroom/plugin/v1/ImageEmbeddings.js';
import type { RgbImageInput as _darkroom_plugin_v1_RgbImageInput, RgbImage as _darkroom_plugin_v1_RgbImage } from '../../../darkroom/plugin/v1/RgbImage.js';

export interface ChatPartInput {
  'text'?: (string);
  'image'?: (_darkroom_plugin_v1_ImageEmbeddingsInput | null);
  'pixels'?: (_darkroom_plugin_v1_RgbImageInput | null);
  'part'?: "text"|"image"|"pixels";
}

export interface ChatPart {
  'text'?: (string);
  'image'?: (_darkroom_plugin_v1_ImageEmbeddings | null);
  'pixels'?: (_darkroom_plugin_v1_RgbImage | null);
  'part'?: "text"|"image"|"pixels";
}
