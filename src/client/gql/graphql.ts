/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** Which task to cancel. */
export type CancelTaskInput = {
  /** The id of a task that has not ended. */
  taskId: string;
};

/** What a model can do. */
export type Capability =
  /** Changes pictures as told. */
  | 'EDIT'
  /** Draws pictures from words. */
  | 'GENERATE'
  /** Answers questions about pictures. */
  | 'UNDERSTAND';

/** How a conversation begins. */
export type CreateConversationInput = {
  /** Id of the model that answers. Default: the default model of the gateway. */
  model?: string | null | undefined;
  /** At most 200 characters. Default: empty. */
  title?: string | null | undefined;
};

/** A picture: either a finished upload or a file of this request. */
export type CreateImageInput = {
  /** The picture itself, in a multipart request. */
  file?: Blob | null | undefined;
  /** As `POST /uploads` answered it. */
  uploadId?: string | null | undefined;
};

/** Which conversation to delete. */
export type DeleteConversationInput = {
  /** Its id. */
  conversationId: string;
  /** Delete its images, too, except for those that other conversations show. Default: false; they stay in the library. */
  deleteImages?: boolean | null | undefined;
  /** Cancel its unfinished tasks. Default: false, which refuses with IN_USE while there are any. */
  force?: boolean | null | undefined;
};

/** Which image to delete. */
export type DeleteImageInput = {
  /** Delete it although it is used: unfinished tasks are cancelled, messages keep an empty place. Default: false, which refuses with IN_USE. */
  force?: boolean | null | undefined;
  /** Its id. */
  imageId: string;
};

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

/** How to change a picture. */
export type EditImageInput = {
  /** How to draw it. */
  diffusion?: DiffusionInput | null | undefined;
  /** The same key with the same input returns the first result; with another input it is an error. */
  idempotencyKey?: string | null | undefined;
  /** What to change. Not empty, and no longer than the model can read. */
  instruction: string;
  /** Id of the model that works. Default: the default model of the gateway. */
  model?: string | null | undefined;
  /** What becomes of the task when nobody follows its events any more. Default: CONTINUE. */
  onDisconnect?: OnDisconnect | null | undefined;
  /** Higher runs first; -100 to 100. Default: 0. */
  priority?: number | null | undefined;
  /** Id of the image to start from; it stays as it is. */
  sourceImageId: string;
};

/** What to draw. */
export type GenerateImageInput = {
  /** How to draw it. */
  diffusion?: DiffusionInput | null | undefined;
  /** The same key with the same input returns the first result; with another input it is an error. */
  idempotencyKey?: string | null | undefined;
  /** Id of the model that works. Default: the default model of the gateway. */
  model?: string | null | undefined;
  /** What becomes of the task when nobody follows its events any more. Default: CONTINUE. */
  onDisconnect?: OnDisconnect | null | undefined;
  /** Higher runs first; -100 to 100. Default: 0. */
  priority?: number | null | undefined;
  /** Not empty, and no longer than the model can read. */
  prompt: string;
};

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

/** How the bytes of a picture are encoded. */
export type ImageFormat =
  /** The smallest, and slow to encode: a third of a second for 512 x 512. */
  | 'AVIF'
  /** Small and fast to encode. */
  | 'JPEG'
  /** Without loss. */
  | 'PNG'
  /** Smaller than JPEG. */
  | 'WEBP';

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

/** What previews this subscriber wants. None are made that nobody wants, and none change the picture. */
export type PreviewInput = {
  /** After every n-th step; 1 or more. Default: 1, unless the gateway is configured otherwise. */
  everySteps?: number | null | undefined;
  /** Of `dataUrl` and of what `url` serves. Default: JPEG. */
  format?: ImageFormat | null | undefined;
  /** Previews a second at most, above 0 to 1000. Where they come faster, the newest wins. Default: 8, as above. */
  maxPerSecond?: number | null | undefined;
  /** Longer side in pixels, at most; 8 to 4096. Default: 512, as above. */
  maxSize?: number | null | undefined;
  /** What the previews show. Default: X0, as above. */
  view?: PreviewView | null | undefined;
};

/** What a preview shows of a denoising step. */
export type PreviewView =
  /** What the denoiser holds now, noise and all. */
  | 'NOISY'
  /** The picture as the model estimates it now. */
  | 'X0';

