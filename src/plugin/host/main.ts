/**
 * The program of a plugin host: `node main.js --entry PLUGIN.js --socket PATH`, started by the gateway, one for each
 * plugin. It ends when the gateway closes its standard input, which the system also does when the gateway dies.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import type { DefinedPlugin } from '../contract.js';
import { lineLog } from './log.js';
import { servePlugin } from './server.js';

/** How long a plugin may take to free what it holds. */
const CLOSE_DEADLINE_MS = 5_000;

const { values } = parseArgs({
  options: { entry: { type: 'string', default: '' }, socket: { type: 'string', default: '' } },
});
const ending = new AbortController();
/** What has to be done before the process ends; nothing before the plugin is there. */
const closers: (() => Promise<void>)[] = [];

// Before anything of the plugin's runs: a plugin that hangs in its import is left behind by nobody.
process.stdin.resume().once('close', end);
process.once('SIGTERM', end);
// Ctrl-C reaches every process of the terminal. The gateway first lets its tasks finish, so its hosts go on.
process.on('SIGINT', () => {});

const host = { log: lineLog(), signal: ending.signal };
const server = await servePlugin(await importPlugin(values.entry), values.socket, host);
closers.push(server.closePlugin);

function end(): void {
  ending.abort();
  setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS);
  Promise.all(closers.map((close) => close())).then(
    () => process.exit(0),
    (error: unknown) => {
      host.log.error('The plugin failed to close.', { error: String(error) });
      process.exit(1);
    },
  );
}

async function importPlugin(entry: string): Promise<DefinedPlugin> {
  const module: { default?: unknown } = await import(pathToFileURL(entry).href);
  if (isPlugin(module.default)) return module.default;
  throw new GatewayError(
    'PLUGIN_INVALID',
    `${entry} has no plugin as its default export: write "export default definePlugin({ … })".`,
  );
}

function isPlugin(value: unknown): value is DefinedPlugin {
  return typeof value === 'object' && value !== null && 'kind' in value && 'apiVersions' in value && 'create' in value;
}
