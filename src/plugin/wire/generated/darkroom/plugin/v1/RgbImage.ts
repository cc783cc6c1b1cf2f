// Original file: schema/plugin/v1/plugin.proto


/**
 * 8-bit RGB, row-major from the top left, three bytes a pixel.
 */
export interface RgbImageInput {
  'width'?: (number);
  'height'?: (number);
  'data'?: (Buffer | Uint8Array | string);
}

/**
 * 8-bit RGB, row-major from the top left, three bytes a pixel.
 */
export interface RgbImage {
  'width': (number);
  'height': (number);
  'data': (Buffer);
}
