// Original file: schema/plugin/v1/plugin.proto


export interface TokenUsageInput {
  'promptTokens'?: (number);
  'completionTokens'?: (number);
}

export interface TokenUsage {
  'promptTokens': (number);
  'completionTokens': (number);
}
