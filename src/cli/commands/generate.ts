import type { Command } from 'commander';

import { generate, resolveSettings } from '../../pipelines/index.js';
import { checkWords } from '../../services/words.js';
import { type DrawingOptions, diffusionInput, drawToFiles, withDrawingOptions } from '../drawing.js';
import { withModel } from '../local-models.js';
import type { GlobalOptions } from '../global-options.js';
import type { Terminal } from '../terminal.js';

const EXAMPLES = `
Examples:
  darkroom generate "a red circle above a small blue square" -o out.png --seed 7
  darkroom generate "three green stars" --count 4 --steps 30 --previews steps/`;

export function addGenerateCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('generate')
    .description('draw pictures from words')
    .argument('<prompt>', 'what to draw');
  withDrawingOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (prompt: string, _options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<DrawingOptions & GlobalOptions>();
      await withModel(options, terminal, async (model) => {
        const { parts, limits } = model;
        checkWords(prompt, 'prompt', limits.promptChars);
        const settings = resolveSettings(parts, 'generation', diffusionInput(options), limits);
        await drawToFiles({ terminal, options, model, settings, prompt }, (call) =>
          generate(parts, { prompt, settings }, call),
        );
      });
    });
}
