// Original file: schema/plugin/v1/plugin.proto

import type { LanguageTaskInput as _darkroom_plugin_v1_LanguageTaskInput, LanguageTask as _darkroom_plugin_v1_LanguageTask } from '../../../darkroom/plugin/v1/LanguageTask.js';
import type { ChatMessageInput as _darkroom_plugin_v1_ChatMessageInput, ChatMessage as _darkroom_plugin_v1_ChatMessage } from '../../../darkroom/plugin/v1/ChatMessage.js';
import type { SamplingOptionsInput as _darkroom_plugin_v1_SamplingOptionsInput, SamplingOptions as _darkroom_plugin_v1_SamplingOptions } from '../../../darkroom/plugin/v1/SamplingOptions.js';

export interface GenerateRequestInput {
  'task'?: (_darkroom_plugin_v1_LanguageTaskInput);
  'messages'?: (_darkroom_plugin_v1_ChatMessageInput)[];
  'sampling'?: (_darkroom_plugin_v1_SamplingOptionsInput | null);
}

export interface GenerateRequest {
  'task': (_darkroom_plugin_v1_LanguageTask);
  'messages': (_darkroom_plugin_v1_ChatMessage)[];
  'sampling': (_darkroom_plugin_v1_SamplingOptions | null);
}
