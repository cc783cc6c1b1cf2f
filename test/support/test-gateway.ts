/** A whole gateway with the minimal plugins in processes of their own: for what holds from end to end. Needs a build. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadConfig } from '../../src/config/index.js';
import { startGateway } from '../../src/gateway.js';
import { createLog } from '../../src/log.js';
import { packageRoot } from '../../src/plugin/package-root.js';

export interface TestGateway {
  readonly url: string;
  /** Ends it and starts another one over the same data. */
  restart(): Promise<TestGateway>;
  /** Ends it; the data goes too. */
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  /** Milliseconds of a denoising step. Default 0. */
  readonly stepMs?: number;
  /** Milliseconds of a word. Default 0. */
  readonly wordMs?: number;
  /** Further options of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Fills the folder of data before the gateway starts. */
  readonly prepare?: (dataDir: string) => Promise<void>;
}

export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-gateway-'));
  await options.prepare?.(join(folder, 'data'));
  return startIn(folder, options);
}

async function startIn(folder: string, options: TestGatewayOptions): Promise<TestGateway> {
  const file = await writeMinimalConfig(folder, options);
  const config = await loadConfig({ PATH: process.env['PATH'] }, folder, { file, port: 0 });
  const gateway = await startGateway(config, createLog({ level: config.logLevel, isPretty: false }));
  return {
    url: gateway.url,
    async restart() {
      await gateway.stop();
      return startIn(folder, options);
    },
    async stop() {
      await gateway.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a configuration of the minimal plugins, as they were built. @returns its path */
export async function writeMinimalConfig(
  folder: string,
  { stepMs = 0, wordMs = 0, config = {} }: TestGatewayOptions = {},
): Promise<string> {
  const file = join(folder, 'darkroom.config.json');
  const built = (name: string) => join(packageRoot, 'dist/plugins/minimal', `${name}.js`);
  const options = {
    logLevel: 'silent',
    // Nothing in the background makes a plugin busy.
    compareImages: false,
    dataDir: join(folder, 'data'),
    plugins: [
      { name: 'encoder', path: built('encoder') },
      { name: 'language', path: built('language-model'), options: { stepMs: wordMs } },
      { name: 'decoder', path: built('decoder'), options: { stepMs } },
    ],
    models: [
      {
        id: 'minimal',
        name: 'Minimal',
        encoder: 'encoder',
        languageModel: 'language',
        decoders: { generation: 'decoder', editing: 'decoder' },
      },
    ],
    ...config,
  };
  await writeFile(file, JSON.stringify(options));
  return file;
}
