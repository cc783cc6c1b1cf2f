// Original file: schema/plugin/v1/plugin.proto

import type { EmbeddingSpaceInput as _darkroom_plugin_v1_EmbeddingSpaceInput, EmbeddingSpace as _darkroom_plugin_v1_EmbeddingSpace } from '../../../darkroom/plugin/v1/EmbeddingSpace.js';

export interface VisionEncoderCapabilitiesInput {
  'space'?: (_darkroom_plugin_v1_EmbeddingSpaceInput | null);
}

export interface VisionEncoderCapabilities {
  'space': (_darkroom_plugin_v1_EmbeddingSpace | null);
}
