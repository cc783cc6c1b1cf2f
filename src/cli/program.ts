/**
 * The command line: commands with their help, and how a run ends. Exit codes: 0 done, 1 fault, 2 wrong usage.
 */
import { Command, CommanderError } from 'commander';

import { toGatewayError } from '../errors/index.js';
import { version } from '../version.js';
import { addAskCommand } from './commands/ask.js';
import { addConfigCommand } from './commands/config.js';
import { addDescribeCommand } from './commands/describe.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addEditCommand } from './commands/edit.js';
import { addGenerateCommand } from './commands/generate.js';
import { addModelCommand } from './commands/model.js';
import { addModelsCommand } from './commands/models.js';
import { addOperationsCommand } from './commands/operations.js';
import { addPluginCommand } from './commands/plugin.js';
import { addPluginsCommand } from './commands/plugins.js';
import { addServeCommand } from './commands/serve.js';
import { ExitError } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { type Terminal, printLine } from './terminal.js';

const EXAMPLES = `
Examples:
  darkroom serve
  darkroom generate "a red circle above a small blue square" -o out.png --seed 7
  darkroom ask out.png "how many shapes are there?"
  darkroom edit out.png "make the circle green" -o edited.png
  darkroom model pull owner/name
  darkroom doctor`;

/** @returns the exit code */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed what it had to say: the help, the version, or what is wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ExitError) return error.exitCode;
    printError(terminal, error, program.opts<GlobalOptions>().verbose === true);
    return 1;
  }
}

function createProgram(terminal: Terminal): Command {
  const program = new Command('darkroom')
    .description('A GraphQL gateway for models that read, draw and edit pictures, and the same from the command line.')
    .version(version, '-V, --version')
    .option('-c, --config <file>', 'configuration file (default: darkroom.config.* in this folder, if there is one)')
    .option('--data <folder>', 'folder for database and pictures')
    .option('--verbose', 'tell more, and show the stack of errors')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('Try: darkroom --help')
    .configureOutput({ writeOut: (text) => terminal.out.write(text), writeErr: (text) => terminal.err.write(text) })
    .exitOverride();
  addServeCommand(program, terminal);
  addGenerateCommand(program, terminal);
  addDescribeCommand(program, terminal);
  addAskCommand(program, terminal);
  addEditCommand(program, terminal);
  addDoctorCommand(program, terminal);
  addModelsCommand(program, terminal);
  addModelCommand(program, terminal);
  addPluginsCommand(program, terminal);
  addPluginCommand(program, terminal);
  addOperationsCommand(program, terminal);
  addConfigCommand(program, terminal);
  return program;
}

function printError(terminal: Terminal, thrown: unknown, isVerbose: boolean): void {
  const error = toGatewayError(thrown);
  // A fault has nothing but its cause to tell; anything else says what to do, and a stack would bury that.
  const cause = error.code === 'INTERNAL' && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  printLine(terminal.err, `error ${error.code}: ${error.message}${cause}`);
  if (isVerbose) printLine(terminal.err, stackOf(thrown));
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by: ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
