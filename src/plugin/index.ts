/**
 * `darkroom/plugin`: what a plugin's author imports. docs/plugins.md begins with a plugin that works.
 */
export { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors/index.js';
export type * from './contract.js';
export { API_VERSIONS } from './contract.js';
export { definePlugin } from './define.js';
