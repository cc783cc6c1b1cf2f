// Original file: schema/plugin/v1/plugin.proto

import type { DecodeRequestInput as _darkroom_plugin_v1_DecodeRequestInput, DecodeRequest as _darkroom_plugin_v1_DecodeRequest } from '../../../darkroom/plugin/v1/DecodeRequest.js';
import type { PreviewWishesInput as _darkroom_plugin_v1_PreviewWishesInput, PreviewWishes as _darkroom_plugin_v1_PreviewWishes } from '../../../darkroom/plugin/v1/PreviewWishes.js';

export interface DecodeStartInput {
  'request'?: (_darkroom_plugin_v1_DecodeRequestInput | null);
  /**
   * Absent: no previews.
   */
  'wishes'?: (_darkroom_plugin_v1_PreviewWishesInput | null);
}

export interface DecodeStart {
  'request': (_darkroom_plugin_v1_DecodeRequest | null);
  /**
   * Absent: no previews.
   */
  'wishes': (_darkroom_plugin_v1_PreviewWishes | null);
}
