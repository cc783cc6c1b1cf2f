// Original file: schema/plugin/v1/plugin.proto

export const PreviewKind = {
  PREVIEW_KIND_UNSPECIFIED: 'PREVIEW_KIND_UNSPECIFIED',
  PREVIEW_KIND_NONE: 'PREVIEW_KIND_NONE',
  /**
   * Cheap and small.
   */
  PREVIEW_KIND_LATENT: 'PREVIEW_KIND_LATENT',
  /**
   * A true decode.
   */
  PREVIEW_KIND_IMAGE: 'PREVIEW_KIND_IMAGE',
} as const;

export type PreviewKindInput =
  | 'PREVIEW_KIND_UNSPECIFIED'
  | 0
  | 'PREVIEW_KIND_NONE'
  | 1
  /**
   * Cheap and small.
   */
  | 'PREVIEW_KIND_LATENT'
  | 2
  /**
   * A true decode.
   */
  | 'PREVIEW_KIND_IMAGE'
  | 3

export type PreviewKind = typeof PreviewKind[keyof typeof PreviewKind]
