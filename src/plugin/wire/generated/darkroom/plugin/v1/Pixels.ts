// Original file: schema/plugin/v1/plugin.proto


/**
 * Pixels as they are.
 */
export interface PixelsInput {
}

/**
 * Pixels as they are.
 */
export interface Pixels {
}
