// Original file: schema/plugin/v1/plugin.proto

import type { DecodeStartInput as _darkroom_plugin_v1_DecodeStartInput, DecodeStart as _darkroom_plugin_v1_DecodeStart } from '../../../darkroom/plugin/v1/DecodeStart.js';
import type { PreviewWishesInput as _darkroom_plugin_v1_PreviewWishesInput, PreviewWishes as _darkroom_plugin_v1_PreviewWishes } from '../../../darkroom/plugin/v1/PreviewWishes.js';
import type { AbortInput as _darkroom_plugin_v1_AbortInput, Abort as _darkroom_plugin_v1_Abort } from '../../../darkroom/plugin/v1/Abort.js';

export interface DecodeCommandInput {
  'start'?: (_darkroom_plugin_v1_DecodeStartInput | null);
  /**
   * Replaces the wishes before it; holds from the next step on.
   */
  'wishes'?: (_darkroom_plugin_v1_PreviewWishesInput | null);
  'abort'?: (_darkroom_plugin_v1_AbortInput | null);
  'command'?: "start"|"wishes"|"abort";
}

export interface DecodeCommand {
  'start'?: (_darkroom_plugin_v1_DecodeStart | null);
  /**
   * Replaces the wishes before it; holds from the next step on.
   */
  'wishes'?: (_darkroom_plugin_v1_PreviewWishes | null);
  'abort'?: (_darkroom_plugin_v1_Abort | null);
  'command'?: "start"|"wishes"|"abort";
}
