/**
 * The plugin contract: three kinds of plugin and what crosses the boundary to them. No implementation lives here.
 * schema/plugin/v1/plugin.proto says the same on the wire; authors see only this file's types.
 *
 * Tensors and pictures belong to their receiver once they were handed over: they may still wait to be written to the
 * wire, so whoever made them does not change them afterwards.
 */
import type { z } from 'zod';

// ── What crosses the boundary ────────────────────────────────────────────────────────────────────────────────────────

/** A dense float32 tensor, row-major. */
export interface Float32Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A picture: 8-bit RGB, row-major from the top left, three bytes a pixel. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Where a picture may change: one byte a pixel, row-major from the top left; 255 may change, 0 stays as it is. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The type that holds the plugins together; embeddings of two spaces are never mixed. */
export interface EmbeddingSpace {
  /** For instance `nexus-gen-v2`. */
  readonly id: string;
  readonly dimension: number;
  /** Tokens of a picture that the language model makes, for instance 81. */
  readonly imageTokens: number;
}

/** Embeddings of one picture. */
export interface ImageEmbeddings {
  readonly space: string;
  /** float32 [tokens, dimension] */
  readonly embeddings: Float32Tensor;
  /** [t, h, w] in patches, before merging. */
  readonly gridThw: readonly [number, number, number];
}

// ── Vision encoder ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What the embeddings are for; the plugin chooses resolution and resampling accordingly.
 * `read`: a language model will read them. `target`: the grid of generated pictures, for similarity and round trips.
 * `reference`: a decoder will keep what an edit leaves alone.
 */
export type EncodePurpose = 'read' | 'target' | 'reference';

export interface EncodeRequest {
  readonly image: RgbImage;
  readonly purpose: EncodePurpose;
}

export interface VisionEncoder {
  readonly space: EmbeddingSpace;
  /** Answers in the order of the requests. */
  encode(requests: readonly EncodeRequest[], call: Call): Promise<ImageEmbeddings[]>;
  close(): Promise<void>;
}

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: ImageEmbeddings }
  | { readonly type: 'pixels'; readonly image: RgbImage };

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly ChatPart[];
}

export interface SamplingOptions {
  /** Most tokens to write, text and image rows together; at least 1. */
  readonly maxNewTokens?: number;
  /** 0 takes the likeliest token. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  /** Texts that end the answer; they are left out of it. */
  readonly stop?: readonly string[];
}

/**
 * `reply`: the model decides whether the answer is words, a picture or both. `understand`: words. `generate` and `edit`:
 * a picture, forced if the model would not begin one; the plugin puts the words into its own prompt template.
 */
export type LanguageTask = 'reply' | 'understand' | 'generate' | 'edit';

export interface GenerateRequest {
  readonly task: LanguageTask;
  readonly messages: readonly ChatMessage[];
  readonly sampling?: SamplingOptions;
  /** A decoder that reads words is at hand; only for a model that `asksForPictures`, in a `reply`. */
  readonly drawing?: DrawingOffer;
}

/** The gateway's decoder as a tool of the language model. */
export interface DrawingOffer {
  /** It can also change the newest picture of the conversation. */
  readonly edits: boolean;
}

export type EndReason = 'stop' | 'length';

export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export type GenerateEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: ImageEmbeddings }
  /** A picture belongs here, and `prompt` says what it shows; only where the request offers `drawing`. */
  | {
      readonly type: 'drawing';
      readonly prompt: string /** The newest picture of the conversation is to be changed. */;
      readonly edits: boolean;
    }
  | { readonly type: 'end'; readonly reason: EndReason; readonly usage: TokenUsage }
  /** This request failed; its neighbours go on. */
  | { readonly type: 'error'; readonly code: string; readonly message: string };

