/** What the plugin registry runs, as services want it: the place where the two meet. */
import type { PluginRegistry } from './plugin/registry.js';
import { type ModelSource, describeModel } from './services/index.js';

/** @param maxImages pictures that one task may make */
export function servedModels(registry: PluginRegistry, maxImages: number): ModelSource {
  return {
    models: () =>
      registry.models().map((model) => {
        const { id, name, plugins, encoder, languageModel, decoders } = model;
        const parts = { id, encoder, languageModel, decoders };
        return { parts, record: describeModel(parts, { name, ...plugins, maxImages }) };
      }),
    plugins: () => registry.list(),
  };
}
