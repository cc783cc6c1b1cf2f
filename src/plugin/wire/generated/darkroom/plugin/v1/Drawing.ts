// Original file: schema/plugin/v1/plugin.proto


/**
 * A picture belongs here, and these words say what it shows.
 */
export interface DrawingInput {
  'prompt'?: (string);
  /**
   * The newest picture of the conversation is to be changed.
   */
  'edits'?: (boolean);
}

/**
 * A picture belongs here, and these words say what it shows.
 */
export interface Drawing {
  'prompt': (string);
  /**
   * The newest picture of the conversation is to be changed.
   */
  'edits': (boolean);
}
