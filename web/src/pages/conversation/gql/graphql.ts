/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What a model can do. */
export type Capability =
  /** Changes pictures as told. */
  | 'EDIT'
  /** Draws pictures from words. */
  | 'GENERATE'
  /** Answers questions about pictures. */
  | 'UNDERSTAND';

/** How pictures are drawn. What is left out is taken from the defaults of the model. */
export type DiffusionInput = {
  /** Pictures to make, 1 to `maxImages` of the model; each takes the next seed. */
  count?: number | null | undefined;
  /** Which of the image decoders of the model: `generation` or `editing`. */
  decoder?: string | null | undefined;
  /** Fed to a guidance-distilled denoiser; 0 or more. */
  guidanceScale?: number | null | undefined;
  /** Pixels; within the limits of the model and a multiple of its `sizeMultiple`. */
  height?: number | null | undefined;
  /** What the picture should not show; works where `trueCfgScale` is above 1. */
  negativePrompt?: string | null | undefined;
  /** Denoiser steps, 1 to `maxSteps` of the model: more take longer and look better. */
  numInferenceSteps?: number | null | undefined;
  /** 0 to 2147483647; the same seed and settings give the same picture. Default: drawn at random. */
  seed?: number | null | undefined;
  /** Classifier-free guidance with a second, negative pass; 1 is off, 1 or more. */
  trueCfgScale?: number | null | undefined;
  /** Pixels; within the limits of the model and a multiple of its `sizeMultiple`. */
  width?: number | null | undefined;
};

/** Where a picture comes from. */
export type ImageOrigin =
  /** A model changed another picture. */
  | 'EDITED'
  /** A model drew it from words. */
  | 'GENERATED'
  /** A caller sent it. */
  | 'UPLOADED';

/** A piece of a message: either `text` or `imageId`. */
export type MessagePartInput = {
  /** The id of an Image. */
  imageId?: string | null | undefined;
  /** Words; not empty. */
  text?: string | null | undefined;
};

/** Who said something. */
export type MessageRole =
  /** The model. */
  | 'ASSISTANT'
  /** The caller. */
  | 'USER';

/** What becomes of a task when nobody follows its events any more. */
export type OnDisconnect =
  /** It is cancelled, unless somebody follows it again within some seconds. */
  | 'CANCEL'
  /** It goes on. */
  | 'CONTINUE';

/** How the language model chooses its words. What is left out is taken from the defaults of the model. */
export type SamplingInput = {
  /** Most tokens to write; 1 or more. */
  maxNewTokens?: number | null | undefined;
  /** Above 1 makes tokens that were used less likely. */
  repetitionPenalty?: number | null | undefined;
  /** 0 to 2147483647; the same seed and settings give the same words. */
  seed?: number | null | undefined;
  /** Texts that end the answer; they are left out of it. */
  stop?: Array<string> | null | undefined;
  /** 0 or more: 0 takes the likeliest token, higher is more varied. */
  temperature?: number | null | undefined;
  /** Chooses among this many of the likeliest tokens; 1 or more. */
  topK?: number | null | undefined;
  /** Chooses among the likeliest tokens that together have this probability; above 0 to 1. */
  topP?: number | null | undefined;
};

/** What to say, and how the answer is made. */
export type SendMessageInput = {
  /** Where it is said. The model is the one of the conversation. */
  conversationId: string;
  /** Settings of the pictures that the answer may hold. */
  diffusion?: DiffusionInput | null | undefined;
  /** The same key with the same input returns the first result; with another input it is an error. */
  idempotencyKey?: string | null | undefined;
  /** What becomes of the task when nobody follows its events any more. Default: CONTINUE. */
  onDisconnect?: OnDisconnect | null | undefined;
  /** Words and images in any order; at least one. */
  parts: Array<MessagePartInput>;
  /** Higher runs first; -100 to 100. Default: 0. */
  priority?: number | null | undefined;
  /** How the words of the answer are chosen. */
  sampling?: SamplingInput | null | undefined;
};

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

export type ThreadQueryVariables = Exact<{
  id: string;
  before?: string | null | undefined;
}>;


