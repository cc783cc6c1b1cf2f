/**
 * The values of the contract, to the wire and from it. Whoever receives checks: a peer may be written in any language.
 * Floats are little-endian on the wire and taken as they are: so are those of every machine that Node's builds run on
 * except IBM's s390x, where Darkroom does not run.
 */
import { GatewayError } from '../../errors/index.js';
import type { EmbeddingSpace, Float32Tensor, ImageEmbeddings, Mask, RgbImage } from '../contract.js';
import type * as wire from './messages.js';

// ── To the wire: views, no copies ────────────────────────────────────────────────────────────────────────────────────

export function tensorToWire({ dims, data }: Float32Tensor): wire.TensorInput {
  return { dims: [...dims], data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
}

export function imageToWire({ width, height, data }: RgbImage): wire.RgbImageInput {
  return { width, height, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
}

export function maskToWire({ width, height, data }: Mask): wire.MaskInput {
  return { width, height, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
}

export function embeddingsToWire({ space, embeddings, gridThw }: ImageEmbeddings): wire.ImageEmbeddingsInput {
  return { space, embeddings: tensorToWire(embeddings), gridThw: [...gridThw] };
}

// ── From the wire: checked, and copied so that one small view does not keep a large message alive ────────────────────

/** @throws {GatewayError} SHAPE_MISMATCH when there are more or fewer bytes than `dims` say */
export function tensorFromWire(tensor: wire.Tensor): Float32Tensor {
  const elements = tensor.dims.reduce((product, dim) => product * dim, 1);
  if (tensor.data.length !== elements * Float32Array.BYTES_PER_ELEMENT) {
    throw new GatewayError(
      'SHAPE_MISMATCH',
      `A tensor [${tensor.dims.join(', ')}] needs ${elements * Float32Array.BYTES_PER_ELEMENT} bytes of float32; ${tensor.data.length} came.`,
    );
  }
  const data = new Float32Array(elements);
  new Uint8Array(data.buffer).set(tensor.data);
  return { dims: tensor.dims, data };
}

/** @throws {GatewayError} SHAPE_MISMATCH when there are more or fewer bytes than width and height say */
export function imageFromWire({ width, height, data }: wire.RgbImage): RgbImage {
  if (width < 1 || height < 1 || data.length !== width * height * 3) {
    throw new GatewayError(
      'SHAPE_MISMATCH',
      `A picture of ${width} x ${height} needs ${width * height * 3} bytes of RGB, at least 3; ${data.length} came.`,
    );
  }
  return { width, height, data: new Uint8Array(data) };
}

/** @throws {GatewayError} SHAPE_MISMATCH when there are more or fewer bytes than width and height say */
export function maskFromWire({ width, height, data }: wire.Mask): Mask {
  if (width < 1 || height < 1 || data.length !== width * height) {
    throw new GatewayError(
      'SHAPE_MISMATCH',
      `A mask of ${width} x ${height} needs ${width * height} bytes, at least 1; ${data.length} came.`,
    );
  }
  return { width, height, data: new Uint8Array(data) };
}

/** @throws {GatewayError} SHAPE_MISMATCH when the embeddings are not [tokens, dimension] with a grid of three */
export function embeddingsFromWire(embeddings: wire.ImageEmbeddings): ImageEmbeddings {
  const tensor = tensorFromWire(required(embeddings.embeddings, 'embeddings'));
  const [t, h, w, ...more] = embeddings.gridThw;
  if (tensor.dims.length !== 2 || t === undefined || h === undefined || w === undefined || more.length > 0) {
    throw new GatewayError(
      'SHAPE_MISMATCH',
      `Embeddings are [tokens, dimension] with a grid [t, h, w]; [${tensor.dims.join(', ')}] with [${embeddings.gridThw.join(', ')}] came.`,
    );
  }
  return { space: embeddings.space, embeddings: tensor, gridThw: [t, h, w] };
}

export function spaceFromWire({ id, dimension, imageTokens }: wire.EmbeddingSpace): EmbeddingSpace {
  return { id, dimension, imageTokens };
}

// ── Helpers for all conversions ──────────────────────────────────────────────────────────────────────────────────────

/** @throws {GatewayError} PLUGIN_INVALID when the other side left out what the contract asks for */
export function required<Value>(value: Value | null | undefined, field: string): Value {
  if (value === null || value === undefined) {
    throw new GatewayError('PLUGIN_INVALID', `A message of the plugin contract lacks its field ${field}.`);
  }
  return value;
}

/**
 * The contract's word for an enum value of the wire.
 *
 * @param words each word with its value on the wire
 * @throws {GatewayError} PLUGIN_INVALID for a value that the contract does not know
 */
export function wordOf<Word extends string>(words: Readonly<Record<Word, string>>, value: string): Word {
  for (const word of Object.keys(words) as Word[]) if (words[word] === value) return word;
  throw new GatewayError(
    'PLUGIN_INVALID',
    `A message of the plugin contract holds ${value}, which has no meaning there.`,
  );
}
