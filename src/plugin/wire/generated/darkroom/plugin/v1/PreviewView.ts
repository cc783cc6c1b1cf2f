// Original file: schema/plugin/v1/plugin.proto

export const PreviewView = {
  PREVIEW_VIEW_UNSPECIFIED: 'PREVIEW_VIEW_UNSPECIFIED',
  /**
   * The picture as estimated now.
   */
  PREVIEW_VIEW_X0: 'PREVIEW_VIEW_X0',
  /**
   * What the denoiser holds.
   */
  PREVIEW_VIEW_NOISY: 'PREVIEW_VIEW_NOISY',
} as const;

export type PreviewViewInput =
  | 'PREVIEW_VIEW_UNSPECIFIED'
  | 0
  /**
   * The picture as estimated now.
   */
  | 'PREVIEW_VIEW_X0'
  | 1
  /**
   * What the denoiser holds.
   */
  | 'PREVIEW_VIEW_NOISY'
  | 2

export type PreviewView = typeof PreviewView[keyof typeof PreviewView]
