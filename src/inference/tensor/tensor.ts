/** Dense row-major tensors, as the graphs take and give them. */
import { GatewayError } from '../../errors/index.js';

/** float16 travels as its bits; nothing on the host computes with it. */
export type Tensor =
  | { readonly dtype: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'float16'; readonly dims: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: 'int64'; readonly dims: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'bool'; readonly dims: readonly number[]; readonly data: Uint8Array };

export type DType = Tensor['dtype'];
export type Float32 = Extract<Tensor, { dtype: 'float32' }>;

/** How many elements a tensor of these dimensions has. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * @param data as many elements as `dims` hold; kept, not copied. Zeros when absent
 * @throws TypeError when `data` has another length: a mistake of the caller, never of a user
 */
export function float32(dims: readonly number[], data: Float32Array = new Float32Array(elementCount(dims))): Float32 {
  if (data.length !== elementCount(dims)) {
    throw new TypeError(`float32 [${dims.join(', ')}] wants ${elementCount(dims)} elements, not ${data.length}`);
  }
  return { dtype: 'float32', dims, data };
}

/** int64 [n] of `values`. */
export function int64(values: ArrayLike<number>): Tensor {
  const data = new BigInt64Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = BigInt(values[i] ?? 0);
  return { dtype: 'int64', dims: [data.length], data };
}

/** float32 tensors laid one behind the other in one array. */
export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** The same elements under other dimensions. */
export function reshape(tensor: Float32, dims: readonly number[]): Float32 {
  return float32(dims, tensor.data);
}

/**
 * @returns `tensor`, known to be float32
 * @throws GatewayError SHAPE_MISMATCH naming what came
 */
export function asFloat32(tensor: Tensor, name: string): Float32 {
  if (tensor.dtype === 'float32') return tensor;
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `${name} should be float32, but it is ${tensor.dtype}; export the bundle with float32 inputs and outputs.`,
  );
}

/** For messages: `float32 [2, 81, 256]`. */
export function describe(tensor: { readonly dtype: string; readonly dims: readonly number[] }): string {
  return `${tensor.dtype} [${tensor.dims.join(', ')}]`;
}
