import { type Config, type ConfigOverrides, loadConfig } from '../config/index.js';
import type { GlobalOptions } from './global-options.js';

/** The configuration as file, environment and command line say. @throws GatewayError CONFIG_INVALID */
export function readConfig(
  { config: file, data: dataDir }: GlobalOptions,
  overrides: ConfigOverrides = {},
): Promise<Config> {
  return loadConfig(undefined, undefined, { file, dataDir, ...overrides });
}
