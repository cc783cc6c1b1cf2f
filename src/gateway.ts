/**
 * The composition root: builds every object of a gateway once, in the order in which they need each other, and takes
 * them down in the opposite order. The file to read first.
 */
import { readFile } from 'node:fs/promises';

import type { Logger } from 'pino';

import type { Config } from './config/index.js';
import { GatewayError } from './errors/index.js';
import { checkPort } from './http/port.js';
import { startHttpServer } from './http/server.js';
import { plainLog } from './log.js';
import { PluginRegistry } from './plugin/registry.js';
import { registryOptions } from './registry-options.js';
import { servedModels } from './served-models.js';
import { type ModelRecord, createServices } from './services/index.js';
import { openStorage } from './storage/index.js';
import { keptUrlSecret } from './url-secret.js';
import { version } from './version.js';

export interface Gateway {
  /** Where it listens, for instance `http://127.0.0.1:4000`. */
  readonly url: string;
  /** What it serves; a model whose plugins did not start is missing. */
  readonly models: readonly ModelRecord[];
  /** Takes no more requests, lets running tasks end or puts them back into the queue, ends the plugins. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  /** Whether a plugin is started anew when its files change: for those who write one. */
  readonly watch?: boolean;
}

/**
 * Settles when the first request can be answered.
 *
 * @throws GatewayError PORT_IN_USE, CONFIG_INVALID, PLUGIN_INVALID, SPACE_MISMATCH, STORAGE_FAILED, STORAGE_FULL
 */
export async function startGateway(
  config: Config,
  log: Logger,
  { watch = false }: GatewayOptions = {},
): Promise<Gateway> {
  const { limits, deadlines } = config;
  // What was built so far; a failure in the middle takes it down again.
  const running: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const stopPart of running.splice(0).toReversed()) await stopPart();
  };

  try {
    // 1 models take their time to load: a taken port is told before
    await checkPort(config.host, config.port);
    const operations = config.operations === undefined ? undefined : await readOperations(config.operations);

    // 2 what outlives the process
    const storage = await openStorage({ dataDir: config.dataDir });
    running.push(() => storage.close());

    // 3 the plugins, each in a process of its own
    const registry = await PluginRegistry.start(config, {
      logOf: (plugin) => plainLog(log.child({ plugin })),
      ...(await registryOptions(config)),
    });
    running.push(() => registry.stop());
    if (watch) {
      const watching = new AbortController();
      running.push(async () => watching.abort());
      registry.watch(watching.signal);
    }
    for (const [model, error] of registry.unavailable()) log.error({ model, err: error }, 'A model cannot be served.');

    // 4 the use cases, and the runner that works through the tasks
    const { services, runner, followers } = await createServices({
      ...config,
      storage,
      source: servedModels(registry, limits.imagesPerTask),
      log: plainLog(log),
      version,
      urlSecret: config.urlSecret ?? (await keptUrlSecret(config.dataDir)),
    });
    running.push(() => runner.stop());
    await runner.start();

    // 5 the API
    const http = await startHttpServer(
      {
        ...config,
        operations,
        maxBodyBytes: limits.bodyBytes,
        maxMessageBytes: limits.webSocketMessageBytes,
        maxUploadBytes: limits.uploadBytes,
        requestTimeoutMs: deadlines.requestMs,
        drainMs: deadlines.drainMs,
        queryLimits: {
          maxDepth: limits.queryDepth,
          maxAliases: limits.queryAliases,
          maxDirectives: limits.queryDirectives,
          maxTokens: limits.queryTokens,
          maxCost: limits.queryCost,
        },
      },
      services,
      log,
    );
    running.push(() => http.stop());
    followers.start();
    running.push(async () => followers.stop());

    return { url: http.url, models: services.models.list(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The manifest of trusted operations; the API holds it against its schema. */
async function readOperations(file: string): Promise<{ file: string; content: string }> {
  try {
    return { file, content: await readFile(file, 'utf8') };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('CONFIG_INVALID', `The operations of ${file} cannot be read: ${reason}`, { cause });
  }
}
