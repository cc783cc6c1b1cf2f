/**
 * The records that services hand out and the surface that everything above them codes against. Plain objects: no row of
 * the database and no type of GraphQL. Ids are raw (sortable, without a type in them); only src/graphql makes global ids.
 */
import type { Readable } from 'node:stream';

import type { GatewayError } from '../errors/index.js';
import type { EmbeddingSpace, PluginKind, PreviewView, RgbImage, SamplingOptions } from '../plugin/contract.js';

// ── Images ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export type ImageOrigin = 'UPLOADED' | 'GENERATED' | 'EDITED';
export type ImageFormat = 'PNG' | 'JPEG' | 'WEBP' | 'AVIF';

export interface ImageRecord {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly byteSize: number;
  /** Of the stored file, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly origin: ImageOrigin;
  /** Of the stored file, for instance `image/png`. */
  readonly mediaType: string;
  /** A placeholder of about 25 bytes, base64. */
  readonly thumbhash: string;
  /** The task that made it; null for an upload. */
  readonly taskId: string | null;
  /** What it was edited from. */
  readonly sourceId: string | null;
  readonly conversationId: string | null;
  /** How it was made, as far as that is known. */
  readonly recipe: RecipeRecord | null;
  readonly createdAt: Date;
}

/** Enough to make a picture again. */
export interface RecipeRecord {
  /** Prompt or instruction. */
  readonly prompt: string;
  /** Perhaps of another gateway. */
  readonly modelId: string;
  /** Of this one picture. */
  readonly settings: DiffusionSettings;
}

