/** Models for one command: their plugins run as children of this process; no server, no database. */
import type { Config } from '../config/index.js';
import { GatewayError } from '../errors/index.js';
import { createLog, plainLog } from '../log.js';
import type { PipelineModel } from '../pipelines/index.js';
import { PluginRegistry } from '../plugin/registry.js';
import { type PluginSettings, registryOptions } from '../registry-options.js';
import { withChosenModel } from './chosen-model.js';
import { readConfig } from './config.js';
import type { GlobalOptions } from './global-options.js';
import { type Terminal, untilInterrupted } from './terminal.js';

export interface LocalModel {
  readonly parts: PipelineModel;
  readonly limits: { readonly maxImages: number; readonly promptChars: number; readonly maxPixels: number };
  /** Whether files of pictures say what made them. */
  readonly pictureMetadata: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Starts the plugins of one model, works with it, ends them. @throws GatewayError as `withChosenModel`, and why it cannot start */
export async function withModel(
  options: GlobalOptions & { readonly model?: string },
  terminal: Terminal,
  work: (model: LocalModel) => Promise<void>,
): Promise<void> {
  const config = await readConfig(options);
  const { signal, stopListening } = untilInterrupted();
  const registry = await startPlugins(await withChosenModel(config, options.model), options, terminal);
  try {
    signal.throwIfAborted();
    const [parts] = registry.models();
    if (parts === undefined) throw whyUnavailable(registry);
    const { imagesPerTask, promptChars, uploadPixels } = config.limits;
    await work({
      parts,
      signal,
      pictureMetadata: config.pictureMetadata,
      limits: { maxImages: imagesPerTask, promptChars, maxPixels: uploadPixels },
    });
  } catch (error) {
    throw signal.aborted ? new GatewayError('CANCELLED', 'Interrupted.', { cause: error }) : error;
  } finally {
    await registry.stop();
    stopListening();
  }
}

/** @throws GatewayError as PluginRegistry.start */
export async function startPlugins(
  config: Pick<Config, 'plugins' | 'models'> & PluginSettings,
  { verbose }: GlobalOptions,
  terminal: Terminal,
): Promise<PluginRegistry> {
  // What goes wrong is told by the error in the end; the log is for those who want to see how it came.
  const log = createLog({
    level: verbose === true ? 'debug' : 'silent',
    isPretty: true,
    destination: terminal.err,
  });
  return PluginRegistry.start(config, {
    logOf: (plugin) => plainLog(log.child({ plugin })),
    ...(await registryOptions(config)),
  });
}

function whyUnavailable(registry: PluginRegistry): GatewayError {
  const [reason] = registry.unavailable().values();
  return reason ?? new GatewayError('MODEL_NOT_FOUND', 'The model did not start.');
}
