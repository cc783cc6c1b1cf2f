/**
 * `npm start [-- options of "darkroom serve"]`: from a bare clone to a running gateway.
 *
 * The command line program runs in this very process, so that signals and the exit status are its own.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/run.mjs';
import { report } from './lib/say.mjs';
import { setUp } from './lib/setup.mjs';

const program = join(root, 'dist/src/cli/main.js');
try {
  setUp();
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, program, 'serve', ...process.argv.slice(2)];
  await import(pathToFileURL(program).href);
} catch (error) {
  report(error);
}
