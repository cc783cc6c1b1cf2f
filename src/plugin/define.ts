import type { z } from 'zod';
import { GatewayError } from '../errors/index.js';
import { API_VERSIONS, type DefinedPluginOfKind, type PluginDefinition, type PluginKind } from './contract.js';

/**
 * Turns a plugin's definition into what its entry exports as its default.
 *
 * ```ts
 * export default definePlugin({
 *   kind: 'image-decoder', name: 'acme-flux', version: '1.2.0',
 *   options: z.object({ bundle: z.string(), threads: z.number().int().positive().default(2) }),
 *   async create(options, host) { … },
 * });
 * ```
 */
export function definePlugin<Kind extends PluginKind, Options extends z.ZodType>(
  definition: PluginDefinition<Kind, Options>,
): DefinedPluginOfKind<Kind> {
  const { kind, name, version } = definition;
  return {
    kind,
    name,
    version,
    apiVersions: API_VERSIONS,
    async create(options, host) {
      const parsed = await definition.options.safeParseAsync(options);
      if (!parsed.success) {
        throw new GatewayError(
          'CONFIG_INVALID',
          `The options of plugin ${name} do not hold: ${describe(parsed.error)}.`,
        );
      }
      return definition.create(parsed.data, host);
    },
  };
}

/** Each field with what is wrong about it, for instance `threads: Too small: expected number to be >0`. */
function describe(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.map(String).join('.') || 'options'}: ${message}`).join('; ');
}
