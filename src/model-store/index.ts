/**
 * The models folder and the hubs that it is filled from. Knows nothing of GraphQL, the command line or the environment.
 *
 * Read `pull.ts` first: it is the whole story, top to bottom.
 */
import { huggingface } from './hubs/huggingface.js';
import type { HubKind, HubLayout } from './hubs/hub.js';
import { modelscope } from './hubs/modelscope.js';

export {
  type FileFault,
  type StoredModel,
  type Verification,
  findModels,
  isBundle,
  listModels,
  removeModel,
  verifyModel,
} from './catalog.js';
export type { FileChoice } from './globs.js';
export type { HubKind, HubLayout } from './hubs/hub.js';
export { type RepositoryReference, parseRepository } from './paths.js';
export { type PulledModel, type PullOptions, type PullProgress, pullModel } from './pull.js';
export { formatBytes } from './space.js';

export const HUBS: Readonly<Record<HubKind, HubLayout>> = { huggingface, modelscope };
