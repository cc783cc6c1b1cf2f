// Original file: schema/plugin/v1/plugin.proto

import type { TensorInput as _darkroom_plugin_v1_TensorInput, Tensor as _darkroom_plugin_v1_Tensor } from '../../../darkroom/plugin/v1/Tensor.js';

export interface ImageEmbeddingsInput {
  'space'?: (string);
  /**
   * [tokens, dimension]
   */
  'embeddings'?: (_darkroom_plugin_v1_TensorInput | null);
  /**
   * t, h, w in patches, before merging: exactly three.
   */
  'gridThw'?: (number)[];
}

export interface ImageEmbeddings {
  'space': (string);
  /**
   * [tokens, dimension]
   */
  'embeddings': (_darkroom_plugin_v1_Tensor | null);
  /**
   * t, h, w in patches, before merging: exactly three.
   */
  'gridThw': (number)[];
}
