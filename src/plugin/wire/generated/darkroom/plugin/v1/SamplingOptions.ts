// Original file: schema/plugin/v1/plugin.proto


/**
 * What is absent is the plugin's choice.
 */
export interface SamplingOptionsInput {
  /**
   * Text and image rows together.
   */
  'maxNewTokens'?: (number);
  /**
   * 0 takes the likeliest token.
   */
  'temperature'?: (number | string);
  'topP'?: (number | string);
  'topK'?: (number);
  'repetitionPenalty'?: (number | string);
  /**
   * 0 to 2^32 - 1.
   */
  'seed'?: (number);
  /**
   * Texts that end the answer; they are left out of it.
   */
  'stop'?: (string)[];
  '_maxNewTokens'?: "maxNewTokens";
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_seed'?: "seed";
}

/**
 * What is absent is the plugin's choice.
 */
export interface SamplingOptions {
  /**
   * Text and image rows together.
   */
  'maxNewTokens'?: (number);
  /**
   * 0 takes the likeliest token.
   */
  'temperature'?: (number);
  'topP'?: (number);
  'topK'?: (number);
  'repetitionPenalty'?: (number);
  /**
   * 0 to 2^32 - 1.
   */
  'seed'?: (number);
  /**
   * Texts that end the answer; they are left out of it.
   */
  'stop': (string)[];
  '_maxNewTokens'?: "maxNewTokens";
  '_temperature'?: "temperature";
  '_topP'?: "topP";
  '_topK'?: "topK";
  '_repetitionPenalty'?: "repetitionPenalty";
  '_seed'?: "seed";
}