export interface ImageFilter {
  readonly origin?: ImageOrigin | undefined;
  readonly conversationId?: string | undefined;
  readonly taskId?: string | undefined;
  /** A piece of the prompt or instruction, whatever its case. */
  readonly search?: string | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** What a reader wants of a picture; the original where all are absent. */
export interface ImageVariant {
  /** Pixels at most; the shape is kept and nothing is enlarged. 1 to 8192. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly format?: ImageFormat | undefined;
}

export interface ImageBytes {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

// ── Conversations and messages ───────────────────────────────────────────────────────────────────────────────────────

export interface ConversationRecord {
  readonly id: string;
  readonly title: string;
  readonly modelId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type PartRecord =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly imageId: string };

export type MessageRole = 'USER' | 'ASSISTANT';

export interface MessageRecord {
  readonly id: string;
  readonly conversationId: string;
  readonly role: MessageRole;
  /** In the order in which they were said; grows while the task that writes the message runs. */
  readonly parts: readonly PartRecord[];
  /** The task that writes it; null for the user's own. */
  readonly taskId: string | null;
  readonly createdAt: Date;
}

// ── Tasks ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type TaskKind = 'REPLY' | 'UNDERSTANDING' | 'GENERATION' | 'EDIT';
export type TaskStatus = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export interface DiffusionSettings {
  readonly width: number;
  readonly height: number;
  readonly numInferenceSteps: number;
  readonly guidanceScale: number;
  /** Classifier-free guidance with a second, negative pass; 1 is off. */
  readonly trueCfgScale: number;
  readonly negativePrompt: string;
  /** Of the first picture; the next ones take seed + 1, seed + 2, ... 0 to 2^31 - 1. */
  readonly seed: number;
  readonly count: number;
  /** `generation` or `editing`. */
  readonly decoder: string;
}

/** What a caller asks for; the decoder's defaults fill in the rest, and a missing seed is drawn at random. */
export type DiffusionInput = { readonly [Key in keyof DiffusionSettings]?: DiffusionSettings[Key] | undefined };

export interface TaskErrorRecord {
  /** Stable, see docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Name of the plugin at fault. */
  readonly plugin: string | null;
}

/** Milliseconds per stage; a stage that did not happen is absent. */
export interface TaskTimings {
  readonly queuedMs?: number;
  readonly encodeMs?: number;
  readonly languageMs?: number;
  readonly denoiseMs?: number;
  readonly vaeMs?: number;
  readonly previewMs?: number;
  /** From the start of the last attempt to the end. */
  readonly totalMs?: number;
}

export interface TaskRecord {
  readonly id: string;
  readonly kind: TaskKind;
  readonly status: TaskStatus;
  readonly modelId: string;
  readonly conversationId: string | null;
  /** REPLY: the message it writes. */
  readonly messageId: string | null;
  /** Prompt, question or instruction; empty for a REPLY. */
  readonly prompt: string;
  readonly sourceImageIds: readonly string[];
  /** GENERATION and EDIT; a REPLY tells each picture's settings in its ImageStarted. */
  readonly settings: DiffusionSettings | null;
  /** UNDERSTANDING, once it has succeeded. */
  readonly answer: string | null;
  readonly resultImageIds: readonly string[];
  /** How often it was started. */
  readonly attempt: number;
  /** Higher runs first; 0 is usual. */
  readonly priority: number;
  readonly error: TaskErrorRecord | null;
  readonly timings: TaskTimings;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

export interface TaskFilter {
  readonly status?: TaskStatus | undefined;
  readonly kind?: TaskKind | undefined;
  readonly conversationId?: string | undefined;
}

// ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What happened, without when and to whom. */
export type TaskEventBody =
  /** A message was added to the conversation of the task that answers it; told to those who follow the conversation. */
  | { readonly type: 'MessageAdded'; readonly messageId: string }
  | { readonly type: 'TaskQueued' /** Tasks ahead of it. */; readonly position: number }
  | { readonly type: 'TaskStarted'; readonly attempt: number }
  /** `offset`: UTF-16 offset of `text` in the answer; a new attempt begins at 0 again. */
  | { readonly type: 'TextDelta'; readonly text: string; readonly offset: number }
  | { readonly type: 'ImageStarted'; readonly index: number; readonly settings: DiffusionSettings }
  | { readonly type: 'ImageFinished'; readonly index: number; readonly imageId: string }
  /** Attempt `attempt` ended with `error` and another one follows. */
  | { readonly type: 'TaskRetrying'; readonly attempt: number; readonly error: TaskErrorRecord }
  | { readonly type: 'TaskSucceeded' }
  | { readonly type: 'TaskFailed'; readonly error: TaskErrorRecord }
  | { readonly type: 'TaskCancelled' };

export type TaskEventRecord = {
  readonly taskId: string;
  /** Of its task; null outside of any conversation. */
  readonly conversationId: string | null;
  /** Opaque; later events, of whatever task, sort after earlier ones; valid after a restart. */
  readonly cursor: string;
  /** 1, 2, 3, ... within the task, without a hole. */
  readonly sequence: number;
  readonly at: Date;
} & TaskEventBody;

export interface PreviewFrame {
  readonly taskId: string;
  /** Of the last state event of its task before it. */
  readonly cursor: string;
  readonly at: Date;
  /** Which picture of the task, from 0. */
  readonly index: number;
  /** Steps done, 1 to numInferenceSteps. */
  readonly stepIndex: number;
  readonly numInferenceSteps: number;
  /** Noise level left, 1 to 0. */
  readonly sigma: number;
  readonly view: PreviewView;
  readonly image: RgbImage;
  /** Longer side in pixels that its subscriber asked for; the image can be larger when another subscriber wanted it so. */
  readonly maxSize: number;
}

export type PreviewEvent = { readonly type: 'DenoisingPreview' } & PreviewFrame;

/** What previews a subscriber wants. */
export interface PreviewSubscription {
  /** Every n-th step. Default 1. */
  readonly everySteps?: number | undefined;
  /** Default 8. */
  readonly maxPerSecond?: number | undefined;
  /** Longer side in pixels. Default 512. */
  readonly maxSize?: number | undefined;
  /** Default `x0`; the noisy view is made only when every subscriber wants it. */
  readonly view?: PreviewView | undefined;
}

// ── Models, plugins, the gateway ─────────────────────────────────────────────────────────────────────────────────────

export type Capability = 'UNDERSTAND' | 'GENERATE' | 'EDIT';

export interface ModelLimits {
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly sizeMultiple: number;
  readonly maxSteps: number;
  /** Pictures that one task may make. */
  readonly maxImages: number;
}

export interface ModelRecord {
  readonly id: string;
  readonly name: string;
  readonly capabilities: readonly Capability[];
  readonly embeddingSpace: EmbeddingSpace | null;
  /** Names of plugins, see PluginRecord. */
  readonly encoder: string | null;
  readonly languageModel: string;
  readonly imageDecoders: readonly string[];
  readonly defaults: DiffusionSettings;
  readonly limits: ModelLimits;
}

export type PluginState = 'STARTING' | 'READY' | 'BUSY' | 'RESTARTING' | 'FAILED' | 'STOPPED';

export interface PluginRecord {
  readonly name: string;
  readonly version: string;
  readonly kind: PluginKind;
  readonly apiVersion: string;
  readonly state: PluginState;
  readonly restarts: number;
  readonly lastError: string | null;
  readonly memoryBytes: number | null;
  readonly embeddingSpace: string | null;
  readonly capabilities: readonly string[];
  readonly addresses: readonly PluginAddressRecord[];
  readonly metrics: PluginMetricsRecord;
}

export interface PluginAddressRecord {
  readonly address: string;
  readonly isReady: boolean;
  readonly runningCalls: number;
  readonly lastError: string | null;
}

export interface PluginMetricsRecord {
  readonly calls: number;
  readonly failedCalls: number;
  readonly cancelledCalls: number;
  readonly runningCalls: number;
  readonly waitingCalls: number;
  readonly meanBatch: number | null;
  readonly largestBatch: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly own: readonly { readonly name: string; readonly value: number }[];
}

export interface StatusRecord {
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly queued: number;
  readonly running: number;
}

// ── Pages (Relay) ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Either `first` with `after`, or `last` with `before`; each 0 to 100. Null counts as absent. */
export interface PageRequest {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  totalCount(): Promise<number>;
  cursorOf(item: Item): string;
}

// ── Services ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What every input that starts work has. */
export interface SubmitOptions {
  /** Default: the gateway's default model. */
  readonly modelId?: string | undefined;
  /** The same key with the same input returns the first task; with another input it is IDEMPOTENCY_CONFLICT. */
  readonly idempotencyKey?: string | undefined;
  /** Higher runs first; -100 to 100, default 0. */
  readonly priority?: number | undefined;
  /** What becomes of the task when nobody follows its events any more. Default CONTINUE. */
  readonly onDisconnect?: OnDisconnect | undefined;
  readonly sampling?: SamplingOptions | undefined;
}

export type OnDisconnect = 'CONTINUE' | 'CANCEL';

export interface RetryInput extends Pick<SubmitOptions, 'idempotencyKey' | 'priority'> {
  readonly taskId: string;
}

export interface UnderstandingInput extends SubmitOptions {
  readonly imageIds: readonly string[];
  readonly question: string;
}

export interface GenerationInput extends SubmitOptions {
  readonly prompt: string;
  readonly diffusion?: DiffusionInput | undefined;
}

export interface EditInput extends SubmitOptions {
  readonly sourceImageId: string;
  readonly instruction: string;
  readonly diffusion?: DiffusionInput | undefined;
}

export type MessagePartInput = { readonly text: string } | { readonly imageId: string };

/** The model is the conversation's; `modelId` does not apply. */
export interface SendMessageInput extends Omit<SubmitOptions, 'modelId'> {
  readonly conversationId: string;
  readonly parts: readonly MessagePartInput[];
  readonly diffusion?: DiffusionInput | undefined;
}

export interface SentMessage {
  readonly userMessage: MessageRecord;
  /** Empty at first; the task fills it. */
  readonly replyMessage: MessageRecord;
  readonly task: TaskRecord;
}

/**
 * Functions that take many ids answer in their order, with as many queries as for one: `getMany` with null where there is no such
 * record, the others with the same page of each list.
 */
export interface ConversationService {
  /** @throws GatewayError MODEL_NOT_FOUND, BAD_INPUT for a title over 200 characters */
  create(input: {
    readonly title?: string | undefined;
    readonly modelId?: string | undefined;
  }): Promise<ConversationRecord>;
  /** @throws GatewayError NOT_FOUND */
  get(id: string): Promise<ConversationRecord>;
  getMany(ids: readonly string[]): Promise<(ConversationRecord | null)[]>;
  /** Newest first. `search` looks for a piece of the title, whatever its case. */
  list(page: PageRequest, filter?: { readonly search?: string | undefined }): Promise<Page<ConversationRecord>>;
  rename(id: string, title: string): Promise<ConversationRecord>;
}

export interface MessageService {
  /**
   * Stores what the user says, an empty reply and the task that will write it, all or nothing.
   * @throws GatewayError NOT_FOUND, PROMPT_EMPTY, PROMPT_TOO_LONG, CAPABILITY_MISSING, IDEMPOTENCY_CONFLICT, and as submitGeneration
   */
  send(input: SendMessageInput): Promise<SentMessage>;
  getMany(ids: readonly string[]): Promise<(MessageRecord | null)[]>;
  /** Oldest first. */
  ofConversations(ids: readonly string[], page: PageRequest): Promise<Page<MessageRecord>[]>;
}

export interface ImageService {
  /** @throws GatewayError NOT_FOUND */
  get(id: string): Promise<ImageRecord>;
  getMany(ids: readonly string[]): Promise<(ImageRecord | null)[]>;
  /** Newest first. */
  list(page: PageRequest, filter?: ImageFilter): Promise<Page<ImageRecord>>;
  /** What was made from each, newest first. */
  derivatives(ids: readonly string[], page: PageRequest): Promise<Page<ImageRecord>[]>;
  /** Newest first. */
  ofConversations(ids: readonly string[], page: PageRequest): Promise<Page<ImageRecord>[]>;
  /** The same upload gives the same image, however often it is asked for. @throws GatewayError UPLOAD_NOT_FOUND */
  createFromUpload(uploadId: string): Promise<ImageRecord>;
  /** The stored file, or a smaller or otherwise encoded one. @throws GatewayError NOT_FOUND, BAD_INPUT */
  readBytes(id: string, variant?: ImageVariant): Promise<ImageBytes>;
  /** 8-bit RGB, as the plugins read it. */
  readPixels(id: string): Promise<RgbImage>;
  /** `/images/<id>?…&expires=…&signature=…`, relative to the gateway. */
  signedUrl(id: string, variant?: ImageVariant): string;
  /** Checks what arrived at that address. @throws GatewayError URL_EXPIRED, BAD_INPUT */
  verifyUrl(id: string, query: Readonly<Record<string, string | undefined>>): ImageVariant;
}

export interface ImageMatch {
  readonly image: ImageRecord;
  /** Cosine similarity, -1 to 1. */
  readonly score: number;
}

/** Searches in the embedding space of the default model; the nearest first. `first`: 0 to 100. */
export interface SimilarityService {
  /** Not among them: the image itself. @throws GatewayError NOT_FOUND, CAPABILITY_MISSING, BAD_INPUT */
  byImage(imageId: string, first: number): Promise<ImageMatch[]>;
  /** By the picture that the model imagines. @throws GatewayError PROMPT_EMPTY, PROMPT_TOO_LONG, CAPABILITY_MISSING, BAD_INPUT */
  byWords(words: string, first: number): Promise<ImageMatch[]>;
}

export interface DeletionService {
  /**
   * What was made from the image stays, without a source; messages that showed it keep an empty place.
   * @throws GatewayError NOT_FOUND; IN_USE when a message shows it or an unfinished task needs it, unless `force`
   */
  image(id: string, options?: { readonly force?: boolean | undefined }): Promise<DeletedImage>;
  /**
   * Messages and tasks go with the conversation. Images stay in the library; `withImages` deletes those that nobody else uses.
   * @throws GatewayError NOT_FOUND; IN_USE when one of its tasks is unfinished, unless `force`
   */
  conversation(
    id: string,
    options?: { readonly force?: boolean | undefined; readonly withImages?: boolean | undefined },
  ): Promise<DeletedConversation>;
}

export interface DeletedImage {
  readonly cancelledTaskIds: readonly string[];
  /** Messages that showed it. */
  readonly messageIds: readonly string[];
}

export interface DeletedConversation {
  /** How many; they are gone with the conversation. */
  readonly cancelledTasks: number;
  readonly deletedImages: number;
  readonly keptImages: number;
}

export interface UploadRecord {
  readonly uploadId: string;
  /** Bytes received. */
  readonly byteSize: number;
  /** After its EXIF orientation was applied. */
  readonly width: number;
  readonly height: number;
}

export interface UploadService {
  /**
   * Reads one picture to its end; what it is is told by its content, never by its name. A refused upload leaves nothing.
   * @throws GatewayError UPLOAD_TOO_LARGE, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, STORAGE_FULL
   */
  receive(stream: Readable | AsyncIterable<Uint8Array>): Promise<UploadRecord>;
}

export interface TaskService {
  /** @throws GatewayError PROMPT_EMPTY, PROMPT_TOO_LONG, NOT_FOUND, MODEL_NOT_FOUND, CAPABILITY_MISSING, IDEMPOTENCY_CONFLICT */
  submitUnderstanding(input: UnderstandingInput): Promise<TaskRecord>;
  /** @throws GatewayError as submitUnderstanding, and SIZE_OUT_OF_LIMITS, STEPS_OUT_OF_LIMITS, BAD_INPUT */
  submitGeneration(input: GenerationInput): Promise<TaskRecord>;
  /** @throws GatewayError as submitGeneration */
  submitEdit(input: EditInput): Promise<TaskRecord>;
  /** Ends a queued task at once and a running one within one step. @throws GatewayError NOT_FOUND, TASK_ENDED */
  cancel(id: string): Promise<TaskRecord>;
  /**
   * The same work once more, as a new task with the same seeds: what was recorded of the first one stays. A reply writes its message
   * anew.
   * @throws GatewayError NOT_FOUND, TASK_NOT_RETRYABLE, MODEL_NOT_FOUND, BAD_INPUT, IDEMPOTENCY_CONFLICT
   */
  retry(input: RetryInput): Promise<TaskRecord>;
  /** @throws GatewayError NOT_FOUND */
  get(id: string): Promise<TaskRecord>;
  getMany(ids: readonly string[]): Promise<(TaskRecord | null)[]>;
  /** Newest first. */
  list(page: PageRequest, filter?: TaskFilter): Promise<Page<TaskRecord>>;
  /** Newest first. */
  ofConversations(ids: readonly string[], page: PageRequest): Promise<Page<TaskRecord>[]>;
  /** Tasks ahead of it; 0 when it is next, null when it is not queued. */
  queuePosition(id: string): Promise<number | null>;
  /** Seconds until it is done, from measured step times; null while unknown. */
  etaSeconds(id: string): Promise<number | null>;
  /** 0 to 1; null while it cannot be known. */
  progress(id: string): Promise<number | null>;
}

export interface EventSubscription {
  /** The cursor of an event; from the beginning when absent. */
  readonly after?: string | undefined;
  /** Previews are sent only when asked for. */
  readonly preview?: PreviewSubscription | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EventService {
  /**
   * Everything that happened to the task since `after`, then what happens, until it ends. State events are never lost or
   * doubled; of previews a slow reader gets the newest. `return()` ends it at once, also while it waits.
   * @throws GatewayError NOT_FOUND, CURSOR_INVALID, BAD_INPUT
   */
  subscribe(
    taskId: string,
    options?: EventSubscription,
  ): Promise<AsyncIterableIterator<TaskEventRecord | PreviewEvent>>;
  /**
   * The same for all tasks of a conversation and its messages, in the order in which they were written; it does not end by itself.
   * @throws GatewayError NOT_FOUND, CURSOR_INVALID, BAD_INPUT
   */
  subscribeToConversation(
    conversationId: string,
    options?: EventSubscription,
  ): Promise<AsyncIterableIterator<TaskEventRecord | PreviewEvent>>;
  /** The newest preview of a task that runs; null when there is none. */
  latestPreview(taskId: string): PreviewFrame | null;
  /** The preview's bytes, no larger than its `maxSize`. Encoded on the first call, remembered while the frame lives. */
  encodePreview(frame: PreviewFrame, format: ImageFormat): Promise<ImageBytes>;
  /** Pixels that `encodePreview` will give. */
  previewSize(frame: PreviewFrame): { readonly width: number; readonly height: number };
  /** `/tasks/<id>/preview?…`, relative to the gateway: always the newest preview of the task. */
  previewUrl(taskId: string, format: ImageFormat, maxSize: number): string;
  /** Checks what arrived at that address. @throws GatewayError URL_EXPIRED, BAD_INPUT */
  verifyPreviewUrl(
    taskId: string,
    query: Readonly<Record<string, string | undefined>>,
  ): { readonly format: ImageFormat; readonly maxSize: number };
}

export interface LanguageService {
  /** One batch: all answers come from one call of the language model, in the order of the requests; one failure is its own. */
  answer(
    requests: readonly { readonly imageId: string; readonly question: string }[],
    modelId?: string,
  ): Promise<(string | GatewayError)[]>;
}

export interface ModelService {
  list(): readonly ModelRecord[];
  /** @throws GatewayError MODEL_NOT_FOUND */
  get(id: string): ModelRecord;
  /** @throws GatewayError MODEL_NOT_FOUND when the gateway serves none */
  default(): ModelRecord;
}

export interface PluginService {
  list(): readonly PluginRecord[];
}

/** Built once in gateway.ts and shared by all requests. */
export interface Services {
  readonly conversations: ConversationService;
  readonly messages: MessageService;
  readonly images: ImageService;
  readonly uploads: UploadService;
  readonly deletion: DeletionService;
  readonly similarity: SimilarityService;
  readonly tasks: TaskService;
  readonly events: EventService;
  readonly language: LanguageService;
  readonly models: ModelService;
  readonly plugins: PluginService;
  status(): Promise<StatusRecord>;
}
