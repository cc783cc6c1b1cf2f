/**
 * `darkroom/plugin`: what a plugin's author imports. docs/plugins.md begins with a plugin that works.
 */
export { type ErrorCode, GatewayError, type GatewayErrorOptions } from '../errors/index.js';
export type * from './contract.js';
export { API_VERSIONS } from './contract.js';
export { definePlugin } from './define.js';
// The plugin's options are checked by it; an own copy does as well.
export { z } from 'zod';
