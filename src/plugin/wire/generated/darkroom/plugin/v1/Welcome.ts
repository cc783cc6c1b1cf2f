// Original file: schema/plugin/v1/plugin.proto

import type { VisionEncoderCapabilitiesInput as _darkroom_plugin_v1_VisionEncoderCapabilitiesInput, VisionEncoderCapabilities as _darkroom_plugin_v1_VisionEncoderCapabilities } from '../../../darkroom/plugin/v1/VisionEncoderCapabilities.js';
import type { LanguageModelCapabilitiesInput as _darkroom_plugin_v1_LanguageModelCapabilitiesInput, LanguageModelCapabilities as _darkroom_plugin_v1_LanguageModelCapabilities } from '../../../darkroom/plugin/v1/LanguageModelCapabilities.js';
import type { ImageDecoderCapabilitiesInput as _darkroom_plugin_v1_ImageDecoderCapabilitiesInput, ImageDecoderCapabilities as _darkroom_plugin_v1_ImageDecoderCapabilities } from '../../../darkroom/plugin/v1/ImageDecoderCapabilities.js';

export interface WelcomeInput {
  /**
   * The one of the offered versions that this connection speaks.
   */
  'apiVersion'?: (string);
  'name'?: (string);
  'version'?: (string);
  'visionEncoder'?: (_darkroom_plugin_v1_VisionEncoderCapabilitiesInput | null);
  'languageModel'?: (_darkroom_plugin_v1_LanguageModelCapabilitiesInput | null);
  'imageDecoder'?: (_darkroom_plugin_v1_ImageDecoderCapabilitiesInput | null);
  /**
   * The kind, and with it what the plugin declares of itself.
   */
  'capabilities'?: "visionEncoder"|"languageModel"|"imageDecoder";
}

export interface Welcome {
  /**
   * The one of the offered versions that this connection speaks.
   */
  'apiVersion': (string);
  'name': (string);
  'version': (string);
  'visionEncoder'?: (_darkroom_plugin_v1_VisionEncoderCapabilities | null);
  'languageModel'?: (_darkroom_plugin_v1_LanguageModelCapabilities | null);
  'imageDecoder'?: (_darkroom_plugin_v1_ImageDecoderCapabilities | null);
  /**
   * The kind, and with it what the plugin declares of itself.
   */
  'capabilities'?: "visionEncoder"|"languageModel"|"imageDecoder";
}
