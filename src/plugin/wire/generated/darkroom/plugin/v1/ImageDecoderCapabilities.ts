// Original file: schema/plugin/v1/plugin.proto

import type { EmbeddingSpaceInput as _darkroom_plugin_v1_EmbeddingSpaceInput, EmbeddingSpace as _darkroom_plugin_v1_EmbeddingSpace } from '../../../darkroom/plugin/v1/EmbeddingSpace.js';
import type { TextInput as _darkroom_plugin_v1_TextInput, Text as _darkroom_plugin_v1_Text } from '../../../darkroom/plugin/v1/Text.js';
import type { PixelsInput as _darkroom_plugin_v1_PixelsInput, Pixels as _darkroom_plugin_v1_Pixels } from '../../../darkroom/plugin/v1/Pixels.js';
import type { DecoderSupportInput as _darkroom_plugin_v1_DecoderSupportInput, DecoderSupport as _darkroom_plugin_v1_DecoderSupport } from '../../../darkroom/plugin/v1/DecoderSupport.js';
import type { DecoderLimitsInput as _darkroom_plugin_v1_DecoderLimitsInput, DecoderLimits as _darkroom_plugin_v1_DecoderLimits } from '../../../darkroom/plugin/v1/DecoderLimits.js';
import type { DecoderDefaultsInput as _darkroom_plugin_v1_DecoderDefaultsInput, DecoderDefaults as _darkroom_plugin_v1_DecoderDefaults } from '../../../darkroom/plugin/v1/DecoderDefaults.js';

export interface ImageDecoderCapabilitiesInput {
  'conditionSpace'?: (_darkroom_plugin_v1_EmbeddingSpaceInput | null);
  'conditionText'?: (_darkroom_plugin_v1_TextInput | null);
  'referenceSpace'?: (_darkroom_plugin_v1_EmbeddingSpaceInput | null);
  'referencePixels'?: (_darkroom_plugin_v1_PixelsInput | null);
  'supports'?: (_darkroom_plugin_v1_DecoderSupportInput | null);
  'limits'?: (_darkroom_plugin_v1_DecoderLimitsInput | null);
  'defaults'?: (_darkroom_plugin_v1_DecoderDefaultsInput | null);
  'condition'?: "conditionSpace"|"conditionText";
  /**
   * Absent: it takes no reference.
   */
  'reference'?: "referenceSpace"|"referencePixels";
}

export interface ImageDecoderCapabilities {
  'conditionSpace'?: (_darkroom_plugin_v1_EmbeddingSpace | null);
  'conditionText'?: (_darkroom_plugin_v1_Text | null);
  'referenceSpace'?: (_darkroom_plugin_v1_EmbeddingSpace | null);
  'referencePixels'?: (_darkroom_plugin_v1_Pixels | null);
  'supports': (_darkroom_plugin_v1_DecoderSupport | null);
  'limits': (_darkroom_plugin_v1_DecoderLimits | null);
  'defaults': (_darkroom_plugin_v1_DecoderDefaults | null);
  'condition'?: "conditionSpace"|"conditionText";
  /**
   * Absent: it takes no reference.
   */
  'reference'?: "referenceSpace"|"referencePixels";
}
