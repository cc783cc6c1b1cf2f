/**
 * The graphs of a bundle and the names of their inputs and outputs, in ONNX's spelling. This is the one table; call
 * sites never retype a name. Letters: B requests, N patches or latent tokens, S new rows, P cached rows, T = P + S,
 * L context rows, D language width, E embedding dimension, C context width, M modulation row length.
 */
export const GRAPHS = {
  /** Patches of any number of pictures, laid end to end; masks keep the pictures apart. */
  vision: {
    inputs: {
      patches: 'patches', // float32 [N, 3 * temporalPatchSize * patchSize^2]
      cos: 'cos', // float32 [N, headDim], in window order
      sin: 'sin',
      unitOrder: 'unit_order', // int64 [N / merge^2]
      unitInverse: 'unit_inverse',
      windowMask: 'window_mask', // float32 [1, N, N], 0 or -inf, in window order
      fullMask: 'full_mask',
    },
    outputs: { embeddings: 'embeddings' }, // float32 [N / merge^2, E]
  },
  embed: { inputs: { ids: 'ids' }, outputs: { rows: 'rows' } }, // int64 [n] -> float32 [n, D]
  language: {
    inputs: {
      rows: 'rows', // float32 [B, S, D]
      cos: 'cos', // float32 [B, S, headDim]
      sin: 'sin',
      mask: 'mask', // float32 [B, 1, S, T], 0 or a large negative number
      pastKeys: 'past_keys', // float32 [layers, B, kvHeads, P, headDim]
      pastValues: 'past_values',
    },
    outputs: {
      hidden: 'hidden', // float32 [B, S, D], after the final norm
      newKeys: 'new_keys', // float32 [layers, B, kvHeads, S, headDim]
      newValues: 'new_values',
    },
  },
  languageHead: { inputs: { hidden: 'hidden' }, outputs: { logits: 'logits' } }, // [n, D] -> [n, vocab]
  visionHead: { inputs: { hidden: 'hidden' }, outputs: { embeddings: 'embeddings' } }, // [n, D] -> [n, E]
  adapter: { inputs: { embeddings: 'embeddings' }, outputs: { context: 'context' } }, // [B, L, E] -> [B, L, C]
  merger: {
    inputs: { embeddings: 'embeddings', cos: 'cos', sin: 'sin' }, // [B, L, E], [L, headDim] twice
    outputs: { context: 'context' }, // [B, L, C]
  },
  modulation: {
    inputs: { timestep: 'timestep', guidance: 'guidance', pooled: 'pooled' }, // [B], [B], [B, pooledDim]
    outputs: { modulation: 'modulation' }, // [B, M]
  },
  denoiser: {
    inputs: {
      latents: 'latents', // float32 [B, N, 4 * channels], packed
      context: 'context', // float32 [B, L, C]
      modulation: 'modulation', // float32 [B, M]
      cos: 'cos', // float32 [L + N, headDim / 2], context rows first
      sin: 'sin',
    },
    outputs: { velocity: 'velocity' }, // float32 [B, N, 4 * channels]
  },
  vaeDecoder: { inputs: { latents: 'latents' }, outputs: { pixels: 'pixels' } }, // [B, C, h, w] -> [B, 3, H, W] in [-1, 1]
  vaeEncoder: { inputs: { pixels: 'pixels' }, outputs: { latents: 'latents' } }, // [B, 3, H, W] -> mean [B, C, h, w]
  previewDecoder: { inputs: { latents: 'latents' }, outputs: { pixels: 'pixels' } },
} as const;

/** Graph kinds that every bundle has under this very name; decoders name theirs in their manifest entry. */
export const LANGUAGE_GRAPHS = ['vision', 'embed', 'language', 'languageHead', 'visionHead'] as const;

/** Constants by name: the learned input rows of a picture, float32 [imageTokens, D]. */
export const IMAGE_PREFILL_ROWS = 'imagePrefillRows';
