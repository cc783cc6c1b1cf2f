import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';
import { type UnderstandingOptions, printAnswer } from '../understanding.js';

const EXAMPLE = `
Example:
  darkroom ask out.png "how many shapes are there?"`;

export function addAskCommand(program: Command, terminal: Terminal): void {
  program
    .command('ask')
    .description('answer a question about a picture')
    .argument('<image>', 'picture file')
    .argument('<question>', 'what to ask')
    .option('--model <id>', 'which model (default: the first one, see darkroom models)')
    .addHelpText('after', EXAMPLE)
    .action((image: string, question: string, _options: unknown, invoked: Command) =>
      printAnswer(image, question, invoked.optsWithGlobals<UnderstandingOptions>(), terminal),
    );
}
