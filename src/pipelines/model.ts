/** What a pipeline works with: the parts of one model, and its line to whoever called it. */
import { GatewayError } from '../errors/index.js';
import type {
  ImageDecoder,
  LanguageModel,
  PreviewWishSource,
  RgbImage,
  VisionEncoder,
  WatchedDecodeCall,
} from '../plugin/contract.js';
import type { DiffusionSettings } from '../services/domain.js';

/** An image decoder as the gateway holds it: in another process, told of wishes instead of asked. */
export type WatchedImageDecoder = ImageDecoder<WatchedDecodeCall>;

/** The plugins that make up a model; their embedding spaces were matched when the gateway started. */
export interface PipelineModel {
  readonly id: string;
  readonly encoder?: VisionEncoder | null | undefined;
  readonly languageModel: LanguageModel;
  readonly decoders: {
    /** Draws from the language model's picture alone. */
    readonly generation?: WatchedImageDecoder | null | undefined;
    /** Draws from it and a reference picture. */
    readonly editing?: WatchedImageDecoder | null | undefined;
  };
}

export type DecoderName = 'generation' | 'editing';

/** What a pipeline tells while it works, in the order in which it happens. */
export type PipelineEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'imageStarted'; readonly index: number; readonly settings: DiffusionSettings }
  | {
      readonly type: 'step';
      readonly index: number;
      readonly settings: DiffusionSettings;
      /** Steps done, 1 to numInferenceSteps. */
      readonly stepIndex: number;
      readonly sigma: number;
      readonly preview?: RgbImage | undefined;
    }
  | {
      readonly type: 'imageFinished';
      readonly index: number;
      readonly settings: DiffusionSettings;
      readonly image: RgbImage;
      readonly isEdit: boolean;
    }
  /** An earlier attempt finished this picture; it is not drawn again. */
  | { readonly type: 'imageKept'; readonly index: number };

export interface PipelineCall {
  /** Looked at between steps. */
  readonly signal: AbortSignal;
  /** Waited for, so that what is slow to store holds up the next step and not the memory. */
  emit(event: PipelineEvent): void | Promise<void>;
  readonly previewWishes?: PreviewWishSource | undefined;
  /** Pictures, by index, that an earlier attempt finished: they are not drawn again. */
  readonly finished?: ReadonlySet<number> | undefined;
}

/** Milliseconds that the stages took. */
export interface PipelineTimings {
  encodeMs?: number;
  languageMs?: number;
  denoiseMs?: number;
  vaeMs?: number;
  previewMs?: number;
}

/** @throws GatewayError CAPABILITY_MISSING */
export function decoderOf(model: PipelineModel, name: string): WatchedImageDecoder {
  const decoder = name === 'generation' || name === 'editing' ? model.decoders[name] : undefined;
  if (decoder != null) return decoder;
  const names = decoderNames(model);
  throw new GatewayError(
    'CAPABILITY_MISSING',
    `Model ${model.id} has no decoder "${name}"; ${names.length === 0 ? 'it makes no pictures' : `it has ${names.join(' and ')}`}.`,
  );
}

export function decoderNames(model: PipelineModel): DecoderName[] {
  return (['generation', 'editing'] as const).filter((name) => model.decoders[name] != null);
}

/** Adds up what the stages of several pictures took. */
export function addTimings(sum: PipelineTimings, more: PipelineTimings): void {
  for (const stage of ['encodeMs', 'languageMs', 'denoiseMs', 'vaeMs', 'previewMs'] as const) {
    const milliseconds = more[stage];
    if (milliseconds !== undefined) sum[stage] = (sum[stage] ?? 0) + milliseconds;
  }
}
