/** The steps of each kind of task, from the language model to pixels; they need no server and no database. */
export { type EditInput, edit } from './edit.js';
export { embedImages, embedWords } from './embed.js';
export { type GenerateInput, generate } from './generate.js';
export {
  type DecoderName,
  decoderNames,
  decoderOf,
  type PipelineCall,
  type PipelineEvent,
  type PipelineModel,
  type PipelineTimings,
  type WatchedImageDecoder,
} from './model.js';
export { type ReplyInput, reply, type SaidMessage, type SaidPart } from './reply.js';
export { MAX_SEED, resolveSettings, type SettingsLimits } from './settings.js';
export { answerMany, type Question, type UnderstandInput, understand } from './understand.js';
