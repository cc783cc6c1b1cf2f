// Original file: schema/plugin/v1/plugin.proto

import type { RoleInput as _darkroom_plugin_v1_RoleInput, Role as _darkroom_plugin_v1_Role } from '../../../darkroom/plugin/v1/Role.js';
import type { ChatPartInput as _darkroom_plugin_v1_ChatPartInput, ChatPart as _darkroom_plugin_v1_ChatPart } from '../../../darkroom/plugin/v1/ChatPart.js';

export interface ChatMessageInput {
  'role'?: (_darkroom_plugin_v1_RoleInput);
  'parts'?: (_darkroom_plugin_v1_ChatPartInput)[];
}

export interface ChatMessage {
  'role': (_darkroom_plugin_v1_Role);
  'parts': (_darkroom_plugin_v1_ChatPart)[];
}
