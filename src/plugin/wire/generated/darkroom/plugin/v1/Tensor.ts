// Original file: schema/plugin/v1/plugin.proto


/**
 * Dense, row-major.
 */
export interface TensorInput {
  'dims'?: (number)[];
  /**
   * float32, little-endian; 4 x the product of dims.
   */
  'data'?: (Buffer | Uint8Array | string);
}

/**
 * Dense, row-major.
 */
export interface Tensor {
  'dims': (number)[];
  /**
   * float32, little-endian; 4 x the product of dims.
   */
  'data': (Buffer);
}
