/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Which images; all conditions given must hold. */
export type ImageFilter = {
  /** Only those made in the Conversation with this id. */
  conversationId?: string | null | undefined;
  /** Only those stored after this. */
  createdAfter?: string | null | undefined;
  /** Only those stored before this. */
  createdBefore?: string | null | undefined;
  /** Only those that come from there. */
  origin?: ImageOrigin | null | undefined;
  /** Only those with this in the prompt or instruction that made them, whatever its case. */
  search?: string | null | undefined;
  /** Only those made by the Task with this id. */
  taskId?: string | null | undefined;
};

/** Where a picture comes from. */
export type ImageOrigin =
  /** A model changed another picture. */
  | 'EDITED'
  /** A model drew it from words. */
  | 'GENERATED'
  /** A caller sent it. */
  | 'UPLOADED';

/** Where a task stands. */
export type TaskStatus =
  /** Ended by `cancelTask`. */
  | 'CANCELLED'
  /** Ended with `error`. */
  | 'FAILED'
  /** Waits for its turn. */
  | 'QUEUED'
  /** Is being worked on. */
  | 'RUNNING'
  /** Done. */
  | 'SUCCEEDED';

export type StudioThumbnailFragment = { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null };

export type StudioImageFragment = { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null };

export type StudioSettingsFragment = { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string };

type StudioTask_EditTask_Fragment = { __typename: 'EditTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null };

type StudioTask_GenerationTask_Fragment = { __typename: 'GenerationTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null };

type StudioTask_ReplyTask_Fragment = { __typename: 'ReplyTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null };

type StudioTask_UnderstandingTask_Fragment = { __typename: 'UnderstandingTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null };

export type StudioTaskFragment =
  | StudioTask_EditTask_Fragment
  | StudioTask_GenerationTask_Fragment
  | StudioTask_ReplyTask_Fragment
  | StudioTask_UnderstandingTask_Fragment
;

export type GalleryImagesQueryVariables = Exact<{
  filter?: ImageFilter | null | undefined;
  after?: string | null | undefined;
}>;


export type GalleryImagesQuery = { images: { totalCount: number, edges: Array<{ node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type GallerySimilarQueryVariables = Exact<{
  imageId?: string | null | undefined;
  text?: string | null | undefined;
}>;


export type GallerySimilarQuery = { similarImages: Array<{ score: number, image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null } }> };

export type GalleryThumbnailQueryVariables = Exact<{
  id: string;
}>;


export type GalleryThumbnailQuery = { node:
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image', id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null };

export type GalleryImageQueryVariables = Exact<{
  id: string;
}>;


export type GalleryImageQuery = { node:
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image', byteSize: number, id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, task:
        | { id: string, conversation: { id: string, title: string } | null, timings: { totalMs: number | null } }
        | { id: string, conversation: { id: string, title: string } | null, timings: { totalMs: number | null } }
        | { id: string, conversation: { id: string, title: string } | null, timings: { totalMs: number | null } }
        | { id: string, conversation: { id: string, title: string } | null, timings: { totalMs: number | null } }
       | null, source: { url: string, id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, source: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, source: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, source: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, source: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null } | null, recipe: { prompt: string } | null } | null, recipe: { prompt: string } | null } | null, recipe: { prompt: string } | null } | null, recipe: { prompt: string } | null } | null, derivatives: { totalCount: number, edges: Array<{ node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, derivatives: { totalCount: number, edges: Array<{ node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, derivatives: { totalCount: number, edges: Array<{ node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string } | null } }> }, recipe: { prompt: string } | null } }> }, recipe: { prompt: string } | null } }> }, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const StudioThumbnailFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment StudioThumbnail on Image {
  id
  width
  height
  origin
  thumbhash
  smallUrl: url(width: 480, format: WEBP)
  recipe {
    prompt
  }
}
    `, {"fragmentName":"StudioThumbnail"}) as unknown as TypedDocumentString<StudioThumbnailFragment, unknown>;
export const StudioSettingsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment StudioSettings on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}
    `, {"fragmentName":"StudioSettings"}) as unknown as TypedDocumentString<StudioSettingsFragment, unknown>;
