/** The four plugins that make a model of a Nexus-Gen bundle, and what is served when nothing is configured: the embedded one. */
import { join } from 'node:path';

import { packageRoot } from '../plugin/package-root.js';
import type { LocalPluginConfig, ModelConfig } from '../plugin/registry.js';

const [ENCODER, LANGUAGE, GENERATION, EDITING] = [
  'nexus-encoder',
  'nexus-language',
  'nexus-generation-decoder',
  'nexus-editing-decoder',
] as const;

/** A bundle as one model, with the plugins that read it. */
export function bundleModel(
  folder: string,
  { id, name, canEdit }: { readonly id: string; readonly name: string; readonly canEdit: boolean },
): { readonly plugins: readonly LocalPluginConfig[]; readonly models: readonly [ModelConfig] } {
  const decoders = { generation: GENERATION, ...(canEdit ? { editing: EDITING } : {}) };
  return {
    plugins: [ENCODER, LANGUAGE, ...Object.values(decoders)].map((plugin) => ({
      name: plugin,
      path: join(packageRoot, 'plugins', plugin),
      options: { bundle: folder },
      env: {},
    })),
    models: [{ id, name, encoder: ENCODER, languageModel: LANGUAGE, decoders }],
  };
}

export const { plugins: DEFAULT_PLUGINS, models: DEFAULT_MODELS } = bundleModel(
  join(packageRoot, 'models/nexus-nano'),
  { id: 'nexus-nano', name: 'Nexus nano', canEdit: true },
);
