// Original file: schema/plugin/v1/plugin.proto

import type { ImageEmbeddingsInput as _darkroom_plugin_v1_ImageEmbeddingsInput, ImageEmbeddings as _darkroom_plugin_v1_ImageEmbeddings } from '../../../darkroom/plugin/v1/ImageEmbeddings.js';
import type { GenerateEndInput as _darkroom_plugin_v1_GenerateEndInput, GenerateEnd as _darkroom_plugin_v1_GenerateEnd } from '../../../darkroom/plugin/v1/GenerateEnd.js';
import type { ErrorInput as _darkroom_plugin_v1_ErrorInput, Error as _darkroom_plugin_v1_Error } from '../../../darkroom/plugin/v1/Error.js';
import type { DrawingInput as _darkroom_plugin_v1_DrawingInput, Drawing as _darkroom_plugin_v1_Drawing } from '../../../darkroom/plugin/v1/Drawing.js';

export interface GenerateEventInput {
  /**
   * Which of the requests this tells of, from 0.
   */
  'index'?: (number);
  'text'?: (string);
  'image'?: (_darkroom_plugin_v1_ImageEmbeddingsInput | null);
  'end'?: (_darkroom_plugin_v1_GenerateEndInput | null);
  'error'?: (_darkroom_plugin_v1_ErrorInput | null);
  /**
   * Only where the request offers it. Since 1.1.
   */
  'drawing'?: (_darkroom_plugin_v1_DrawingInput | null);
  'event'?: "text"|"image"|"end"|"error"|"drawing";
}

export interface GenerateEvent {
  /**
   * Which of the requests this tells of, from 0.
   */
  'index': (number);
  'text'?: (string);
  'image'?: (_darkroom_plugin_v1_ImageEmbeddings | null);
  'end'?: (_darkroom_plugin_v1_GenerateEnd | null);
  'error'?: (_darkroom_plugin_v1_Error | null);
  /**
   * Only where the request offers it. Since 1.1.
   */
  'drawing'?: (_darkroom_plugin_v1_Drawing | null);
  'event'?: "text"|"image"|"end"|"error"|"drawing";
}
