// Original file: schema/plugin/v1/plugin.proto

import type { PreviewViewInput as _darkroom_plugin_v1_PreviewViewInput, PreviewView as _darkroom_plugin_v1_PreviewView } from '../../../darkroom/plugin/v1/PreviewView.js';

/**
 * What all watchers of one picture together want now. Previews never change the picture.
 */
export interface PreviewWishesInput {
  /**
   * A preview after every step whose number is a multiple of one of these, each at least 1; empty: none.
   */
  'everySteps'?: (number)[];
  /**
   * Longer side in pixels, at most.
   */
  'maxSize'?: (number);
  'view'?: (_darkroom_plugin_v1_PreviewViewInput);
}

/**
 * What all watchers of one picture together want now. Previews never change the picture.
 */
export interface PreviewWishes {
  /**
   * A preview after every step whose number is a multiple of one of these, each at least 1; empty: none.
   */
  'everySteps': (number)[];
  /**
   * Longer side in pixels, at most.
   */
  'maxSize': (number);
  'view': (_darkroom_plugin_v1_PreviewView);
}
