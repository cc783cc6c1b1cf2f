/**
 * What a model bundle says about itself: everything that code must not guess. The toolkit writes manifest.json, this
 * schema reads it. The embedded nexus-nano and the published Nexus-Gen V2 differ in these numbers, never in code.
 */
import { z } from 'zod';

const count = z.number().int().positive();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in 64 lower-case hex digits');
const grid = z.tuple([count, count, count]);
/** One text per language of the user's words: `en` is used wherever another language has none. */
const perLanguage = z.object({ en: z.string() }).catchall(z.string());

export const fileSchema = z.strictObject({
  /** Path relative to the manifest, with `/`, inside the bundle. */
  path: z.string().regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'a relative path inside the bundle'),
  sha256,
  bytes: z.number().int().nonnegative(),
});

export const portSchema = z.strictObject({
  dtype: z.enum(['float32', 'float16', 'int64', 'bool']),
  /** A number for a fixed size, a name for a free one. */
  shape: z.array(z.union([z.number().int().nonnegative(), z.string()])),
});

export const graphSchema = z.strictObject({
  file: fileSchema,
  /** External weights, loaded from beside the graph. */
  weights: z.array(fileSchema),
  inputs: z.record(z.string(), portSchema),
  outputs: z.record(z.string(), portSchema),
});

export const constantSchema = z.strictObject({
  /** Raw little-endian float32, row-major. */
  file: fileSchema,
  shape: z.array(count),
});

export const filterSchema = z.enum(['bicubic', 'bilinear']);

export const decoderSchema = z.strictObject({
  kind: z.enum(['generation', 'editing']),
  /** Names in `graphs`. `conditioner` is the adapter (generation) or the merger (editing). */
  graphs: z.strictObject({
    conditioner: z.string(),
    modulation: z.string(),
    denoiser: z.string(),
    vaeDecoder: z.string(),
    previewDecoder: z.string().nullable(),
  }),
  scheduler: z.strictObject({
    shift: z.number().positive(),
    /** Last value of the unshifted schedule, nexus-gen.md 5.4. */
    sMin: z.number().positive().lt(1),
    /** What the denoiser's `timestep` input is: sigma times this (1000 for FLUX). */
    timestepScale: z.number().positive(),
  }),
  defaults: z.strictObject({
    width: count,
    height: count,
    numInferenceSteps: count,
    guidanceScale: z.number(),
    trueCfgScale: z.number(),
  }),
  limits: z.strictObject({
    minWidth: count,
    minHeight: count,
    maxWidth: count,
    maxHeight: count,
    sizeMultiple: count,
    maxSteps: count,
  }),
  rope: z.strictObject({
    axes: z.array(count).length(3),
    theta: z.number().positive(),
    /** `zeros`: context rows all at the origin. `grid`: each at its place on the latent grid, 6.2. */
    contextIds: z.enum(['zeros', 'grid']),
    /** What grid ids were rounded to in training: the published editing decoder keeps them in bfloat16, 6.2. */
    idPrecision: z.enum(['float32', 'bfloat16']).default('float32'),
  }),
  /** Editing: rotary tables of the merger, 6.1. */
  merger: z
    .strictObject({ headDim: count, theta: z.number().positive(), sections: z.array(count).length(3), baseGrid: count })
    .nullable(),
  latent: z.strictObject({
    channels: count,
    /** Picture pixels per latent pixel. */
    factor: count,
    scale: z.number(),
    shift: z.number(),
  }),
  preview: z.strictObject({
    /** rgb in [-1, 1] = sum over channels of x0[c] * factors[c] + bias; latents in the pipeline's scale. */
    factors: z.array(z.tuple([z.number(), z.number(), z.number()])),
    bias: z.tuple([z.number(), z.number(), z.number()]),
  }),
  /** Names in `constants`; the negative pair is there when the decoder supports true classifier-free guidance. */
  constants: z.strictObject({
    pooled: z.string(),
    negativeContext: z.string().nullable(),
    negativePooled: z.string().nullable(),
  }),
});

export const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  name: z.string(),
  licence: z.string(),
  source: z.strictObject({ repository: z.string(), revision: z.string() }),
  exportedBy: z.string(),
  embeddingSpace: z.strictObject({
    id: z.string(),
    dimension: count,
    imageTokens: count,
    /** Patches [t, h, w] of a generated picture's embeddings. */
    grid,
    /** Patches [t, h, w] of an editing decoder's reference. */
    referenceGrid: grid,
  }),
  tokenizer: z.strictObject({ tokenizer: fileSchema, config: fileSchema }),
  specialTokens: z.strictObject({
    /** Any of these ends an answer. */
    endOfText: z.array(z.number().int()).min(1),
    visionStart: z.number().int(),
    visionEnd: z.number().int(),
    imagePad: z.number().int(),
  }),
  chatTemplate: z.strictObject({
    systemPrompt: z.string(),
    /** `{role}` is replaced. */
    turnStart: z.string(),
    turnEnd: z.string(),
  }),
  /** User text per task; `{prompt}` is replaced, `<image>` stands for the picture. `understand` is the default question. */
  promptTemplates: z.strictObject({ generate: perLanguage, edit: perLanguage, understand: perLanguage }),
  /** Words the model was trained to say before a picture; used when it would not begin one by itself. */
  leadIns: z.strictObject({ generate: perLanguage, edit: perLanguage }),
  sampling: z.strictObject({
    maxNewTokens: count,
    temperature: z.number().nonnegative(),
    topP: z.number().positive().max(1),
    topK: count,
    repetitionPenalty: z.number().positive(),
  }),
  image: z.strictObject({
    patchSize: count,
    mergeSize: count,
    temporalPatchSize: count,
    /** Limits of smart_resize for pictures that the language model reads. */
    minPixels: count,
    maxPixels: count,
    /** The first, wider resize of the reference's vision utilities, 3.2. */
    firstMaxPixels: count,
    mean: z.tuple([z.number(), z.number(), z.number()]),
    std: z.tuple([z.number(), z.number(), z.number()]),
    filters: z.strictObject({ read: filterSchema, target: filterSchema, reference: filterSchema }),
  }),
  vision: z.strictObject({
    headDim: count,
    ropeTheta: z.number().positive(),
    /** Side of an attention window in pixels. */
    windowSize: count,
  }),
  language: z.strictObject({
    layers: count,
    heads: count,
    kvHeads: count,
    headDim: count,
    hidden: count,
    vocab: count,
    contextLength: count,
    ropeTheta: z.number().positive(),
    /** Frequencies that follow time, row, column, time again, and so on: the published model has three sections, others may interleave. */
    mropeSection: z
      .array(count)
      .min(3)
      .refine(
        (sections) => sections.length % 3 === 0,
        'wanted a multiple of three sections: time, row, column, in turn',
      ),
    /** Where text after a picture of the answer stands: `sequence` as the reference samples, `grid` as training lays it out; 2.5. */
    positionAfterImage: z.enum(['sequence', 'grid']),
  }),
  decoders: z.strictObject({ generation: decoderSchema, editing: decoderSchema.nullable() }),
  graphs: z.record(z.string(), graphSchema),
  constants: z.record(z.string(), constantSchema),
});

export type Manifest = z.output<typeof manifestSchema>;
export type DecoderManifest = z.output<typeof decoderSchema>;
export type GraphManifest = z.output<typeof graphSchema>;
export type BundleFile = z.output<typeof fileSchema>;
