// Original file: schema/plugin/v1/plugin.proto


export interface LanguageLimitsInput {
  /**
   * Tokens of prompt and answer together.
   */
  'contextLength'?: (number);
  /**
   * Requests that run in one forward pass.
   */
  'batch'?: (number);
}

export interface LanguageLimits {
  /**
   * Tokens of prompt and answer together.
   */
  'contextLength': (number);
  /**
   * Requests that run in one forward pass.
   */
  'batch': (number);
}
