// Original file: schema/plugin/v1/plugin.proto


/**
 * One byte a pixel, row-major from the top left: 255 may change, 0 stays as it is.
 */
export interface MaskInput {
  'width'?: (number);
  'height'?: (number);
  'data'?: (Buffer | Uint8Array | string);
}

/**
 * One byte a pixel, row-major from the top left: 255 may change, 0 stays as it is.
 */
export interface Mask {
  'width': (number);
  'height': (number);
  'data': (Buffer);
}
