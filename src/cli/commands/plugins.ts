import type { Command } from 'commander';

import { readConfig } from '../config.js';
import { startPlugins } from '../local-models.js';
import { ExitError } from '../exit.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine, printTable } from '../terminal.js';

export function addPluginsCommand(program: Command, terminal: Terminal): void {
  program
    .command('plugins')
    .description('start the plugins of the configuration and say what they are')
    .action(async (_options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<GlobalOptions>();
      const registry = await startPlugins(await readConfig(options), options, terminal);
      try {
        const plugins = registry.list();
        const rows = plugins.map(({ name, kind, version, state, embeddingSpace, capabilities }) => [
          ...[name, kind, version || '-', state.toLowerCase()],
          ...[embeddingSpace ?? '-', capabilities.join(', ')],
        ]);
        printTable(terminal.out, [['NAME', 'KIND', 'VERSION', 'STATE', 'SPACE', 'CAN'], ...rows]);
        const failed = plugins.filter(({ state }) => state === 'FAILED');
        for (const { name, lastError } of failed) printLine(terminal.err, `${name}: ${lastError ?? 'did not start'}`);
        if (failed.length > 0) throw new ExitError(1);
      } finally {
        await registry.stop();
      }
    });
}
