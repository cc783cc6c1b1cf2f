/** How plugins are run, from the configuration: the same for a gateway and for a command that needs a model. */
import { join } from 'node:path';

import type { Config } from './config/index.js';
import { readLock } from './plugin/lock.js';
import type { RegistryOptions } from './plugin/registry.js';
import { silenceTiming } from './plugin/supervisor/timing.js';

export type PluginSettings = Pick<
  Config,
  'dataDir' | 'modelsDir' | 'pluginsDir' | 'lockFile' | 'pluginEnvironment' | 'deadlines'
>;

/** @throws GatewayError CONFIG_INVALID when the lock file does not hold what it should */
export async function registryOptions({
  dataDir,
  modelsDir,
  pluginsDir,
  lockFile,
  pluginEnvironment,
  deadlines,
}: PluginSettings): Promise<Omit<RegistryOptions, 'logOf'>> {
  return {
    environment: pluginEnvironment,
    workFolder: join(dataDir, 'plugins'),
    optionsFolder: pluginsDir,
    modelsFolder: modelsDir,
    lock: await readLock(lockFile),
    timing: {
      startDeadlineMs: deadlines.pluginStartMs,
      abortDeadlineMs: deadlines.pluginAbortMs,
      ...silenceTiming(deadlines.pluginSilenceMs),
    },
  };
}
