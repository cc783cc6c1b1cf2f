// Original file: schema/plugin/v1/plugin.proto

import type { EmbeddingSpaceInput as _darkroom_plugin_v1_EmbeddingSpaceInput, EmbeddingSpace as _darkroom_plugin_v1_EmbeddingSpace } from '../../../darkroom/plugin/v1/EmbeddingSpace.js';
import type { PixelsInput as _darkroom_plugin_v1_PixelsInput, Pixels as _darkroom_plugin_v1_Pixels } from '../../../darkroom/plugin/v1/Pixels.js';
import type { LanguageLimitsInput as _darkroom_plugin_v1_LanguageLimitsInput, LanguageLimits as _darkroom_plugin_v1_LanguageLimits } from '../../../darkroom/plugin/v1/LanguageLimits.js';

export interface LanguageModelCapabilitiesInput {
  'space'?: (_darkroom_plugin_v1_EmbeddingSpaceInput | null);
  'pixels'?: (_darkroom_plugin_v1_PixelsInput | null);
  /**
   * Space of the embeddings it writes; absent when it writes only words.
   */
  'writes'?: (_darkroom_plugin_v1_EmbeddingSpaceInput | null);
  'limits'?: (_darkroom_plugin_v1_LanguageLimitsInput | null);
  /**
   * It can ask for a picture in words, which a decoder that reads words draws. Since 1.1.
   */
  'asksForPictures'?: (boolean);
  /**
   * How it wants pictures in messages.
   */
  'reads'?: "space"|"pixels";
}

export interface LanguageModelCapabilities {
  'space'?: (_darkroom_plugin_v1_EmbeddingSpace | null);
  'pixels'?: (_darkroom_plugin_v1_Pixels | null);
  /**
   * Space of the embeddings it writes; absent when it writes only words.
   */
  'writes': (_darkroom_plugin_v1_EmbeddingSpace | null);
  'limits': (_darkroom_plugin_v1_LanguageLimits | null);
  /**
   * It can ask for a picture in words, which a decoder that reads words draws. Since 1.1.
   */
  'asksForPictures': (boolean);
  /**
   * How it wants pictures in messages.
   */
  'reads'?: "space"|"pixels";
}