export type ThreadQuery = { node:
    | { __typename: 'Conversation', id: string, title: string, model: { id: string, name: string }, messages: { edges: Array<{ node: { id: string, role: MessageRole, createdAt: string, parts: Array<
              | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null } | null }
              | { __typename: 'TextPart', text: string }
            >, task:
              | { __typename: 'EditTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'GenerationTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'ReplyTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
             | null } }>, pageInfo: { hasPreviousPage: boolean, startCursor: string | null } } }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image' }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null };

export type ThreadMessageFragment = { id: string, role: MessageRole, createdAt: string, parts: Array<
    | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null } | null }
    | { __typename: 'TextPart', text: string }
  >, task:
    | { __typename: 'EditTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'GenerationTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'ReplyTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
   | null };

export type SayMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type SayMutation = { sendMessage: { userMessage: { id: string, role: MessageRole, createdAt: string, parts: Array<
        | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null } | null }
        | { __typename: 'TextPart', text: string }
      >, task:
        | { __typename: 'EditTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
       | null }, replyMessage: { id: string, role: MessageRole, createdAt: string, parts: Array<
        | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null } | null }
        | { __typename: 'TextPart', text: string }
      >, task:
        | { __typename: 'EditTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, error: { code: string, message: string, retryable: boolean } | null }
       | null } } };

export type ConversationListQueryVariables = Exact<{
  search?: string | null | undefined;
  after?: string | null | undefined;
}>;


export type ConversationListQuery = { conversations: { edges: Array<{ node: { id: string, title: string, updatedAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type StudioModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type StudioModelsQuery = { models: Array<{ id: string, name: string, capabilities: Array<Capability>, defaults: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, limits: { minWidth: number, minHeight: number, maxWidth: number, maxHeight: number, sizeMultiple: number, maxSteps: number, maxImages: number } }> };

export type DraftImagesQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type DraftImagesQuery = { nodes: Array<
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image', id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, mediaType: string, createdAt: string, smallUrl: string, source: { id: string } | null, recipe: { modelId: string, prompt: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } | null }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null> };

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
export const ThreadMessageFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment ThreadMessage on Message {
  id
  role
  createdAt
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...StudioImage
      }
    }
  }
  task {
    ...StudioTask
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
}
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
}`, {"fragmentName":"ThreadMessage"}) as unknown as TypedDocumentString<ThreadMessageFragment, unknown>;
export const ThreadDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Thread($id: ID!, $before: String) {
  node(id: $id) {
    __typename
    ... on Conversation {
      id
      title
      model {
        id
        name
      }
      messages(last: 30, before: $before) {
        edges {
          node {
            ...ThreadMessage
          }
        }
        pageInfo {
          hasPreviousPage
          startCursor
        }
      }
    }
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
}
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
fragment ThreadMessage on Message {
  id
  role
  createdAt
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...StudioImage
      }
    }
  }
  task {
    ...StudioTask
  }
}`) as unknown as TypedDocumentString<ThreadQuery, ThreadQueryVariables>;
export const SayDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation Say($input: SendMessageInput!) {
  sendMessage(input: $input) {
    userMessage {
      ...ThreadMessage
    }
    replyMessage {
      ...ThreadMessage
    }
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
}
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
fragment ThreadMessage on Message {
  id
  role
  createdAt
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...StudioImage
      }
    }
  }
  task {
    ...StudioTask
  }
}`) as unknown as TypedDocumentString<SayMutation, SayMutationVariables>;
export const ConversationListDocument = /*#__PURE__*/ new TypedDocumentString(`
    query ConversationList($search: String, $after: String) {
  conversations(first: 30, search: $search, after: $after) {
    edges {
      node {
        id
        title
        updatedAt
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<ConversationListQuery, ConversationListQueryVariables>;
export const StudioModelsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query StudioModels {
  models {
    id
    name
    capabilities
    defaults {
      ...StudioSettings
    }
    limits {
      minWidth
      minHeight
      maxWidth
      maxHeight
      sizeMultiple
      maxSteps
      maxImages
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
}`) as unknown as TypedDocumentString<StudioModelsQuery, StudioModelsQueryVariables>;
export const DraftImagesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query DraftImages($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Image {
      ...StudioImage
    }
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
}`) as unknown as TypedDocumentString<DraftImagesQuery, DraftImagesQueryVariables>;