/** Which task to do once more. */
export type RetryTaskInput = {
  /** The same key with the same input returns the first result; with another input it is an error. */
  idempotencyKey?: string | null | undefined;
  /** Higher runs first; -100 to 100. Default: that of the task. */
  priority?: number | null | undefined;
  /** The id of a task that failed or was cancelled. */
  taskId: string;
};

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

/** Which tasks; all conditions given must hold. */
export type TaskFilter = {
  /** Only those of the Conversation with this id. */
  conversationId?: string | null | undefined;
  /** Only those that do this. */
  kind?: TaskKind | null | undefined;
  /** Only those that stand there. */
  status?: TaskStatus | null | undefined;
};

/** What a task does. */
export type TaskKind =
  /** Changes a picture: an EditTask. */
  | 'EDIT'
  /** Draws from words: a GenerationTask. */
  | 'GENERATION'
  /** Answers a message: a ReplyTask. */
  | 'REPLY'
  /** Answers a question about images: an UnderstandingTask. */
  | 'UNDERSTANDING';

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

/** A question about images. */
export type UnderstandImagesInput = {
  /** The same key with the same input returns the first result; with another input it is an error. */
  idempotencyKey?: string | null | undefined;
  /** Ids of the images, in the order in which the model reads them; at least one. */
  imageIds: Array<string>;
  /** Id of the model that works. Default: the default model of the gateway. */
  model?: string | null | undefined;
  /** What becomes of the task when nobody follows its events any more. Default: CONTINUE. */
  onDisconnect?: OnDisconnect | null | undefined;
  /** Higher runs first; -100 to 100. Default: 0. */
  priority?: number | null | undefined;
  /** Not empty, and no longer than the model can read. */
  question: string;
  /** How the words of the answer are chosen. */
  sampling?: SamplingInput | null | undefined;
};

/** What to change of a conversation. */
export type UpdateConversationInput = {
  /** Which conversation. */
  conversationId: string;
  /** Its new title, at most 200 characters. */
  title: string;
};

export type ConversationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  search?: string | null | undefined;
}>;


