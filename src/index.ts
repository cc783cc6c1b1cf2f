/** What another program may import from `darkroom`; plugins use `darkroom/plugin` and `darkroom/inference`. */
export { ERROR_CODES, GatewayError, isErrorCode, type ErrorCode, type GatewayErrorOptions } from './errors/index.js';
