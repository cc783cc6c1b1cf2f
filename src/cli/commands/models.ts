import type { Command } from 'commander';

import { servedModels } from '../../served-models.js';
import { readConfig } from '../config.js';
import { startPlugins } from '../local-models.js';
import { ExitError } from '../exit.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine, printTable } from '../terminal.js';

export function addModelsCommand(program: Command, terminal: Terminal): void {
  program
    .command('models')
    .description('start the models of the configuration and say what they can do')
    .action(async (_options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<GlobalOptions>();
      const config = await readConfig(options);
      const registry = await startPlugins(config, options, terminal);
      try {
        const records = servedModels(registry, config.limits.imagesPerTask)
          .models()
          .map(({ record }) => record);
        const rows = records.map(({ id, name, capabilities, limits, defaults }, at) => [
          id,
          at === 0 ? `${name} (default)` : name,
          capabilities.join(', ').toLowerCase(),
          `${defaults.width} x ${defaults.height}, ${defaults.numInferenceSteps} steps`,
          `up to ${limits.maxWidth} x ${limits.maxHeight}`,
        ]);
        printTable(terminal.out, [['ID', 'NAME', 'CAN', 'DRAWS', 'LIMITS'], ...rows]);
        for (const [id, error] of registry.unavailable())
          printLine(terminal.err, `${id} cannot be served: ${error.code}: ${error.message}`);
        if (registry.unavailable().size > 0) throw new ExitError(1);
      } finally {
        await registry.stop();
      }
    });
}
