// Original file: schema/plugin/v1/plugin.proto


export interface EmbeddingSpaceInput {
  'id'?: (string);
  'dimension'?: (number);
  /**
   * Tokens of a picture that the language model makes.
   */
  'imageTokens'?: (number);
}

export interface EmbeddingSpace {
  'id': (string);
  'dimension': (number);
  /**
   * Tokens of a picture that the language model makes.
   */
  'imageTokens': (number);
}
