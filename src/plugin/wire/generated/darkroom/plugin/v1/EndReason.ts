// Original file: schema/plugin/v1/plugin.proto

export const EndReason = {
  END_REASON_UNSPECIFIED: 'END_REASON_UNSPECIFIED',
  END_REASON_STOP: 'END_REASON_STOP',
  END_REASON_LENGTH: 'END_REASON_LENGTH',
} as const;

export type EndReasonInput =
  | 'END_REASON_UNSPECIFIED'
  | 0
  | 'END_REASON_STOP'
  | 1
  | 'END_REASON_LENGTH'
  | 2

export type EndReason = typeof EndReason[keyof typeof EndReason]