export interface LanguageModel {
  /** How it wants pictures in messages: as `pixels` or as embeddings of a space. */
  readonly reads: 'pixels' | EmbeddingSpace;
  /** Space of the embeddings it writes; null when it writes only words. */
  readonly writes: EmbeddingSpace | null;
  /** Whether it can ask for a picture in words, which a decoder that reads words draws. Default: no. */
  readonly asksForPictures?: boolean;
  readonly limits: LanguageLimits;
  /** Runs all requests together; events carry the index of their request, and each request ends with `end` or `error`. */
  generate(
    requests: readonly GenerateRequest[],
    call: Call,
  ): AsyncIterable<{ readonly index: number; readonly event: GenerateEvent }>;
  close(): Promise<void>;
}

export interface LanguageLimits {
  /** Tokens of prompt and answer together. */
  readonly contextLength: number;
  /** Requests that run in one forward pass. */
  readonly batch: number;
}

// ── Image decoder ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DecodeRequest {
  readonly condition:
    | { readonly type: 'embeddings'; readonly image: ImageEmbeddings }
    | { readonly type: 'text'; readonly text: string };
  /** What an edit leaves alone comes from here. */
  readonly reference?:
    | { readonly type: 'embeddings'; readonly image: ImageEmbeddings }
    | { readonly type: 'pixels'; readonly image: RgbImage };
  readonly width: number;
  readonly height: number;
  readonly numInferenceSteps: number;
  /** Fed to a guidance-distilled denoiser. */
  readonly guidanceScale: number;
  /** Classifier-free guidance with a second, negative pass; 1 is off. */
  readonly trueCfgScale: number;
  readonly negativePrompt: string;
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** Where the reference may change, as large as the picture to draw; only where `supports.mask`. Absent: everywhere. */
  readonly mask?: Mask;
}

/** What is shown of a step: `x0`, the picture as estimated now, or `noisy`, what the denoiser holds. */
export type PreviewView = 'x0' | 'noisy';

export interface PreviewWish {
  /** Longer side in pixels at most. */
  readonly maxSize: number;
  readonly view: PreviewView;
}

export type DecodeEvent =
  | {
      readonly type: 'step' /** Steps done, 1 to numInferenceSteps. */;
      readonly stepIndex: number /** Noise level left, 1 to 0. */;
      readonly sigma: number;
      readonly preview?: RgbImage;
    }
  | { readonly type: 'image'; readonly image: RgbImage; readonly timings: DecodeTimings };

export interface DecodeTimings {
  readonly denoiseMs: number;
  readonly vaeMs: number;
  readonly previewMs: number;
}

/** A decode call as its plugin sees it. */
export interface DecodeCall extends Call {
  /** Asked once after each step, so wishes may change while the picture develops; undefined makes no preview. */
  wantsPreview(stepIndex: number): PreviewWish | undefined;
}

/** What all watchers of one picture together want now; the plugin's host answers `wantsPreview` from the newest. */
export interface PreviewWishes extends PreviewWish {
  /** A preview after every step whose number is a multiple of one of these, each at least 1; empty: none. */
  readonly everySteps: readonly number[];
}

/** Where the gateway's side of a decode call reads what is wanted, and hears that it changed. */
export interface PreviewWishSource {
  readonly current: PreviewWishes;
  /** Calls `listener` after each change of `current`; the answer stops that. */
  onChange(listener: () => void): () => void;
}

/** A decode call as the gateway makes it: its wishes cross to the plugin at the start and whenever they change. */
export interface WatchedDecodeCall extends Call {
  /** Absent: nobody watches, no previews are made. */
  readonly previewWishes?: PreviewWishSource;
}

/** Authors write an `ImageDecoder`; the gateway holds an `ImageDecoder<WatchedDecodeCall>`. */
export interface ImageDecoder<DecoderCall extends Call = DecodeCall> {
  readonly reads: DecoderReads;
  readonly supports: DecoderSupport;
  readonly limits: DecoderLimits;
  readonly defaults: DecoderDefaults;
  /** One `step` event after each step, then one `image`. */
  decode(request: DecodeRequest, call: DecoderCall): AsyncIterable<DecodeEvent>;
  close(): Promise<void>;
}

/** What a decoder can be paired with: embeddings of a space, or the language model's words. */
export interface DecoderReads {
  readonly condition: 'text' | EmbeddingSpace;
  /** Absent: it takes no reference, so it cannot edit. */
  readonly reference?: 'pixels' | EmbeddingSpace;
}

