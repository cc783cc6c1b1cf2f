/**
 * The diffusion decoder as a plugin's engine: embeddings of a picture become the picture, step by step.
 *
 * What does not change from step to step is computed before the loop: noise levels, context, rotary tables and modulation.
 * The loop itself looks at the abort signal before each step and lets the process hear its messages between steps.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.js';
import type { DecodeCall, DecodeEvent, DecodeRequest, ImageDecoder, ImageEmbeddings } from '../../plugin/contract.js';
import { throwIfAborted } from '../abort.js';
import { SharedDenoiser } from '../batching/shared-denoiser.js';
import type { DecoderManifest, Manifest } from '../bundle/manifest.js';
import type { Bundle } from '../bundle/open.js';
import { embeddingSpaceOf, expectEmbeddings } from '../embedding-space.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import { asFloat32, type Float32, float32, reshape } from '../tensor/tensor.js';
import { loadConditioner } from './conditioner.js';
import { estimateX0, eulerStep, guide } from './euler.js';
import { Modulation, type Pooled } from './modulation.js';
import { standardNormal } from './noise.js';
import { pack, unpack } from './pack.js';
import { toRgbImage } from './pixels.js';
import { developPreview } from './preview.js';
import { denoiserRotaryTables, gridIds, imageIds, type LatentSize, type RopeId, zeroIds } from './rope.js';
import { sigmaSchedule } from './schedule.js';
import { Stopwatch } from './stopwatch.js';

export interface ImageDecoderOptions extends SessionOptions {
  /**
   * Pictures in one run of the denoiser at most, for a gateway that runs several tasks at once. Some processors round the same row otherwise in a
   * longer batch, so a picture may then differ by a shade from the one that is drawn alone. Default 1: the same bytes always.
   */
  readonly batch?: number;
}

/** What the denoiser is told in one direction of guidance. */
interface Branch {
  /** float32 [1, L, C] */
  readonly context: Float32;
  /** float32 [L + N, headDim / 2], context rows first. */
  readonly cos: Float32;
  readonly sin: Float32;
  /** float32 [1, M] for each step. */
  readonly modulation: readonly Float32[];
}

/**
 * @param kind `generation` reads a condition; `editing` reads a condition and, beside it, the picture to be edited
 * @throws GatewayError CAPABILITY_MISSING when the bundle has no such decoder; else as `GraphSession.load`
 */
