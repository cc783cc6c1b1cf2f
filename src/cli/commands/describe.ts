import type { Command } from 'commander';

import { CAPTION_QUESTION } from '../../services/caption.js';
import { MODEL_OPTION } from '../chosen-model.js';
import type { Terminal } from '../terminal.js';
import { type UnderstandingOptions, printAnswer } from '../understanding.js';

const EXAMPLE = `
Example:
  darkroom describe out.png`;

export function addDescribeCommand(program: Command, terminal: Terminal): void {
  program
    .command('describe')
    .description('say what a picture shows')
    .argument('<image>', 'picture file')
    .option(...MODEL_OPTION)
    .addHelpText('after', EXAMPLE)
    .action((image: string, _options: unknown, invoked: Command) =>
      printAnswer(image, CAPTION_QUESTION, invoked.optsWithGlobals<UnderstandingOptions>(), terminal),
    );
}