export interface DecoderSupport {
  readonly edit: boolean;
  readonly mask: boolean;
  readonly trueCfg: boolean;
  /** `latent`: cheap and small. `image`: a true decode. */
  readonly preview: 'none' | 'latent' | 'image';
  /** Pictures that develop in one forward pass. */
  readonly batch: number;
}

export interface DecoderLimits {
  readonly minWidth: number;
  readonly minHeight: number;
  readonly maxWidth: number;
  readonly maxHeight: number;
  readonly sizeMultiple: number;
  readonly maxSteps: number;
}

export interface DecoderDefaults {
  readonly width: number;
  readonly height: number;
  readonly numInferenceSteps: number;
  readonly guidanceScale: number;
  readonly trueCfgScale: number;
}

// ── Common to all kinds ──────────────────────────────────────────────────────────────────────────────────────────────

export interface Call {
  /** Aborted when nobody wants the answer; the plugin stops within one step. */
  readonly signal: AbortSignal;
}

/** What a plugin gets from its host. */
export interface PluginHost {
  readonly log: PluginLog;
  readonly metrics: PluginMetrics;
  /** Absolute folder for the plugin's own files; its working folder. Kept where the gateway keeps its data. */
  readonly folder: string;
  /** Absolute folder in which the gateway keeps models; null when there is none. */
  readonly modelsFolder: string | null;
  /** A path from the options as an absolute one: relative paths count from the operator's configuration file. */
  resolvePath(path: string): string;
  /** Aborted when the host is about to end. */
  readonly signal: AbortSignal;
}

export interface PluginLog {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Numbers that the gateway shows under the plugin's name, beside those that it measures itself. */
export interface PluginMetrics {
  /** Adds to a counter, for instance `cache_hits`; it begins at 0 with the process. */
  add(name: string, by?: number): void;
  /** Sets a gauge, for instance `gpu_memory_bytes`. */
  set(name: string, value: number): void;
}

/** What a plugin declares of itself; the gateway and the conformance kit read the same declaration. */
export type PluginCapabilities =
  | ({ readonly kind: 'vision-encoder' } & Pick<VisionEncoder, 'space'>)
  | ({ readonly kind: 'language-model' } & Pick<LanguageModel, 'reads' | 'writes' | 'limits' | 'asksForPictures'>)
  | ({ readonly kind: 'image-decoder' } & Pick<ImageDecoder, 'reads' | 'supports' | 'limits' | 'defaults'>);

export const PLUGIN_KINDS = ['vision-encoder', 'language-model', 'image-decoder'] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

export interface PluginOfKind {
  'vision-encoder': VisionEncoder;
  'language-model': LanguageModel;
  'image-decoder': ImageDecoder;
}

/** A plugin as its author writes it, with `definePlugin`. */
export interface PluginDefinition<Kind extends PluginKind = PluginKind, Options extends z.ZodType = z.ZodType> {
  readonly kind: Kind;
  readonly name: string;
  readonly version: string;
  readonly options: Options;
  create(options: z.output<Options>, host: PluginHost): Promise<PluginOfKind[Kind]>;
}

/** What `definePlugin` makes of a definition, and what a plugin's entry exports as its default. */
export interface DefinedPluginOfKind<Kind extends PluginKind> {
  readonly kind: Kind;
  readonly name: string;
  readonly version: string;
  /** The contract versions that the plugin's SDK speaks, newest first. */
  readonly apiVersions: readonly string[];
  /**
   * Validates the operator's options, fills in their defaults and makes the plugin.
   *
   * @throws {GatewayError} CONFIG_INVALID naming each field that does not hold
   */
  create(options: unknown, host: PluginHost): Promise<PluginOfKind[Kind]>;
}

export type DefinedPlugin = { [Kind in PluginKind]: DefinedPluginOfKind<Kind> }[PluginKind];

/** The contract versions that this SDK speaks, newest first. */
export const API_VERSIONS: readonly string[] = ['1'];