export async function createImageDecoder(
  bundle: Bundle,
  kind: 'generation' | 'editing',
  options: ImageDecoderOptions = {},
): Promise<ImageDecoder> {
  const { batch = 1 } = options;
  const { manifest } = bundle;
  const decoder = manifest.decoders[kind];
  if (decoder === null)
    throw new GatewayError('CAPABILITY_MISSING', `The bundle ${manifest.id} has no ${kind} decoder.`);
  const { latent, scheduler, rope, graphs } = decoder;
  const space = embeddingSpaceOf(manifest);

  const pooled = await loadPooled(bundle, decoder.constants.pooled);
  const negative = await loadNegative(bundle, decoder, pooled);
  const modulation = new Modulation(bundle, decoder, options);
  // The table of the default settings is made before the denoiser is loaded: its graph and the denoiser need not fit together.
  const { numInferenceSteps, guidanceScale, trueCfgScale } = decoder.defaults;
  const usual = sigmaSchedule(numInferenceSteps, scheduler);
  await modulation.rows(usual, guidanceScale, pooled);
  if (negative !== undefined && trueCfgScale !== 1) await modulation.rows(usual, guidanceScale, negative.pooled);

  const conditioner = await loadConditioner(bundle, decoder, options);
  const denoiser = await GraphSession.load(bundle, 'denoiser', graphs.denoiser, options);
  const shared = new SharedDenoiser(denoiser, batch);
  const vaeDecoder = await GraphSession.load(bundle, 'vaeDecoder', graphs.vaeDecoder, options);
  const previewDecoder =
    graphs.previewDecoder === null
      ? undefined
      : await GraphSession.load(bundle, 'previewDecoder', graphs.previewDecoder, options);

  return {
    reads: kind === 'editing' ? { condition: space, reference: space } : { condition: space },
    supports: {
      edit: kind === 'editing',
      mask: false,
      trueCfg: negative !== undefined,
      preview: previewDecoder === undefined ? 'latent' : 'image',
      batch,
    },
    limits: decoder.limits,
    defaults: decoder.defaults,

    async *decode(request: DecodeRequest, call: DecodeCall): AsyncGenerator<DecodeEvent> {
      throwIfAborted(call.signal);
      const { target, reference } = checkRequest(request, manifest, decoder, negative !== undefined);
      const { numInferenceSteps, guidanceScale, trueCfgScale } = request;
      const stopwatch = new Stopwatch();

      // 1. Noise levels, and noise.
      const sigmas = sigmaSchedule(numInferenceSteps, scheduler);
      const size: LatentSize = { height: request.height / latent.factor, width: request.width / latent.factor };
      const noise = standardNormal(latent.channels * size.height * size.width, request.seed);
      let packedLatents = pack(float32([1, latent.channels, size.height, size.width], noise)); // [1, N, 4C]

      // 2. What the denoiser is told: what to draw and, with guidance, what to keep away from.
      const positive: Branch = {
        context: await conditioner.context(target, reference), // [1, L, C]
        ...denoiserRotaryTables([...contextIds(target, reference, size, manifest, rope), ...imageIds(size)], rope), // [L + N, headDim / 2]
        modulation: await modulation.rows(sigmas, guidanceScale, pooled), // [1, M] a step
      };
      const away: Branch | undefined =
        negative === undefined || trueCfgScale === 1
          ? undefined
          : {
              context: negative.context, // [1, L, C]
              ...denoiserRotaryTables([...zeroIds(negative.context.dims[1] ?? 0), ...imageIds(size)], rope),
              modulation: await modulation.rows(sigmas, guidanceScale, negative.pooled),
            };
      const velocityOf = async (branch: Branch, stepIndex: number): Promise<Float32> => {
        const { context, cos, sin } = branch;
        const row = branch.modulation[stepIndex] as Float32;
        return shared.velocity({ latents: packedLatents, context, modulation: row, cos, sin }, call.signal); // [1, N, 4C]
      };
      const timings = { denoiseMs: stopwatch.lap(), vaeMs: 0, previewMs: 0 };

      const leave = shared.enter();
      try {
        for (let stepIndex = 0; stepIndex < numInferenceSteps; stepIndex++) {
          await yieldToEvents();
          throwIfAborted(call.signal);
          stopwatch.lap();
          const [sigma, sigmaNext] = [sigmas[stepIndex] as number, sigmas[stepIndex + 1] as number];

          // 3. One step from noise to picture.
          let velocity = await velocityOf(positive, stepIndex);
          if (away !== undefined) velocity = guide(velocity, await velocityOf(away, stepIndex), trueCfgScale);
          const noisier = packedLatents;
          packedLatents = eulerStep(noisier, velocity, sigma, sigmaNext);
          timings.denoiseMs += stopwatch.lap();

          // 4. A look at it, when somebody wants one.
          await yieldToEvents();
          const wish = call.wantsPreview(stepIndex + 1);
          const done = { type: 'step', stepIndex: stepIndex + 1, sigma: sigmaNext } as const;
          if (wish === undefined) {
            yield done;
            continue;
          }
          stopwatch.lap();
          const shown = wish.view === 'noisy' ? packedLatents : estimateX0(noisier, velocity, sigma);
          const preview = await developPreview(unpack(shown, size), wish, decoder.preview, previewDecoder);
          timings.previewMs += stopwatch.lap();
          yield { ...done, preview };
        }
      } finally {
        leave();
      }

      // 5. Latents to pixels.
      await yieldToEvents();
      throwIfAborted(call.signal);
      stopwatch.lap();
      const latents = unpack(packedLatents, size); // [1, C, h, w]
      const { pixels } = await vaeDecoder.run({ latents: unscale(latents, latent) }); // [1, 3, H, W]
      const image = toRgbImage(asFloat32(pixels, 'pixels'));
      timings.vaeMs = stopwatch.lap();
      yield { type: 'image', image, timings };
    },

    async close(): Promise<void> {
      await Promise.all([conditioner.release(), denoiser.release(), vaeDecoder.release(), previewDecoder?.release()]);
    },
  };
}

/** Places of the context rows: none, or spread over the picture that develops; the reference on a plane of its own. */
function contextIds(
  target: ImageEmbeddings,
  reference: ImageEmbeddings | undefined,
  size: LatentSize,
  { image: { mergeSize } }: Manifest,
  rope: DecoderManifest['rope'],
): RopeId[] {
  const pictures = reference === undefined ? [target] : [target, reference];
  if (rope.contextIds === 'zeros') return pictures.flatMap(({ embeddings }) => zeroIds(embeddings.dims[0] ?? 0));
  return pictures.flatMap(({ gridThw }, plane) => gridIds(gridThw, mergeSize, size, plane, rope.idPrecision));
}

