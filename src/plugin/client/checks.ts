/**
 * What the gateway promises a plugin (arguments that fit what it declared) and what it holds a plugin to (answers that
 * fit the request). Everything here throws a GatewayError that names the plugin.
 */
import { type ErrorCode, GatewayError } from '../../errors/index.js';
import type {
  DecodeEvent,
  DecodeRequest,
  EmbeddingSpace,
  GenerateRequest,
  ImageDecoder,
  ImageEmbeddings,
  LanguageModel,
} from '../contract.js';

/** @throws {GatewayError} SPACE_MISMATCH, SHAPE_MISMATCH */
export function checkEmbeddings(image: ImageEmbeddings, space: EmbeddingSpace, plugin: string): void {
  if (image.space !== space.id) {
    fail('SPACE_MISMATCH', plugin, `works with embeddings of the space ${space.id}; ${image.space} came`);
  }
  const [tokens, dimension] = image.embeddings.dims;
  if (dimension !== space.dimension) {
    fail(
      'SHAPE_MISMATCH',
      plugin,
      `works with embeddings [tokens, ${space.dimension}]; [${tokens}, ${dimension}] came`,
    );
  }
}

/** @throws {GatewayError} CAPABILITY_MISSING, SPACE_MISMATCH, SHAPE_MISMATCH */
export function checkGenerateRequest(
  request: GenerateRequest,
  { reads }: Pick<LanguageModel, 'reads'>,
  plugin: string,
): void {
  for (const part of request.messages.flatMap(({ parts }) => parts)) {
    if (part.type === 'text') continue;
    if (part.type === 'image' && reads !== 'pixels') checkEmbeddings(part.image, reads, plugin);
    else if (part.type === 'image') fail('CAPABILITY_MISSING', plugin, 'reads pictures as pixels; embeddings came');
    else if (reads !== 'pixels')
      fail('CAPABILITY_MISSING', plugin, `reads pictures as embeddings of ${reads.id}; pixels came`);
  }
}

type DeclaredDecoder = Pick<ImageDecoder, 'reads' | 'supports' | 'limits'>;

/** @throws {GatewayError} SIZE_OUT_OF_LIMITS, STEPS_OUT_OF_LIMITS, CAPABILITY_MISSING, SPACE_MISMATCH, SHAPE_MISMATCH */
export function checkDecodeRequest(request: DecodeRequest, decoder: DeclaredDecoder, plugin: string): void {
  checkSizeAndSteps(request, decoder, plugin);
  checkCondition(request, decoder, plugin);
  if (request.reference) checkReference(request.reference, decoder, plugin);
  if (request.mask) checkMask(request.mask, request, decoder, plugin);
  if (request.trueCfgScale !== 1 && !decoder.supports.trueCfg) {
    fail(
      'CAPABILITY_MISSING',
      plugin,
      `has no classifier-free guidance: trueCfgScale has to be 1, ${request.trueCfgScale} came`,
    );
  }
}

function checkSizeAndSteps(
  { width, height, numInferenceSteps }: DecodeRequest,
  { limits }: DeclaredDecoder,
  plugin: string,
) {
  const { minWidth, minHeight, maxWidth, maxHeight, sizeMultiple, maxSteps } = limits;
  const isWithin = width >= minWidth && width <= maxWidth && height >= minHeight && height <= maxHeight;
  if (!isWithin || width % sizeMultiple !== 0 || height % sizeMultiple !== 0) {
    fail(
      'SIZE_OUT_OF_LIMITS',
      plugin,
      `draws ${minWidth} x ${minHeight} to ${maxWidth} x ${maxHeight} in multiples of ${sizeMultiple}; ${width} x ${height} came`,
    );
  }
  if (!Number.isInteger(numInferenceSteps) || numInferenceSteps < 1 || numInferenceSteps > maxSteps) {
    fail('STEPS_OUT_OF_LIMITS', plugin, `takes 1 to ${maxSteps} inference steps; ${numInferenceSteps} came`);
  }
}

