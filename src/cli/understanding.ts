/** What `ask` and `describe` share: a picture and a question to words, printed as they come. */
import { understand } from '../pipelines/index.js';
import { checkWords } from '../services/words.js';
import { withModel } from './local-models.js';
import { readPicture } from './picture-file.js';
import type { GlobalOptions } from './global-options.js';
import { type Terminal, printLine } from './terminal.js';

export interface UnderstandingOptions extends GlobalOptions {
  readonly model?: string;
}

export async function printAnswer(
  file: string,
  question: string,
  options: UnderstandingOptions,
  terminal: Terminal,
): Promise<void> {
  await withModel(options, terminal, async ({ parts, limits, signal }) => {
    checkWords(question, 'question', limits.promptChars);
    const image = await readPicture(file, limits.maxPixels);
    const emit = (event: { readonly type: string; readonly text?: string }) =>
      void terminal.out.write(event.text ?? '');
    await understand(parts, { images: [image], question }, { signal, emit });
    printLine(terminal.out);
  });
}
