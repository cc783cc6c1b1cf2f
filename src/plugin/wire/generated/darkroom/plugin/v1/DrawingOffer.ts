// Original file: schema/plugin/v1/plugin.proto


export interface DrawingOfferInput {
  /**
   * It can also change the newest picture of the conversation.
   */
  'edits'?: (boolean);
}

export interface DrawingOffer {
  /**
   * It can also change the newest picture of the conversation.
   */
  'edits': (boolean);
}
