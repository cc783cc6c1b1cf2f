import type { Command } from 'commander';

import { type OptionDescription, describeConfig } from '../../config/index.js';
import { readConfig } from '../config.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom config                                    every option: meaning, value, variable
  DARKROOM_PORT=8080 darkroom config --json          the same for programs`;

export function addConfigCommand(program: Command, terminal: Terminal): void {
  program
    .command('config')
    .description('print every option with its meaning, its value and where it can be set')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const config = await readConfig(options);
      const descriptions = describeConfig(config);
      if (options.json === true)
        return printLine(terminal.out, JSON.stringify({ file: config.file, options: descriptions }, null, 2));
      printLine(
        terminal.out,
        `Configuration file: ${config.file ?? 'none; darkroom.config.json in this folder would be read'}`,
      );
      for (const description of descriptions) printLine(terminal.out, textOf(description));
    });
}

function textOf({ option, variable, meaning, unit, value, isDefault }: OptionDescription): string {
  const shown = value === null ? 'not set' : `${JSON.stringify(value)}${unit === null ? '' : ` ${unit}`}`;
  return `\n${option} = ${shown}${isDefault ? '' : '   (set)'}\n  ${meaning}\n  ${variable}`;
}
