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

/** Where a picture comes from. */
export type ImageOrigin =
  /** A model changed another picture. */
  | 'EDITED'
  /** A model drew it from words. */
  | 'GENERATED'
  /** A caller sent it. */
  | 'UPLOADED';

/** Which part of a model a plugin is. */
export type PluginKind =
  /** Turns embeddings, or words, into a picture. */
  | 'IMAGE_DECODER'
  /** Reads and writes text and the embeddings of pictures. */
  | 'LANGUAGE_MODEL'
  /** Turns pictures into embeddings. */
  | 'VISION_ENCODER';

/** How the process of a plugin does. */
export type PluginState =
  /** Works. */
  | 'BUSY'
  /** Died too often, or cannot be used; see `lastError`. */
  | 'FAILED'
  /** Waits for work. */
  | 'READY'
  /** Died and is being started again. */
  | 'RESTARTING'
  /** Has not answered yet. */
  | 'STARTING'
  /** Was stopped with the gateway. */
  | 'STOPPED';

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

export type QueueQueryVariables = Exact<{ [key: string]: never; }>;


export type QueueQuery = { status: { version: string, uptimeSeconds: number, queued: number, running: number }, running: { edges: Array<{ node:
        | { __typename: 'EditTask', instruction: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', question: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
       }> }, queued: { totalCount: number, edges: Array<{ node:
        | { __typename: 'EditTask', instruction: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', question: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
       }> } };

export type RecentTasksQueryVariables = Exact<{ [key: string]: never; }>;


export type RecentTasksQuery = { tasks: { totalCount: number, edges: Array<{ node:
        | { __typename: 'EditTask', instruction: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string, settings: { numInferenceSteps: number } } | null }>, timings: { denoiseMs: number | null, totalMs: number | null }, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string, settings: { numInferenceSteps: number } } | null }>, timings: { denoiseMs: number | null, totalMs: number | null }, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, message: { parts: Array<
              | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string, settings: { numInferenceSteps: number } } | null } | null }
              | { __typename: 'TextPart' }
            > }, timings: { denoiseMs: number | null, totalMs: number | null }, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', question: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, timings: { denoiseMs: number | null, totalMs: number | null }, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null }
       }> } };

export type StepCountFragment = { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, smallUrl: string, recipe: { prompt: string, settings: { numInferenceSteps: number } } | null };

type ActivityTask_EditTask_Fragment = { __typename: 'EditTask', instruction: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null };

type ActivityTask_GenerationTask_Fragment = { __typename: 'GenerationTask', prompt: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null };

type ActivityTask_ReplyTask_Fragment = { __typename: 'ReplyTask', createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null };

type ActivityTask_UnderstandingTask_Fragment = { __typename: 'UnderstandingTask', question: string, createdAt: string, finishedAt: string | null, progress: number | null, priority: number, id: string, status: TaskStatus, queuePosition: number | null, etaSeconds: number | null, attempt: number, model: { id: string, name: string }, conversation: { id: string, title: string } | null, error: { code: string, message: string, retryable: boolean } | null };

export type ActivityTaskFragment =
  | ActivityTask_EditTask_Fragment
  | ActivityTask_GenerationTask_Fragment
  | ActivityTask_ReplyTask_Fragment
  | ActivityTask_UnderstandingTask_Fragment
;

export type MachineryQueryVariables = Exact<{ [key: string]: never; }>;


export type MachineryQuery = { models: Array<{ id: string, name: string, capabilities: Array<Capability>, embeddingSpace: { id: string } | null, encoder: { name: string } | null, languageModel: { name: string }, imageDecoders: Array<{ name: string }>, limits: { maxWidth: number, maxHeight: number, maxSteps: number } }>, plugins: Array<{ name: string, version: string, kind: PluginKind, state: PluginState, restarts: number, lastError: string | null, memoryBytes: number | null, addresses: Array<{ address: string, isReady: boolean, lastError: string | null }>, metrics: { calls: number, failedCalls: number, runningCalls: number, waitingCalls: number, meanBatch: number | null, medianMs: number | null, p95Ms: number | null, own: Array<{ name: string, value: number }> } }> };

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
export const StepCountFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment StepCount on Image {
  ...StudioThumbnail
  recipe {
    settings {
      numInferenceSteps
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
}`, {"fragmentName":"StepCount"}) as unknown as TypedDocumentString<StepCountFragment, unknown>;
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
export const ActivityTaskFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment ActivityTask on Task {
  ...StudioTask
  createdAt
  finishedAt
  progress
  priority
  model {
    id
    name
  }
  conversation {
    id
    title
  }
  ... on GenerationTask {
    prompt
  }
  ... on EditTask {
    instruction
  }
  ... on UnderstandingTask {
    question
  }
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
}`, {"fragmentName":"ActivityTask"}) as unknown as TypedDocumentString<ActivityTaskFragment, unknown>;
export const QueueDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Queue {
  status {
    version
    uptimeSeconds
    queued
    running
  }
  running: tasks(first: 20, filter: {status: RUNNING}) {
    edges {
      node {
        ...ActivityTask
      }
    }
  }
  queued: tasks(first: 50, filter: {status: QUEUED}) {
    edges {
      node {
        ...ActivityTask
      }
    }
    totalCount
  }
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
fragment ActivityTask on Task {
  ...StudioTask
  createdAt
  finishedAt
  progress
  priority
  model {
    id
    name
  }
  conversation {
    id
    title
  }
  ... on GenerationTask {
    prompt
  }
  ... on EditTask {
    instruction
  }
  ... on UnderstandingTask {
    question
  }
}`) as unknown as TypedDocumentString<QueueQuery, QueueQueryVariables>;
export const RecentTasksDocument = /*#__PURE__*/ new TypedDocumentString(`
    query RecentTasks {
  tasks(first: 60) {
    edges {
      node {
        ...ActivityTask
        timings {
          denoiseMs
          totalMs
        }
        ... on GenerationTask {
          images {
            ...StepCount
          }
        }
        ... on EditTask {
          images {
            ...StepCount
          }
        }
        ... on ReplyTask {
          message {
            parts {
              __typename
              ... on ImagePart {
                image {
                  ...StepCount
                }
              }
            }
          }
        }
      }
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
fragment StepCount on Image {
  ...StudioThumbnail
  recipe {
    settings {
      numInferenceSteps
    }
  }
}
fragment ActivityTask on Task {
  ...StudioTask
  createdAt
  finishedAt
  progress
  priority
  model {
    id
    name
  }
  conversation {
    id
    title
  }
  ... on GenerationTask {
    prompt
  }
  ... on EditTask {
    instruction
  }
  ... on UnderstandingTask {
    question
  }
}`) as unknown as TypedDocumentString<RecentTasksQuery, RecentTasksQueryVariables>;
export const MachineryDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Machinery {
  models {
    id
    name
    capabilities
    embeddingSpace {
      id
    }
    encoder {
      name
    }
    languageModel {
      name
    }
    imageDecoders {
      name
    }
    limits {
      maxWidth
      maxHeight
      maxSteps
    }
  }
  plugins {
    name
    version
    kind
    state
    restarts
    lastError
    memoryBytes
    addresses {
      address
      isReady
      lastError
    }
    metrics {
      calls
      failedCalls
      runningCalls
      waitingCalls
      meanBatch
      medianMs
      p95Ms
      own {
        name
        value
      }
    }
  }
}
    `) as unknown as TypedDocumentString<MachineryQuery, MachineryQueryVariables>;