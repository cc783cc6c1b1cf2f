import type { Command } from 'commander';

import { edit, resolveSettings } from '../../pipelines/index.js';
import { checkWords } from '../../services/words.js';
import { type DrawingOptions, diffusionInput, drawToFiles, withDrawingOptions } from '../drawing.js';
import { withModel } from '../local-models.js';
import { readPicture } from '../picture-file.js';
import type { GlobalOptions } from '../global-options.js';
import type { Terminal } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom edit out.png "make the circle green" -o edited.png
  darkroom edit photo.jpg "remove the square" --seed 3 --count 2`;

export function addEditCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('edit')
    .description('change a picture as told; the file itself stays as it is')
    .argument('<image>', 'picture file')
    .argument('<instruction>', 'what to change');
  withDrawingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (image: string, instruction: string, _options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<DrawingOptions & GlobalOptions>();
      await withModel(options, terminal, async (model) => {
        const { parts, limits } = model;
        checkWords(instruction, 'instruction', limits.promptChars);
        const source = await readPicture(image, limits.maxPixels);
        const settings = resolveSettings(parts, 'editing', diffusionInput(options), limits);
        await drawToFiles({ terminal, options, model, settings, prompt: instruction }, (call) =>
          edit(parts, { source, instruction, settings }, call),
        );
      });
    });
}
