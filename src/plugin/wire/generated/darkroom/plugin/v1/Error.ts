// Original file: schema/plugin/v1/plugin.proto


export interface ErrorInput {
  /**
   * Stable; see docs/errors.md.
   */
  'code'?: (string);
  /**
   * What was wanted, what came and what to do. No secret, no prompt, no picture.
   */
  'message'?: (string);
}

export interface Error {
  /**
   * Stable; see docs/errors.md.
   */
  'code': (string);
  /**
   * What was wanted, what came and what to do. No secret, no prompt, no picture.
   */
  'message': (string);
}
