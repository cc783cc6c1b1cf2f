// Original file: schema/plugin/v1/plugin.proto

import type { PreviewKindInput as _darkroom_plugin_v1_PreviewKindInput, PreviewKind as _darkroom_plugin_v1_PreviewKind } from '../../../darkroom/plugin/v1/PreviewKind.js';

export interface DecoderSupportInput {
  'edit'?: (boolean);
  'mask'?: (boolean);
  'trueCfg'?: (boolean);
  'preview'?: (_darkroom_plugin_v1_PreviewKindInput);
  /**
   * Pictures that develop in one forward pass.
   */
  'batch'?: (number);
}

export interface DecoderSupport {
  'edit': (boolean);
  'mask': (boolean);
  'trueCfg': (boolean);
  'preview': (_darkroom_plugin_v1_PreviewKind);
  /**
   * Pictures that develop in one forward pass.
   */
  'batch': (number);
}
