// Original file: schema/plugin/v1/plugin.proto

export const EncodePurpose = {
  ENCODE_PURPOSE_UNSPECIFIED: 'ENCODE_PURPOSE_UNSPECIFIED',
  /**
   * A language model will read them.
   */
  ENCODE_PURPOSE_READ: 'ENCODE_PURPOSE_READ',
  /**
   * The grid of generated pictures, for similarity and round trips.
   */
  ENCODE_PURPOSE_TARGET: 'ENCODE_PURPOSE_TARGET',
  /**
   * A decoder will keep what an edit leaves alone.
   */
  ENCODE_PURPOSE_REFERENCE: 'ENCODE_PURPOSE_REFERENCE',
} as const;

export type EncodePurposeInput =
  | 'ENCODE_PURPOSE_UNSPECIFIED'
  | 0
  /**
   * A language model will read them.
   */
  | 'ENCODE_PURPOSE_READ'
  | 1
  /**
   * The grid of generated pictures, for similarity and round trips.
   */
  | 'ENCODE_PURPOSE_TARGET'
  | 2
  /**
   * A decoder will keep what an edit leaves alone.
   */
  | 'ENCODE_PURPOSE_REFERENCE'
  | 3

export type EncodePurpose = typeof EncodePurpose[keyof typeof EncodePurpose]
