/** What test/converted reads: a synthetic checkpoint of the published layout, converted in every precision, with reference numbers. */
import { join } from 'node:path';
import { ensureToolkit, python, toolkit } from './python.mjs';
import { root, run } from './run.mjs';
import { SetupError, say } from './say.mjs';

const folder = join(root, 'node_modules/.cache/darkroom-converted');

/** Takes a minute. @throws {SetupError} when there is no Python, or the toolkit fails */
export function makeConverted() {
  ensureToolkit();
  say('Converting a synthetic checkpoint …');
  if (run(python, ['-m', 'darkroom_toolkit.fixtures.converted', folder], { cwd: toolkit }) !== 0)
    throw new SetupError('The toolkit could not convert its synthetic checkpoint; its messages above say why.');
}
