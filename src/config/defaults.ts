/** What is served when nothing is configured: the embedded model, in four plugins. */
import { join } from 'node:path';

import { packageRoot } from '../plugin/package-root.js';
import type { ModelOptions, PluginOptions } from './schema.js';

const BUNDLE = join(packageRoot, 'models/nexus-nano');

export const DEFAULT_PLUGINS: readonly PluginOptions[] = [
  'nexus-encoder',
  'nexus-language',
  'nexus-generation-decoder',
  'nexus-editing-decoder',
].map((name) => ({ name, path: join(packageRoot, 'plugins', name), options: { bundle: BUNDLE }, env: {} }));

export const DEFAULT_MODELS: readonly ModelOptions[] = [
  {
    id: 'nexus-nano',
    name: 'Nexus nano',
    encoder: 'nexus-encoder',
    languageModel: 'nexus-language',
    decoders: { generation: 'nexus-generation-decoder', editing: 'nexus-editing-decoder' },
  },
];
