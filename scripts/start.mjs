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
  stopWithParent();
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, program, 'serve', ...process.argv.slice(2)];
  await import(pathToFileURL(program).href);
} catch (error) {
  report(error);
}

/**
 * npm passes a SIGTERM to the shell it started this script in, and the shell ends without passing it on: the gateway
 * would live on and keep its port. A new parent tells of it.
 */
function stopWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const { ppid } = process;
  const watch = setInterval(() => {
    if (process.ppid === ppid) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}
