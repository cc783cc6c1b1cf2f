import type { Command } from 'commander';

import { startGateway } from '../../gateway.js';
import { createLog } from '../../log.js';
import { wholeNumber } from '../arguments.js';
import { withChosenModel } from '../chosen-model.js';
import { readConfig } from '../config.js';
import type { GlobalOptions } from '../global-options.js';
import { type Terminal, printLine, untilInterrupted } from '../terminal.js';

interface ServeOptions extends GlobalOptions {
  readonly host?: string;
  readonly port?: number;
  readonly model?: string;
  readonly operations?: string;
  readonly watch?: boolean;
}

const EXAMPLES = `
Examples:
  darkroom serve
  darkroom serve --port 8080 --data /var/lib/darkroom
  darkroom serve --model my-bundle   # pulled with darkroom model pull; a folder does as well
  darkroom serve --host 0.0.0.0      # reachable from other machines; there is no password`;

export function addServeCommand(program: Command, terminal: Terminal): void {
  program
    .command('serve')
    .description('serve the GraphQL API until interrupted')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine alone)')
    .option('--port <number>', 'port to listen on; 0 takes a free one (default: 4000)', wholeNumber(0, 65_535))
    .option(
      '--model <model>',
      "serve this alone: a model's id, a bundle's name in the models folder, or the folder of a bundle (default: all models of the configuration)",
    )
    .option(
      '--operations <file>',
      'answer only the operations of this manifest, see darkroom operations (default: all)',
    )
    .option('--watch', 'start a plugin anew whenever its files change, for those who write one')
    .addHelpText('after', EXAMPLES)
    .action(async (_options: unknown, invoked: Command) => {
      const options = invoked.optsWithGlobals<ServeOptions>();
      const { host, port, model, operations } = options;
      const configured = await readConfig(options, { host, port, operations });
      const config = model === undefined ? configured : await withChosenModel(configured, model);
      const log = createLog({
        level: options.verbose === true ? 'debug' : config.logLevel,
        isPretty: terminal.isInteractive,
      });

      const { signal, stopListening } = untilInterrupted();
      printLine(terminal.err, `Loading ${config.models.map(({ name }) => name).join(', ')} …`);
      const gateway = await startGateway(config, log, { watch: options.watch === true });
      printLine(
        terminal.out,
        welcome(
          gateway.url,
          config.dataDir,
          gateway.models.map(({ id }) => id),
        ),
      );

      await aborted(signal);
      printLine(terminal.err, 'Stopping …');
      await gateway.stop();
      stopListening();
    });
}

/** What to do first, to paste. */
function welcome(url: string, dataDir: string, models: readonly string[]): string {
  const body = JSON.stringify({
    query: 'mutation { generateImage(input: {prompt: "a red circle above a small blue square"}) { task { id } } }',
  });
  return `
Darkroom is at ${url}
  models   ${models.join(', ') || 'none: see the log above, and darkroom doctor'}
  data     ${dataDir}
  to try   open ${url} in a browser, or paste:

  curl ${url}/graphql -H 'content-type: application/json' -d '${body}'
`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
