/**
 * `darkroom/inference`: the Nexus-Gen engine, for any bundle. A plugin opens a bundle and creates the part it serves;
 * everything else here is for those who build another engine out of the same pieces.
 */
export { type Bundle, bundleFiles, MANIFEST_FILE, openBundle, verifyBundle } from './bundle/open.js';
export { type DecoderManifest, type GraphManifest, type Manifest, manifestSchema } from './bundle/manifest.js';
export { createVisionEncoder, fitForPurpose } from './vision/vision-encoder.js';
export { createLanguageModel, type LanguageModelOptions } from './autoregressive/language-model.js';
export { createImageDecoder, type ImageDecoderOptions } from './diffusion/image-decoder.js';
export type { SessionOptions } from './session/graph-session.js';
export type { GraphRunner, GraphSource, LoadedGraph } from './session/graph-runner.js';
export type { Tensor } from './tensor/tensor.js';
export { type Filter, resize } from './image/resample.js';
export { smartResize } from './image/smart-resize.js';
export { sigmaSchedule } from './diffusion/schedule.js';
export { standardNormal } from './diffusion/noise.js';
