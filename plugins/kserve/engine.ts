/** What the four plugins share: options, the bundle without its weights, and the server's graphs in place of a runtime. */
import { type Bundle, openBundle, type SessionOptions } from 'darkroom/inference';
import { type PluginHost, z } from 'darkroom/plugin';
import { createClient, serverOptions } from '../lib/server.js';
import { remoteGraphs } from './remote-graphs.js';

export const kserveOptions = {
  ...serverOptions,
  /** Folder of the bundle that the server's graphs belong to: manifest, tokenizer and constants. Graphs and weights need not be there. */
  bundle: z.string().min(1),
  modelName: z.string().min(1).default('{graph}'),
  modelVersion: z.string().min(1).optional(),
  binary: z.boolean().default(true),
  readyTimeoutMs: z.int().min(0).default(60_000),
} as const;

const schema = z.object(kserveOptions);

/** @throws {GatewayError} as `openBundle`; CONFIG_INVALID when the key's variable is not there */
export async function openRemote(
  options: z.output<typeof schema>,
  host: PluginHost,
): Promise<{ readonly bundle: Bundle; readonly session: SessionOptions; close(): void }> {
  const bundle = await openBundle(host.resolvePath(options.bundle), { graphs: 'elsewhere' });
  const client = createClient(options);
  return { bundle, session: { runner: remoteGraphs(client, options, host) }, close: () => client.close() };
}