export type ConversationsQuery = { conversations: { totalCount: number, edges: Array<{ cursor: string, node: { id: string, title: string, updatedAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ConversationQueryVariables = Exact<{
  id: string;
  last?: number | null | undefined;
  before?: string | null | undefined;
}>;


export type ConversationQuery = { node:
    | { __typename: 'Conversation', id: string, title: string, model: { id: string, name: string }, messages: { edges: Array<{ cursor: string, node: { id: string, role: MessageRole, createdAt: string, task:
              | { __typename: 'EditTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'GenerationTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
              | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
             | null, parts: Array<
              | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
              | { __typename: 'TextPart', text: string }
            > } }>, pageInfo: { hasPreviousPage: boolean, startCursor: string | null } } }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image' }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null };

export type CreateConversationMutationVariables = Exact<{
  input: CreateConversationInput;
}>;


export type CreateConversationMutation = { createConversation: { conversation: { id: string, title: string } } };

export type UpdateConversationMutationVariables = Exact<{
  input: UpdateConversationInput;
}>;


export type UpdateConversationMutation = { updateConversation: { conversation: { id: string, title: string, updatedAt: string } } };

export type DeleteConversationMutationVariables = Exact<{
  input: DeleteConversationInput;
}>;


export type DeleteConversationMutation = { deleteConversation: { deletedConversationId: string, cancelledTasks: number, deletedImages: number, keptImages: number } };

export type SendMessageMutationVariables = Exact<{
  input: SendMessageInput;
}>;


export type SendMessageMutation = { sendMessage: { userMessage: { id: string, role: MessageRole, createdAt: string, parts: Array<
        | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
        | { __typename: 'TextPart', text: string }
      > }, replyMessage: { id: string, role: MessageRole, createdAt: string, parts: Array<
        | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
        | { __typename: 'TextPart', text: string }
      > }, task: { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null } } };

export type ConversationEventsSubscriptionVariables = Exact<{
  conversationId: string;
  after?: string | null | undefined;
  preview?: PreviewInput | null | undefined;
}>;


export type ConversationEventsSubscription = { conversationEvents:
    | { __typename: 'DenoisingPreview', taskId: string, index: number, stepIndex: number, numInferenceSteps: number, sigma: number, width: number, height: number, dataUrl: string, cursor: string, at: string }
    | { __typename: 'ImageFinished', taskId: string, index: number, cursor: string, at: string, image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
    | { __typename: 'ImageStarted', taskId: string, index: number, cursor: string, at: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } }
    | { __typename: 'MessageAdded', cursor: string, at: string, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
          | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
          | { __typename: 'TextPart', text: string }
        > } }
    | { __typename: 'TaskCancelled', taskId: string, cursor: string, at: string }
    | { __typename: 'TaskFailed', taskId: string, cursor: string, at: string, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'TaskQueued', taskId: string, position: number, cursor: string, at: string }
    | { __typename: 'TaskRetrying', taskId: string, attempt: number, cursor: string, at: string, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'TaskStarted', taskId: string, attempt: number, cursor: string, at: string }
    | { __typename: 'TaskSucceeded', taskId: string, cursor: string, at: string, task:
        | { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
              | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
              | { __typename: 'TextPart', text: string }
            > }, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', question: string, answer: string | null, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
       }
    | { __typename: 'TextDelta', taskId: string, text: string, offset: number, cursor: string, at: string }
   };

export type ImagePartsFragment = { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string };

export type ErrorPartsFragment = { code: string, message: string, retryable: boolean };

type TaskParts_EditTask_Fragment = { __typename: 'EditTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null };

type TaskParts_GenerationTask_Fragment = { __typename: 'GenerationTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null };

type TaskParts_ReplyTask_Fragment = { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null };

type TaskParts_UnderstandingTask_Fragment = { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null };

export type TaskPartsFragment =
  | TaskParts_EditTask_Fragment
  | TaskParts_GenerationTask_Fragment
  | TaskParts_ReplyTask_Fragment
  | TaskParts_UnderstandingTask_Fragment
;

export type MessagePartsFragment = { id: string, role: MessageRole, createdAt: string, parts: Array<
    | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
    | { __typename: 'TextPart', text: string }
  > };

export type SettingsPartsFragment = { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string };

type TaskResultParts_EditTask_Fragment = { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null };

type TaskResultParts_GenerationTask_Fragment = { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null };

type TaskResultParts_ReplyTask_Fragment = { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
      | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
      | { __typename: 'TextPart', text: string }
    > }, error: { code: string, message: string, retryable: boolean } | null };

type TaskResultParts_UnderstandingTask_Fragment = { __typename: 'UnderstandingTask', question: string, answer: string | null, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null };

export type TaskResultPartsFragment =
  | TaskResultParts_EditTask_Fragment
  | TaskResultParts_GenerationTask_Fragment
  | TaskResultParts_ReplyTask_Fragment
  | TaskResultParts_UnderstandingTask_Fragment
;

export type GatewayQueryVariables = Exact<{ [key: string]: never; }>;


export type GatewayQuery = { status: { version: string, uptimeSeconds: number, queued: number, running: number }, models: Array<{ id: string, name: string, capabilities: Array<Capability>, defaults: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, limits: { minWidth: number, minHeight: number, maxWidth: number, maxHeight: number, sizeMultiple: number, maxSteps: number, maxImages: number } }>, plugins: Array<{ name: string, version: string, kind: PluginKind, state: PluginState, restarts: number, lastError: string | null, memoryBytes: number | null }> };

export type StatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StatusQuery = { status: { version: string, uptimeSeconds: number, queued: number, running: number } };

export type NodesQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type NodesQuery = { nodes: Array<
    | { __typename: 'Conversation', title: string, updatedAt: string, id: string }
    | { __typename: 'EditTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'GenerationTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'Image', id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }
    | { __typename: 'Message', id: string, role: MessageRole, createdAt: string, parts: Array<
        | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
        | { __typename: 'TextPart', text: string }
      > }
    | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
   | null> };

export type ImagesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: ImageFilter | null | undefined;
}>;


export type ImagesQuery = { images: { totalCount: number, edges: Array<{ cursor: string, node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ImageLineageQueryVariables = Exact<{
  id: string;
}>;


export type ImageLineageQuery = { node:
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image', sha256: string, id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string, task:
        | { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
       | null, source: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null, derivatives: { edges: Array<{ node: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } }> } }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null };

export type CaptionsQueryVariables = Exact<{
  ids: Array<string> | string;
}>;


export type CaptionsQuery = { nodes: Array<
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask' }
    | { __typename: 'GenerationTask' }
    | { __typename: 'Image', id: string, caption: string | null }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask' }
    | { __typename: 'UnderstandingTask' }
   | null> };

export type CreateImageMutationVariables = Exact<{
  input: CreateImageInput;
}>;


export type CreateImageMutation = { createImage: { image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } } };

export type DeleteImageMutationVariables = Exact<{
  input: DeleteImageInput;
}>;


export type DeleteImageMutation = { deleteImage: { deletedImageId: string, cancelledTasks: Array<
      | { id: string }
      | { id: string }
      | { id: string }
      | { id: string }
    >, messages: Array<{ id: string }> } };

export type SimilarImagesQueryVariables = Exact<{
  imageId?: string | null | undefined;
  text?: string | null | undefined;
  first?: number;
}>;


export type SimilarImagesQuery = { similarImages: Array<{ score: number, image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } }> };

export type GenerateImageMutationVariables = Exact<{
  input: GenerateImageInput;
}>;


export type GenerateImageMutation = { generateImage: { task: { id: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } } };

export type EditImageMutationVariables = Exact<{
  input: EditImageInput;
}>;


export type EditImageMutation = { editImage: { task: { id: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } } } };

export type UnderstandImagesMutationVariables = Exact<{
  input: UnderstandImagesInput;
}>;


export type UnderstandImagesMutation = { understandImages: { task: { id: string, question: string } } };

export type CancelTaskMutationVariables = Exact<{
  input: CancelTaskInput;
}>;


export type CancelTaskMutation = { cancelTask: { task:
      | { id: string, status: TaskStatus }
      | { id: string, status: TaskStatus }
      | { id: string, status: TaskStatus }
      | { id: string, status: TaskStatus }
     } };

export type TaskQueryVariables = Exact<{
  id: string;
}>;


export type TaskQuery = { node:
    | { __typename: 'Conversation' }
    | { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'Image' }
    | { __typename: 'Message' }
    | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
          | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
          | { __typename: 'TextPart', text: string }
        > }, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'UnderstandingTask', question: string, answer: string | null, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
   | null };

export type TasksQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: TaskFilter | null | undefined;
}>;


export type TasksQuery = { tasks: { totalCount: number, edges: Array<{ cursor: string, node:
        | { __typename: 'EditTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
       }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type RetryTaskMutationVariables = Exact<{
  input: RetryTaskInput;
}>;


export type RetryTaskMutation = { retryTask: { task:
      | { __typename: 'EditTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
      | { __typename: 'GenerationTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
      | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
      | { __typename: 'UnderstandingTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
     } };

export type TaskEventsSubscriptionVariables = Exact<{
  taskId: string;
  after?: string | null | undefined;
  preview?: PreviewInput | null | undefined;
}>;


export type TaskEventsSubscription = { taskEvents:
    | { __typename: 'DenoisingPreview', index: number, stepIndex: number, numInferenceSteps: number, sigma: number, width: number, height: number, dataUrl: string, cursor: string, at: string }
    | { __typename: 'ImageFinished', index: number, cursor: string, at: string, image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
    | { __typename: 'ImageStarted', index: number, cursor: string, at: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } }
    | { __typename: 'TaskCancelled', cursor: string, at: string }
    | { __typename: 'TaskFailed', cursor: string, at: string, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'TaskQueued', position: number, cursor: string, at: string }
    | { __typename: 'TaskRetrying', attempt: number, cursor: string, at: string, error: { code: string, message: string, retryable: boolean } }
    | { __typename: 'TaskStarted', attempt: number, cursor: string, at: string }
    | { __typename: 'TaskSucceeded', cursor: string, at: string, task:
        | { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
              | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
              | { __typename: 'TextPart', text: string }
            > }, error: { code: string, message: string, retryable: boolean } | null }
        | { __typename: 'UnderstandingTask', question: string, answer: string | null, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
       }
    | { __typename: 'TextDelta', text: string, offset: number, cursor: string, at: string }
   };

type TaskEventParts_DenoisingPreview_Fragment = { __typename: 'DenoisingPreview', index: number, stepIndex: number, numInferenceSteps: number, sigma: number, width: number, height: number, dataUrl: string, cursor: string, at: string };

type TaskEventParts_ImageFinished_Fragment = { __typename: 'ImageFinished', index: number, cursor: string, at: string, image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null };

type TaskEventParts_ImageStarted_Fragment = { __typename: 'ImageStarted', index: number, cursor: string, at: string, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string } };

type TaskEventParts_TaskCancelled_Fragment = { __typename: 'TaskCancelled', cursor: string, at: string };

type TaskEventParts_TaskFailed_Fragment = { __typename: 'TaskFailed', cursor: string, at: string, error: { code: string, message: string, retryable: boolean } };

type TaskEventParts_TaskQueued_Fragment = { __typename: 'TaskQueued', position: number, cursor: string, at: string };

type TaskEventParts_TaskRetrying_Fragment = { __typename: 'TaskRetrying', attempt: number, cursor: string, at: string, error: { code: string, message: string, retryable: boolean } };

type TaskEventParts_TaskStarted_Fragment = { __typename: 'TaskStarted', attempt: number, cursor: string, at: string };

type TaskEventParts_TaskSucceeded_Fragment = { __typename: 'TaskSucceeded', cursor: string, at: string, task:
    | { __typename: 'EditTask', instruction: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'GenerationTask', prompt: string, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, settings: { width: number, height: number, numInferenceSteps: number, guidanceScale: number, trueCfgScale: number, negativePrompt: string, seed: number, count: number, decoder: string }, images: Array<{ id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string }>, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'ReplyTask', id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, message: { id: string, role: MessageRole, createdAt: string, parts: Array<
          | { __typename: 'ImagePart', image: { id: string, width: number, height: number, origin: ImageOrigin, thumbhash: string, url: string, createdAt: string } | null }
          | { __typename: 'TextPart', text: string }
        > }, error: { code: string, message: string, retryable: boolean } | null }
    | { __typename: 'UnderstandingTask', question: string, answer: string | null, id: string, status: TaskStatus, progress: number | null, etaSeconds: number | null, attempt: number, createdAt: string, finishedAt: string | null, error: { code: string, message: string, retryable: boolean } | null }
   };

type TaskEventParts_TextDelta_Fragment = { __typename: 'TextDelta', text: string, offset: number, cursor: string, at: string };

export type TaskEventPartsFragment =
  | TaskEventParts_DenoisingPreview_Fragment
  | TaskEventParts_ImageFinished_Fragment
  | TaskEventParts_ImageStarted_Fragment
  | TaskEventParts_TaskCancelled_Fragment
  | TaskEventParts_TaskFailed_Fragment
  | TaskEventParts_TaskQueued_Fragment
  | TaskEventParts_TaskRetrying_Fragment
  | TaskEventParts_TaskStarted_Fragment
  | TaskEventParts_TaskSucceeded_Fragment
  | TaskEventParts_TextDelta_Fragment
;

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
export const SettingsPartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment SettingsParts on DiffusionSettings {
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
    `, {"fragmentName":"SettingsParts"}) as unknown as TypedDocumentString<SettingsPartsFragment, unknown>;
export const ImagePartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
    `, {"fragmentName":"ImageParts"}) as unknown as TypedDocumentString<ImagePartsFragment, unknown>;
export const ErrorPartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment ErrorParts on TaskError {
  code
  message
  retryable
}
    `, {"fragmentName":"ErrorParts"}) as unknown as TypedDocumentString<ErrorPartsFragment, unknown>;
export const TaskPartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
    fragment ErrorParts on TaskError {
  code
  message
  retryable
}`, {"fragmentName":"TaskParts"}) as unknown as TypedDocumentString<TaskPartsFragment, unknown>;
export const MessagePartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}`, {"fragmentName":"MessageParts"}) as unknown as TypedDocumentString<MessagePartsFragment, unknown>;
export const TaskResultPartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment TaskResultParts on Task {
  ...TaskParts
  ... on GenerationTask {
    prompt
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on EditTask {
    instruction
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on ReplyTask {
    message {
      ...MessageParts
    }
  }
  ... on UnderstandingTask {
    question
    answer
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
fragment SettingsParts on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`, {"fragmentName":"TaskResultParts"}) as unknown as TypedDocumentString<TaskResultPartsFragment, unknown>;
export const TaskEventPartsFragmentDoc = /*#__PURE__*/ new TypedDocumentString(`
    fragment TaskEventParts on TaskEvent {
  __typename
  cursor
  at
  ... on TaskQueued {
    position
  }
  ... on TaskStarted {
    attempt
  }
  ... on TextDelta {
    text
    offset
  }
  ... on ImageStarted {
    index
    settings {
      ...SettingsParts
    }
  }
  ... on DenoisingPreview {
    index
    stepIndex
    numInferenceSteps
    sigma
    width
    height
    dataUrl
  }
  ... on ImageFinished {
    index
    image {
      ...ImageParts
    }
  }
  ... on TaskRetrying {
    attempt
    error {
      ...ErrorParts
    }
  }
  ... on TaskSucceeded {
    task {
      ...TaskResultParts
    }
  }
  ... on TaskFailed {
    error {
      ...ErrorParts
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
fragment SettingsParts on DiffusionSettings {
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
fragment TaskResultParts on Task {
  ...TaskParts
  ... on GenerationTask {
    prompt
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on EditTask {
    instruction
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on ReplyTask {
    message {
      ...MessageParts
    }
  }
  ... on UnderstandingTask {
    question
    answer
  }
}`, {"fragmentName":"TaskEventParts"}) as unknown as TypedDocumentString<TaskEventPartsFragment, unknown>;
export const ConversationsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Conversations($first: Int, $after: String, $search: String) {
  conversations(first: $first, after: $after, search: $search) {
    edges {
      cursor
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
    totalCount
  }
}
    `) as unknown as TypedDocumentString<ConversationsQuery, ConversationsQueryVariables>;
export const ConversationDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Conversation($id: ID!, $last: Int = 50, $before: String) {
  node(id: $id) {
    __typename
    ... on Conversation {
      id
      title
      model {
        id
        name
      }
      messages(last: $last, before: $before) {
        edges {
          cursor
          node {
            ...MessageParts
            task {
              ...TaskParts
            }
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
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}`) as unknown as TypedDocumentString<ConversationQuery, ConversationQueryVariables>;
export const CreateConversationDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation CreateConversation($input: CreateConversationInput!) {
  createConversation(input: $input) {
    conversation {
      id
      title
    }
  }
}
    `) as unknown as TypedDocumentString<CreateConversationMutation, CreateConversationMutationVariables>;
export const UpdateConversationDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation UpdateConversation($input: UpdateConversationInput!) {
  updateConversation(input: $input) {
    conversation {
      id
      title
      updatedAt
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateConversationMutation, UpdateConversationMutationVariables>;
export const DeleteConversationDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation DeleteConversation($input: DeleteConversationInput!) {
  deleteConversation(input: $input) {
    deletedConversationId
    cancelledTasks
    deletedImages
    keptImages
  }
}
    `) as unknown as TypedDocumentString<DeleteConversationMutation, DeleteConversationMutationVariables>;
export const SendMessageDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation SendMessage($input: SendMessageInput!) {
  sendMessage(input: $input) {
    userMessage {
      ...MessageParts
    }
    replyMessage {
      ...MessageParts
    }
    task {
      ...TaskParts
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}`) as unknown as TypedDocumentString<SendMessageMutation, SendMessageMutationVariables>;
export const ConversationEventsDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription ConversationEvents($conversationId: ID!, $after: String, $preview: PreviewInput) {
  conversationEvents(
    conversationId: $conversationId
    after: $after
    preview: $preview
  ) {
    __typename
    ... on MessageAdded {
      cursor
      at
      message {
        ...MessageParts
      }
    }
    ... on TaskEvent {
      taskId
      ...TaskEventParts
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
fragment SettingsParts on DiffusionSettings {
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
fragment TaskResultParts on Task {
  ...TaskParts
  ... on GenerationTask {
    prompt
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on EditTask {
    instruction
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on ReplyTask {
    message {
      ...MessageParts
    }
  }
  ... on UnderstandingTask {
    question
    answer
  }
}
fragment TaskEventParts on TaskEvent {
  __typename
  cursor
  at
  ... on TaskQueued {
    position
  }
  ... on TaskStarted {
    attempt
  }
  ... on TextDelta {
    text
    offset
  }
  ... on ImageStarted {
    index
    settings {
      ...SettingsParts
    }
  }
  ... on DenoisingPreview {
    index
    stepIndex
    numInferenceSteps
    sigma
    width
    height
    dataUrl
  }
  ... on ImageFinished {
    index
    image {
      ...ImageParts
    }
  }
  ... on TaskRetrying {
    attempt
    error {
      ...ErrorParts
    }
  }
  ... on TaskSucceeded {
    task {
      ...TaskResultParts
    }
  }
  ... on TaskFailed {
    error {
      ...ErrorParts
    }
  }
}`) as unknown as TypedDocumentString<ConversationEventsSubscription, ConversationEventsSubscriptionVariables>;
export const GatewayDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Gateway {
  status {
    version
    uptimeSeconds
    queued
    running
  }
  models {
    id
    name
    capabilities
    defaults {
      ...SettingsParts
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
  plugins {
    name
    version
    kind
    state
    restarts
    lastError
    memoryBytes
  }
}
    fragment SettingsParts on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`) as unknown as TypedDocumentString<GatewayQuery, GatewayQueryVariables>;
export const StatusDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Status {
  status {
    version
    uptimeSeconds
    queued
    running
  }
}
    `) as unknown as TypedDocumentString<StatusQuery, StatusQueryVariables>;
export const NodesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    id
    ... on Image {
      ...ImageParts
    }
    ... on Message {
      ...MessageParts
    }
    ... on Conversation {
      title
      updatedAt
    }
    ...TaskParts
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}`) as unknown as TypedDocumentString<NodesQuery, NodesQueryVariables>;
export const ImagesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Images($first: Int, $after: String, $filter: ImageFilter) {
  images(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...ImageParts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}`) as unknown as TypedDocumentString<ImagesQuery, ImagesQueryVariables>;
export const ImageLineageDocument = /*#__PURE__*/ new TypedDocumentString(`
    query ImageLineage($id: ID!) {
  node(id: $id) {
    __typename
    ... on Image {
      ...ImageParts
      sha256
      task {
        ...TaskParts
        ... on GenerationTask {
          prompt
          settings {
            ...SettingsParts
          }
        }
        ... on EditTask {
          instruction
          settings {
            ...SettingsParts
          }
        }
      }
      source {
        ...ImageParts
      }
      derivatives(first: 20) {
        edges {
          node {
            ...ImageParts
          }
        }
      }
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment SettingsParts on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`) as unknown as TypedDocumentString<ImageLineageQuery, ImageLineageQueryVariables>;
export const CaptionsDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Captions($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on Image {
      id
      caption
    }
  }
}
    `) as unknown as TypedDocumentString<CaptionsQuery, CaptionsQueryVariables>;
export const CreateImageDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation CreateImage($input: CreateImageInput!) {
  createImage(input: $input) {
    image {
      ...ImageParts
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}`) as unknown as TypedDocumentString<CreateImageMutation, CreateImageMutationVariables>;
export const DeleteImageDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation DeleteImage($input: DeleteImageInput!) {
  deleteImage(input: $input) {
    deletedImageId
    cancelledTasks {
      id
    }
    messages {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteImageMutation, DeleteImageMutationVariables>;
export const SimilarImagesDocument = /*#__PURE__*/ new TypedDocumentString(`
    query SimilarImages($imageId: ID, $text: String, $first: Int! = 10) {
  similarImages(imageId: $imageId, text: $text, first: $first) {
    score
    image {
      ...ImageParts
    }
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}`) as unknown as TypedDocumentString<SimilarImagesQuery, SimilarImagesQueryVariables>;
export const GenerateImageDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation GenerateImage($input: GenerateImageInput!) {
  generateImage(input: $input) {
    task {
      id
      settings {
        ...SettingsParts
      }
    }
  }
}
    fragment SettingsParts on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`) as unknown as TypedDocumentString<GenerateImageMutation, GenerateImageMutationVariables>;
export const EditImageDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation EditImage($input: EditImageInput!) {
  editImage(input: $input) {
    task {
      id
      settings {
        ...SettingsParts
      }
    }
  }
}
    fragment SettingsParts on DiffusionSettings {
  width
  height
  numInferenceSteps
  guidanceScale
  trueCfgScale
  negativePrompt
  seed
  count
  decoder
}`) as unknown as TypedDocumentString<EditImageMutation, EditImageMutationVariables>;
export const UnderstandImagesDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation UnderstandImages($input: UnderstandImagesInput!) {
  understandImages(input: $input) {
    task {
      id
      question
    }
  }
}
    `) as unknown as TypedDocumentString<UnderstandImagesMutation, UnderstandImagesMutationVariables>;
export const CancelTaskDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation CancelTask($input: CancelTaskInput!) {
  cancelTask(input: $input) {
    task {
      id
      status
    }
  }
}
    `) as unknown as TypedDocumentString<CancelTaskMutation, CancelTaskMutationVariables>;
export const TaskDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Task($id: ID!) {
  node(id: $id) {
    __typename
    ...TaskResultParts
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
fragment SettingsParts on DiffusionSettings {
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
fragment TaskResultParts on Task {
  ...TaskParts
  ... on GenerationTask {
    prompt
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on EditTask {
    instruction
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on ReplyTask {
    message {
      ...MessageParts
    }
  }
  ... on UnderstandingTask {
    question
    answer
  }
}`) as unknown as TypedDocumentString<TaskQuery, TaskQueryVariables>;
export const TasksDocument = /*#__PURE__*/ new TypedDocumentString(`
    query Tasks($first: Int, $after: String, $filter: TaskFilter) {
  tasks(first: $first, after: $after, filter: $filter) {
    edges {
      cursor
      node {
        ...TaskParts
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}`) as unknown as TypedDocumentString<TasksQuery, TasksQueryVariables>;
export const RetryTaskDocument = /*#__PURE__*/ new TypedDocumentString(`
    mutation RetryTask($input: RetryTaskInput!) {
  retryTask(input: $input) {
    task {
      ...TaskParts
    }
  }
}
    fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}`) as unknown as TypedDocumentString<RetryTaskMutation, RetryTaskMutationVariables>;
export const TaskEventsDocument = /*#__PURE__*/ new TypedDocumentString(`
    subscription TaskEvents($taskId: ID!, $after: String, $preview: PreviewInput) {
  taskEvents(taskId: $taskId, after: $after, preview: $preview) {
    ...TaskEventParts
  }
}
    fragment ImageParts on Image {
  id
  width
  height
  origin
  thumbhash
  url
  createdAt
}
fragment ErrorParts on TaskError {
  code
  message
  retryable
}
fragment TaskParts on Task {
  __typename
  id
  status
  progress
  etaSeconds
  attempt
  error {
    ...ErrorParts
  }
  createdAt
  finishedAt
}
fragment MessageParts on Message {
  id
  role
  parts {
    __typename
    ... on TextPart {
      text
    }
    ... on ImagePart {
      image {
        ...ImageParts
      }
    }
  }
  createdAt
}
fragment SettingsParts on DiffusionSettings {
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
fragment TaskResultParts on Task {
  ...TaskParts
  ... on GenerationTask {
    prompt
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on EditTask {
    instruction
    settings {
      ...SettingsParts
    }
    images {
      ...ImageParts
    }
  }
  ... on ReplyTask {
    message {
      ...MessageParts
    }
  }
  ... on UnderstandingTask {
    question
    answer
  }
}
fragment TaskEventParts on TaskEvent {
  __typename
  cursor
  at
  ... on TaskQueued {
    position
  }
  ... on TaskStarted {
    attempt
  }
  ... on TextDelta {
    text
    offset
  }
  ... on ImageStarted {
    index
    settings {
      ...SettingsParts
    }
  }
  ... on DenoisingPreview {
    index
    stepIndex
    numInferenceSteps
    sigma
    width
    height
    dataUrl
  }
  ... on ImageFinished {
    index
    image {
      ...ImageParts
    }
  }
  ... on TaskRetrying {
    attempt
    error {
      ...ErrorParts
    }
  }
  ... on TaskSucceeded {
    task {
      ...TaskResultParts
    }
  }
  ... on TaskFailed {
    error {
      ...ErrorParts
    }
  }
}`) as unknown as TypedDocumentString<TaskEventsSubscription, TaskEventsSubscriptionVariables>;