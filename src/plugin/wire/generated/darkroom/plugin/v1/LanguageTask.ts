// Original file: schema/plugin/v1/plugin.proto

export const LanguageTask = {
  LANGUAGE_TASK_UNSPECIFIED: 'LANGUAGE_TASK_UNSPECIFIED',
  /**
   * The model decides whether the answer is words, a picture or both.
   */
  LANGUAGE_TASK_REPLY: 'LANGUAGE_TASK_REPLY',
  /**
   * Words.
   */
  LANGUAGE_TASK_UNDERSTAND: 'LANGUAGE_TASK_UNDERSTAND',
  /**
   * A picture, forced if the model would not begin one.
   */
  LANGUAGE_TASK_GENERATE: 'LANGUAGE_TASK_GENERATE',
  LANGUAGE_TASK_EDIT: 'LANGUAGE_TASK_EDIT',
} as const;

export type LanguageTaskInput =
  | 'LANGUAGE_TASK_UNSPECIFIED'
  | 0
  /**
   * The model decides whether the answer is words, a picture or both.
   */
  | 'LANGUAGE_TASK_REPLY'
  | 1
  /**
   * Words.
   */
  | 'LANGUAGE_TASK_UNDERSTAND'
  | 2
  /**
   * A picture, forced if the model would not begin one.
   */
  | 'LANGUAGE_TASK_GENERATE'
  | 3
  | 'LANGUAGE_TASK_EDIT'
  | 4

export type LanguageTask = typeof LanguageTask[keyof typeof LanguageTask]
