// Original file: schema/plugin/v1/plugin.proto

import type { WelcomeInput as _darkroom_plugin_v1_WelcomeInput, Welcome as _darkroom_plugin_v1_Welcome } from '../../../darkroom/plugin/v1/Welcome.js';
import type { RefusalInput as _darkroom_plugin_v1_RefusalInput, Refusal as _darkroom_plugin_v1_Refusal } from '../../../darkroom/plugin/v1/Refusal.js';

export interface HandshakeResponseInput {
  'welcome'?: (_darkroom_plugin_v1_WelcomeInput | null);
  'refusal'?: (_darkroom_plugin_v1_RefusalInput | null);
  'result'?: "welcome"|"refusal";
}

export interface HandshakeResponse {
  'welcome'?: (_darkroom_plugin_v1_Welcome | null);
  'refusal'?: (_darkroom_plugin_v1_Refusal | null);
  'result'?: "welcome"|"refusal";
}
