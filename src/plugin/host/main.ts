/**
 * The program of a plugin host: `node main.js --entry PLUGIN.js --socket PATH`, started by the gateway, one for each
 * plugin; schema/plugin/v1/plugin.proto has all arguments. It ends when whoever started it closes its standard input,
 * which the system also does when that process dies.
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { GatewayError } from '../../errors/index.js';
import type { DefinedPlugin } from '../contract.js';
import { lineLog } from './log.js';
import { HostMetrics } from './metrics.js';
import { preferGatewayModules } from './modules.js';
import { type ListenOptions, servePlugin } from './server.js';

/** How long a plugin may take to free what it holds. */
const CLOSE_DEADLINE_MS = 5_000;

const { values } = parseArgs({
  options: {
    entry: { type: 'string', default: '' },
    socket: { type: 'string', default: '' },
    listen: { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
  },
});
const ending = new AbortController();
/** What has to be done before the process ends; nothing before the plugin is there. */
const closers: (() => Promise<void>)[] = [];

// Before anything of the plugin's runs: a plugin that hangs in its import is left behind by nobody.
process.stdin.resume().once('close', end);
process.once('SIGTERM', end);
// Ctrl-C reaches every process of the terminal. The gateway first lets its tasks finish, so its hosts go on.
process.on('SIGINT', () => {});

const log = lineLog();
preferGatewayModules(values.entry);
const server = await servePlugin(await importPlugin(values.entry), {
  socketPath: values.socket,
  listen: await listenOptions(),
  log,
  metrics: new HostMetrics(),
  folder: process.cwd(),
  signal: ending.signal,
});
closers.push(server.closePlugin);

function end(): void {
  ending.abort();
  setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS);
  Promise.all(closers.map((close) => close())).then(
    () => process.exit(0),
    (error: unknown) => {
      log.error('The plugin failed to close.', { error: String(error) });
      process.exit(1);
    },
  );
}

async function listenOptions(): Promise<ListenOptions | undefined> {
  const { listen: address, 'tls-cert': certFile, 'tls-key': keyFile } = values;
  // oxlint-disable-next-line node/no-process-env -- a host has no other configuration than the contract's
  const { env } = process;
  const token = env['DARKROOM_PLUGIN_TOKEN'] ?? '';
  // The plugin's code has no business with it.
  delete env['DARKROOM_PLUGIN_TOKEN'];
  if (address === undefined) return undefined;
  if (token === '') throw new GatewayError('CONFIG_INVALID', '--listen needs a token in DARKROOM_PLUGIN_TOKEN.');
  if (certFile === undefined || keyFile === undefined) return { address, token };
  return { address, token, tls: { cert: await readFile(certFile), key: await readFile(keyFile) } };
}

async function importPlugin(entry: string): Promise<DefinedPlugin> {
  const module: { default?: unknown } = await import(pathToFileURL(resolve(entry)).href);
  if (isPlugin(module.default)) return module.default;
  throw new GatewayError(
    'PLUGIN_INVALID',
    `${entry} has no plugin as its default export: write "export default definePlugin({ … })".`,
  );
}

function isPlugin(value: unknown): value is DefinedPlugin {
  return typeof value === 'object' && value !== null && 'kind' in value && 'apiVersions' in value && 'create' in value;
}