export const StudioImageFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment StudioImage on Image {
  id
  width
  height
  origin
  thumbhash
  url
  smallUrl: url(width: 480, format: WEBP)
  mediaType
  createdAt
  source {
    id
  }
  recipe {
    modelId
    prompt
    settings {
      ...StudioSettings
    }
  }
}
    fragment StudioSettings on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`, {"fragmentName":"StudioImage"}) as unknown as TypedDocumentString<StudioImageFragment, unknown>;
export const StudioTaskFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment StudioTask on Task {
  __typename
  id
  status
  queuePosition
  etaSeconds
  attempt
  error {
    code
    message
    retryable
  }
}
    `, {"fragmentName":"StudioTask"}) as unknown as TypedDocumentString<StudioTaskFragment, unknown>;
export const GalleryImagesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query GalleryImages($filter: ImageFilter, $after: String) {
  images(first: 100, filter: $filter, after: $after) {
    edges {
      node {
        ...StudioThumbnail
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    fragment StudioThumbnail on Image {
  id
  width
  height
  origin
  thumbhash
  smallUrl: url(width: 480, format: WEBP)
  recipe {
    prompt
  }
}`) as unknown as TypedDocumentString<GalleryImagesQuery, GalleryImagesQueryVariables>;
export const GallerySimilarDocument = /*#__PURE__*/ new TypedDocumentString(`
    query GallerySimilar($imageId: ID, $text: String) {
  similarImages(imageId: $imageId, text: $text, first: 60) {
    score
    image {
      ...StudioThumbnail
    }
  }
}
    fragment StudioThumbnail on Image {
  id
  width
  height
  origin
  thumbhash
  smallUrl: url(width: 480, format: WEBP)
  recipe {
    prompt
  }
}`) as unknown as TypedDocumentString<GallerySimilarQuery, GallerySimilarQueryVariables>;
export const GalleryThumbnailDocument = /*#__PURE__*/ new TypedDocumentString(`
    query GalleryThumbnail($id: ID!) {
  node(id: $id) {
    __typename
    ... on Image {
      ...StudioThumbnail
    }
  }
}
    fragment StudioThumbnail on Image {
  id
  width
  height
  origin
  thumbhash
  smallUrl: url(width: 480, format: WEBP)
  recipe {
    prompt
  }
}`) as unknown as TypedDocumentString<GalleryThumbnailQuery, GalleryThumbnailQueryVariables>;
export const GalleryImageDocument = /*#__PURE__*/ new TypedDocumentString(`
    query GalleryImage($id: ID!) {
  node(id: $id) {
    __typename
    ... on Image {
      ...StudioImage
      byteSize
      task {
        id
        conversation {
          id
          title
        }
        timings {
          totalMs
        }
      }
      source {
        ...StudioThumbnail
        url
        source {
          ...StudioThumbnail
          source {
            ...StudioThumbnail
            source {
              ...StudioThumbnail
              source {
                ...StudioThumbnail
              }
            }
          }
        }
      }
      derivatives(first: 12) {
        totalCount
        edges {
          node {
            ...StudioThumbnail
            derivatives(first: 6) {
              totalCount
              edges {
                node {
                  ...StudioThumbnail
                  derivatives(first: 4) {
                    totalCount
                    edges {
                      node {
                        ...StudioThumbnail
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
    fragment StudioThumbnail on Image {
  id
  width
  height
  origin
  thumbhash
  smallUrl: url(width: 480, format: WEBP)
  recipe {
    prompt
  }
}
fragment StudioImage on Image {
  id
  width
  height
  origin
  thumbhash
  url
  smallUrl: url(width: 480, format: WEBP)
  mediaType
  createdAt
  source {
    id
  }
  recipe {
    modelId
    prompt
    settings {
      ...StudioSettings
    }
  }
}
fragment StudioSettings on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`) as unknown as TypedDocumentString<GalleryImageQuery, GalleryImageQueryVariables>;