function checkCondition({ condition }: DecodeRequest, { reads }: DeclaredDecoder, plugin: string): void {
  if (condition.type === 'text') {
    if (reads.condition !== 'text') {
      fail('CAPABILITY_MISSING', plugin, `draws from embeddings of the space ${reads.condition.id}; text came`);
    }
  } else if (reads.condition === 'text') {
    fail('CAPABILITY_MISSING', plugin, 'draws from text; embeddings came');
  } else {
    checkEmbeddings(condition.image, reads.condition, plugin);
  }
}

function checkReference(
  reference: NonNullable<DecodeRequest['reference']>,
  { reads }: DeclaredDecoder,
  plugin: string,
): void {
  if (reads.reference === undefined) fail('CAPABILITY_MISSING', plugin, 'takes no reference picture; one came');
  if (reference.type === 'pixels') {
    if (reads.reference !== 'pixels') {
      fail('CAPABILITY_MISSING', plugin, `takes its reference as embeddings of ${reads.reference.id}; pixels came`);
    }
  } else if (reads.reference === 'pixels') {
    fail('CAPABILITY_MISSING', plugin, 'takes its reference as pixels; embeddings came');
  } else {
    checkEmbeddings(reference.image, reads.reference, plugin);
  }
}

function checkMask(
  mask: NonNullable<DecodeRequest['mask']>,
  { width, height, reference }: DecodeRequest,
  { supports }: DeclaredDecoder,
  plugin: string,
): void {
  if (!supports.mask) fail('CAPABILITY_MISSING', plugin, 'takes no mask; one came');
  if (reference === undefined) fail('BAD_INPUT', plugin, 'takes a mask beside a reference picture; a mask alone came');
  if (mask.width !== width || mask.height !== height || mask.data.length !== width * height) {
    fail(
      'SHAPE_MISMATCH',
      plugin,
      `takes a mask as large as the picture, ${width} x ${height}; ${mask.width} x ${mask.height} came`,
    );
  }
}

type DecodeFrame = Pick<DecodeRequest, 'width' | 'height' | 'numInferenceSteps'>;

/**
 * Checks a decoder's events as they come: steps count up, then one picture of the size asked for, and nothing after it.
 */
export class DecodeEventCheck {
  readonly #request: DecodeFrame;
  readonly #plugin: string;
  #stepIndex = 0;
  #image: Extract<DecodeEvent, { type: 'image' }> | undefined;

  constructor(request: DecodeFrame, plugin: string) {
    this.#request = request;
    this.#plugin = plugin;
  }

  /** @throws {GatewayError} PLUGIN_INVALID */
  next(event: DecodeEvent): void {
    const { width, height, numInferenceSteps } = this.#request;
    if (this.#image) fail('PLUGIN_INVALID', this.#plugin, 'sent something after its picture');
    if (event.type === 'step') {
      if (event.stepIndex <= this.#stepIndex || event.stepIndex > numInferenceSteps) {
        fail(
          'PLUGIN_INVALID',
          this.#plugin,
          `sent step ${event.stepIndex} of ${numInferenceSteps} after step ${this.#stepIndex}`,
        );
      }
      this.#stepIndex = event.stepIndex;
      return;
    }
    if (event.image.width !== width || event.image.height !== height) {
      fail(
        'PLUGIN_INVALID',
        this.#plugin,
        `was asked for ${width} x ${height}; ${event.image.width} x ${event.image.height} came`,
      );
    }
    this.#image = event;
  }

  /** @throws {GatewayError} PLUGIN_INVALID when the events have ended without a picture */
  image(): DecodeEvent {
    return this.#image ?? fail('PLUGIN_INVALID', this.#plugin, `ended after step ${this.#stepIndex} without a picture`);
  }
}

function fail(code: ErrorCode, plugin: string, what: string): never {
  throw new GatewayError(code, `Plugin ${plugin} ${what}.`, { plugin });
}