/** The pipeline's scale to the autoencoder's: division first, then the shift. */
function unscale(latents: Float32, { scale, shift }: DecoderManifest['latent']): Float32 {
  return float32(
    latents.dims,
    latents.data.map((value) => value / scale + shift),
  );
}

interface Negative {
  /** float32 [1, L, C] */
  readonly context: Float32;
  readonly pooled: Pooled;
}

async function loadPooled(bundle: Bundle, name: string): Promise<Pooled> {
  return { name, vector: await bundle.constant(name) };
}

/** What stands for the empty prompt; undefined when the bundle has no negative branch. */
async function loadNegative(
  bundle: Bundle,
  { constants }: DecoderManifest,
  pooled: Pooled,
): Promise<Negative | undefined> {
  if (constants.negativeContext === null) return undefined;
  const context = await bundle.constant(constants.negativeContext); // [L, C] or [1, L, C]
  const away = constants.negativePooled === null ? pooled : await loadPooled(bundle, constants.negativePooled);
  return {
    context: reshape(context, [1, ...context.dims.slice(-2)]),
    // Both are the vector of an empty prompt in the published model: one name, one table.
    pooled: isSame(away.vector, pooled.vector) ? pooled : away,
  };
}

function isSame(one: Float32, other: Float32): boolean {
  return one.data.length === other.data.length && one.data.every((value, index) => value === other.data[index]);
}

/**
 * @returns the condition, and the reference of an editing decoder; a generation decoder reads none
 * @throws GatewayError SIZE_OUT_OF_LIMITS, STEPS_OUT_OF_LIMITS, BAD_INPUT, CAPABILITY_MISSING, SPACE_MISMATCH, SHAPE_MISMATCH
 */
function checkRequest(
  request: DecodeRequest,
  manifest: Manifest,
  { kind, limits }: DecoderManifest,
  hasNegative: boolean,
): { target: ImageEmbeddings; reference: ImageEmbeddings | undefined } {
  const { id } = manifest;
  const { width, height, numInferenceSteps, seed, condition, reference, trueCfgScale, negativePrompt } = request;

  const { minWidth, maxWidth, minHeight, maxHeight, sizeMultiple, maxSteps } = limits;
  const fits = (side: number, min: number, max: number) => side >= min && side <= max && side % sizeMultiple === 0;
  if (!fits(width, minWidth, maxWidth) || !fits(height, minHeight, maxHeight)) {
    const wanted = `${minWidth} to ${maxWidth} pixels wide and ${minHeight} to ${maxHeight} high, in multiples of ${sizeMultiple}`;
    throw new GatewayError('SIZE_OUT_OF_LIMITS', `${id} draws pictures ${wanted}; ${width} x ${height} was asked for.`);
  }
  if (!Number.isInteger(numInferenceSteps) || numInferenceSteps < 1 || numInferenceSteps > maxSteps) {
    throw new GatewayError(
      'STEPS_OUT_OF_LIMITS',
      `${id} takes 1 to ${maxSteps} inference steps; ${numInferenceSteps} were asked for.`,
    );
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new GatewayError('BAD_INPUT', `A seed is a whole number from 0 to 4294967295, not ${seed}.`);
  }
  if (!Number.isFinite(request.guidanceScale) || !Number.isFinite(trueCfgScale)) {
    throw new GatewayError(
      'BAD_INPUT',
      `guidanceScale and trueCfgScale should be numbers, not ${request.guidanceScale} and ${trueCfgScale}.`,
    );
  }
  if (trueCfgScale !== 1 && !hasNegative) {
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `${id} has no negative branch for classifier-free guidance; set trueCfgScale to 1.`,
    );
  }
  if (trueCfgScale !== 1 && negativePrompt.trim() !== '') {
    // The bundle holds what the empty prompt is to the denoiser, and no text encoder for another.
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `${id} knows only the empty negative prompt; leave negativePrompt empty.`,
    );
  }

  if (condition.type !== 'embeddings')
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `${id} draws from embeddings of ${manifest.embeddingSpace.id}, not from text.`,
    );
  expectEmbeddings(condition.image, manifest, 'The condition');
  if (kind === 'generation' || reference === undefined) return { target: condition.image, reference: undefined };
  if (reference.type !== 'embeddings') {
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `${id} reads its reference as embeddings of ${manifest.embeddingSpace.id}, not as pixels; encode it first.`,
    );
  }
  expectEmbeddings(reference.image, manifest, 'The reference picture');
  return { target: condition.image, reference: reference.image };
}
