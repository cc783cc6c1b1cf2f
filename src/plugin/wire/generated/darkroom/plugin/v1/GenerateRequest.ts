// Original file: schema/plugin/v1/plugin.proto

import type { LanguageTaskInput as _darkroom_plugin_v1_LanguageTaskInput, LanguageTask as _darkroom_plugin_v1_LanguageTask } from '../../../darkroom/plugin/v1/LanguageTask.js';
import type { ChatMessageInput as _darkroom_plugin_v1_ChatMessageInput, ChatMessage as _darkroom_plugin_v1_ChatMessage } from '../../../darkroom/plugin/v1/ChatMessage.js';
import type { SamplingOptionsInput as _darkroom_plugin_v1_SamplingOptionsInput, SamplingOptions as _darkroom_plugin_v1_SamplingOptions } from '../../../darkroom/plugin/v1/SamplingOptions.js';
import type { DrawingOfferInput as _darkroom_plugin_v1_DrawingOfferInput, DrawingOffer as _darkroom_plugin_v1_DrawingOffer } from '../../../darkroom/plugin/v1/DrawingOffer.js';

export interface GenerateRequestInput {
  'task'?: (_darkroom_plugin_v1_LanguageTaskInput);
  'messages'?: (_darkroom_plugin_v1_ChatMessageInput)[];
  'sampling'?: (_darkroom_plugin_v1_SamplingOptionsInput | null);
  /**
   * A decoder that reads words is at hand. Only for plugins that declare `asks_for_pictures`. Since 1.1.
   */
  'drawing'?: (_darkroom_plugin_v1_DrawingOfferInput | null);
}

export interface GenerateRequest {
  'task': (_darkroom_plugin_v1_LanguageTask);
  'messages': (_darkroom_plugin_v1_ChatMessage)[];
  'sampling': (_darkroom_plugin_v1_SamplingOptions | null);
  /**
   * A decoder that reads words is at hand. Only for plugins that declare `asks_for_pictures`. Since 1.1.
   */
  'drawing': (_darkroom_plugin_v1_DrawingOffer | null);
}
