import type { Command } from 'commander';

import { MODEL_OPTION } from '../chosen-model.js';
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
    .option(...MODEL_OPTION)
    .addHelpText('after', EXAMPLE)
    .action((image: string, question: string, _options: unknown, invoked: Command) =>
      printAnswer(image, question, invoked.optsWithGlobals<UnderstandingOptions>(), terminal),
    );
}
