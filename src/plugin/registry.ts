/** The plugins and models that a configuration names, running. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../errors/index.js';
import type {
  EmbeddingSpace,
  LanguageModel,
  PluginCapabilities,
  PluginKind,
  PluginLog,
  VisionEncoder,
} from './contract.js';
import type { CallMetricsSnapshot } from './call-metrics.js';
import { type RemoteImageDecoder, remoteImageDecoder } from './client/image-decoder.js';
import { remoteLanguageModel } from './client/language-model.js';
import { remoteVisionEncoder } from './client/vision-encoder.js';
import type { AddressStatus, PluginEndpoint, PluginState } from './endpoint.js';
import type { PluginLock } from './lock.js';
import { type PluginProgram, resolvePlugin } from './program.js';
import { RemotePlugin } from './remote/remote-plugin.js';
import { checkSpaces } from './spaces.js';
import { PluginSupervisor } from './supervisor/supervisor.js';
import type { SupervisorTiming } from './supervisor/timing.js';
import { watchPlugin } from './watch.js';
import type { Introduction } from './wire/capabilities.js';

export type PluginConfig = LocalPluginConfig | RemotePluginConfig;

/** A plugin whose process the gateway starts. */
export interface LocalPluginConfig {
  /** Models name it by this. */
  readonly name: string;
  /** Its folder (with a package.json or darkroom.json), or its JavaScript or Python file. */
  readonly path: string;
  /** The host program with its first arguments, instead of the declared one. */
  readonly command?: readonly string[] | undefined;
  /** For the plugin, which validates them. */
  readonly options?: unknown;
  /** Environment variables of its process, beyond those that all plugins get. */
  readonly env?: Readonly<Record<string, string>>;
  /** Resident memory above which its process is killed; absent: no limit. */
  readonly memoryLimitBytes?: number | undefined;
}

/** A plugin that runs elsewhere: `darkroom plugin serve`. */
export interface RemotePluginConfig {
  readonly name: string;
  /** `grpcs://HOST:PORT`, or `grpc://HOST:PORT` for plain text; they share the calls. */
  readonly addresses: readonly string[];
  readonly token: string;
  readonly tls?: {
    /** File of the trusted authorities in PEM. Default: those of the system. */
    readonly caFile?: string | undefined;
    /** Name that the certificate has to bear. Default: the address's host. */
    readonly serverName?: string | undefined;
  };
}

export interface ModelConfig {
  readonly id: string;
  readonly name: string;
  /** Names of plugins. A language model that reads pixels needs no encoder. */
  readonly encoder?: string;
  readonly languageModel: string;
  readonly decoders: { readonly generation?: string; readonly editing?: string };
}

export interface RegistryConfig {
  readonly plugins: readonly PluginConfig[];
  readonly models: readonly ModelConfig[];
}

export interface RegistryOptions {
  /** The log of one plugin. */
  logOf(plugin: string): PluginLog;
  /** Environment variables that every plugin's process gets, for instance PATH. Nothing else of ours reaches it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Folder in which each plugin has one of its own, under its name. Default: temporary ones. */
  readonly workFolder?: string | undefined;
  /** From which relative paths in options count. Default: each plugin's own folder. */
  readonly optionsFolder?: string | undefined;
  readonly modelsFolder?: string | undefined;
  /** What the plugins were when the operator looked at them; absent: nobody did, and all may run. */
  readonly lock?: PluginLock | undefined;
  readonly timing?: Partial<SupervisorTiming>;
}

/** The plugins that make up a model. Their embedding spaces match. */
export interface Model {
  readonly id: string;
  readonly name: string;
  readonly encoder: VisionEncoder | null;
  readonly languageModel: LanguageModel;
  readonly decoders: { readonly generation: RemoteImageDecoder | null; readonly editing: RemoteImageDecoder | null };
  /** The space that holds them together; null when pictures cross only as pixels and words. */
  readonly embeddingSpace: EmbeddingSpace | null;
  /** The names of these plugins. */
  readonly plugins: {
    readonly encoder: string | null;
    readonly languageModel: string;
    readonly imageDecoders: readonly string[];
  };
}

/** A plugin as it is now. */
export interface PluginStatus {
  readonly name: string;
  readonly kind: PluginKind;
  /** Empty until its first handshake, as `apiVersion` is. */
  readonly version: string;
  readonly apiVersion: string;
  readonly state: PluginState['type'];
  readonly restarts: number;
  readonly lastError: string | null;
  readonly memoryBytes: number | null;
  readonly pid: number | null;
  /** Id of the space that it writes, or else reads. */
  readonly embeddingSpace: string | null;
  /** What it declares, in words: `edit`, `previews: latent`, … */
  readonly capabilities: readonly string[];
  /** Where it runs, if elsewhere. */
  readonly addresses: readonly AddressStatus[];
  readonly metrics: PluginMetricsStatus;
}

export interface PluginMetricsStatus extends CallMetricsSnapshot {
  /** What the plugin counts and measures of itself. */
  readonly own: readonly { readonly name: string; readonly value: number }[];
}

/**
 * Starts every plugin of a configuration, and puts its models together once their plugins have said who they are.
 *
 * A plugin that fails to start takes its models with it, and nothing else: `unavailable` tells why. What can never work
 * is refused as a whole: a plugin in another plugin's role, or embedding spaces that do not match.
 */
export class PluginRegistry {
  readonly #configs: readonly ModelConfig[];
  readonly #endpoints: ReadonlyMap<string, PluginEndpoint>;
  readonly #kinds: ReadonlyMap<string, PluginKind>;
  readonly #programs: ReadonlyMap<string, PluginProgram>;
  readonly #options: RegistryOptions;
  readonly #models = new Map<string, Model>();
  readonly #unavailable = new Map<string, GatewayError>();
  /** What each plugin had said of itself when the models were put together. */
  #introductions: readonly (Introduction | undefined)[] = [];

  private constructor(
    configs: readonly ModelConfig[],
    endpoints: ReadonlyMap<string, PluginEndpoint>,
    kinds: ReadonlyMap<string, PluginKind>,
    programs: ReadonlyMap<string, PluginProgram>,
    options: RegistryOptions,
  ) {
    this.#programs = programs;
    this.#options = options;
    this.#configs = configs;
    this.#endpoints = endpoints;
    this.#kinds = kinds;
  }

  /**
   * Settles when every plugin is READY or FAILED.
   *
   * @throws {GatewayError} CONFIG_INVALID for names that do not fit together or paths without a plugin; PLUGIN_INVALID
   * for a plugin of another kind than its role; SPACE_MISMATCH naming both plugins. No process is left running then.
   */
  static async start(config: RegistryConfig, options: RegistryOptions): Promise<PluginRegistry> {
    const kinds = kindsByRole(config);
    const endpoints = new Map<string, PluginEndpoint>();
    const programs = new Map<string, PluginProgram>();
    for (const plugin of config.plugins) {
      if ('path' in plugin) programs.set(plugin.name, await resolvePlugin(plugin.path, plugin.command));
      endpoints.set(plugin.name, await endpointFor(plugin, programs.get(plugin.name), options));
    }
    const registry = new PluginRegistry(config.models, endpoints, kinds, programs, options);
    try {
      await Promise.all([...endpoints.values()].map((endpoint) => endpoint.start()));
      registry.#assembleAll((_model, error) => {
        throw error;
      });
      registry.onChange(() => registry.#assembleAgain());
      return registry;
    } catch (error) {
      await registry.stop();
      throw error;
    }
  }

  /** In the order of the configuration, without those that are unavailable. */
  models(): readonly Model[] {
    return [...this.#models.values()];
  }

  /** @throws {GatewayError} MODEL_NOT_FOUND; for an unavailable model, the reason */
  model(id: string): Model {
    const model = this.#models.get(id);
    if (model) return model;
    throw (
      this.#unavailable.get(id) ??
      new GatewayError(
        'MODEL_NOT_FOUND',
        `There is no model ${id}; there are ${[...this.#models.keys()].join(', ') || 'none'}.`,
      )
    );
  }

  /** Models that cannot be served because a plugin of theirs failed to start, with the reason. */
  unavailable(): ReadonlyMap<string, GatewayError> {
    return this.#unavailable;
  }

  /** In the order of the configuration. */
  list(): readonly PluginStatus[] {
    return [...this.#endpoints].map(([name, endpoint]) => statusOf(endpoint, required(this.#kinds, name)));
  }

  /** Calls `listener` after each change of a plugin's state; the answer stops that. */
  onChange(listener: (plugin: PluginStatus) => void): () => void {
    const offs = [...this.#endpoints].map(([name, endpoint]) =>
      endpoint.onChange(() => listener(statusOf(endpoint, required(this.#kinds, name)))),
    );
    return () => offs.forEach((off) => off());
  }

  /** Starts each plugin of this machine anew when its files change, until `signal` is aborted. */
  watch(signal: AbortSignal): void {
    for (const [name, program] of this.#programs) {
      const log = this.#options.logOf(name);
      const onChange = async () => {
        log.info('The plugin has changed and is loaded again.');
        await this.reload(name);
      };
      void watchPlugin(program, { signal, onChange }).catch((error: unknown) =>
        log.error('The plugin is no longer watched.', { reason: String(error) }),
      );
    }
  }

  /** Starts a plugin anew because its code has changed; its models are put together again. */
  async reload(name: string): Promise<void> {
    await required(this.#endpoints, name).reload();
  }

  /** Closes every plugin and ends its process. */
  async stop(): Promise<void> {
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.stop()));
  }

  /** @param onMismatch told of a model whose plugins do not fit together */
  #assembleAll(onMismatch: (model: string, error: GatewayError) => void): void {
    this.#introductions = [...this.#endpoints.values()].map(({ introduction }) => introduction);
    this.#models.clear();
    this.#unavailable.clear();
    for (const config of this.#configs) {
      const missing = this.#reasonAgainst(config);
      if (missing) {
        this.#unavailable.set(config.id, missing);
        continue;
      }
      try {
        this.#models.set(config.id, this.#assemble(config));
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        this.#unavailable.set(config.id, error);
        onMismatch(config.id, error);
      }
    }
  }

  /** A plugin that was away at the start may come, and one whose code has changed may declare something else. */
  #assembleAgain(): void {
    const isSame = [...this.#endpoints.values()].every(
      ({ introduction }, at) => introduction === undefined || introduction === this.#introductions[at],
    );
    if (isSame) return;
    this.#assembleAll((model, error) => {
      const log = this.#options.logOf(error.plugin ?? model);
      log.error('A model cannot be served any more.', { model, code: error.code, reason: error.message });
    });
  }

  /** Why a model cannot be put together yet: one of its plugins has not said who it is. */
  #reasonAgainst({ encoder, languageModel, decoders }: ModelConfig): GatewayError | undefined {
    for (const plugin of [encoder, languageModel, decoders.generation, decoders.editing]) {
      if (plugin === undefined) continue;
      const { introduction, state, lastError } = required(this.#endpoints, plugin);
      if (state.type === 'FAILED') return state.reason;
      if (!introduction)
        return lastError ?? new GatewayError('PLUGIN_UNAVAILABLE', `Plugin ${plugin} has not started.`, { plugin });
    }
    return undefined;
  }

  #assemble({ id, name, encoder, languageModel, decoders }: ModelConfig): Model {
    const imageDecoders = [decoders.generation, decoders.editing].filter((decoder) => decoder !== undefined);
    const model = {
      encoder: encoder === undefined ? null : this.#encoder(encoder),
      languageModel: this.#languageModel(languageModel),
      decoders: {
        generation: decoders.generation === undefined ? null : this.#decoder(decoders.generation),
        editing: decoders.editing === undefined ? null : this.#decoder(decoders.editing),
      },
    };
    const plugins = { encoder: encoder ?? null, languageModel, imageDecoders: [...new Set(imageDecoders)] };
    const embeddingSpace = checkSpaces(id, model, { encoder, languageModel, ...decoders });
    return { id, name, ...model, embeddingSpace, plugins };
  }

  #encoder(name: string): VisionEncoder {
    const [endpoint, declared] = this.#declared(name);
    if (declared.kind !== 'vision-encoder') throw wrongKind(name, 'vision-encoder', declared);
    return remoteVisionEncoder(endpoint, declared);
  }

  #languageModel(name: string): LanguageModel {
    const [endpoint, declared] = this.#declared(name);
    if (declared.kind !== 'language-model') throw wrongKind(name, 'language-model', declared);
    return remoteLanguageModel(endpoint, declared);
  }

  #decoder(name: string): RemoteImageDecoder {
    const [endpoint, declared] = this.#declared(name);
    if (declared.kind !== 'image-decoder') throw wrongKind(name, 'image-decoder', declared);
    return remoteImageDecoder(endpoint, declared);
  }

  #declared(name: string): readonly [PluginEndpoint, PluginCapabilities] {
    const endpoint = required(this.#endpoints, name);
    if (!endpoint.introduction)
      throw new TypeError(`Plugin ${name} was asked for its capabilities before its handshake.`);
    return [endpoint, endpoint.introduction.capabilities];
  }
}

/** @throws {GatewayError} CONFIG_INVALID, PLUGIN_VERSION */
async function endpointFor(
  plugin: PluginConfig,
  program: PluginProgram | undefined,
  options: RegistryOptions,
): Promise<PluginEndpoint> {
  const { name } = plugin;
  const { timing = {}, workFolder, optionsFolder, modelsFolder, lock } = options;
  const log = options.logOf(name);
  if ('addresses' in plugin) {
    const { addresses, token, tls } = plugin;
    const ca = tls?.caFile === undefined ? undefined : await readAuthorities(tls.caFile, name);
    return new RemotePlugin({ name, addresses, token, log, timing, tls: { ca, serverName: tls?.serverName } });
  }
  if (!program) throw new TypeError(`Plugin ${name} has no program.`);
  return new PluginSupervisor({
    ...{ name, program, log, timing, optionsFolder, modelsFolder },
    options: plugin.options,
    environment: { ...options.environment, ...plugin.env },
    folder: workFolder === undefined ? undefined : join(workFolder, encodeURIComponent(name)),
    memoryLimitBytes: plugin.memoryLimitBytes,
    admit: lock && (() => lock.check(name, program)),
  });
}

async function readAuthorities(file: string, plugin: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new GatewayError('CONFIG_INVALID', `The tls.ca of plugin ${plugin}, ${file}, cannot be read.`, { cause });
  });
}

/**
 * Which kind each plugin has to be, from the roles that models give it.
 *
 * @throws {GatewayError} CONFIG_INVALID for a name that is given twice, unknown, without a role or in two kinds of role
 */
function kindsByRole({ plugins, models }: RegistryConfig): Map<string, PluginKind> {
  const kinds = new Map<string, PluginKind>();
  const names = new Set(plugins.map(({ name }) => name));
  refuse(names.size < plugins.length, 'Two plugins have the same name.');
  refuse(new Set(models.map(({ id }) => id)).size < models.length, 'Two models have the same id.');
  for (const { id, encoder, languageModel, decoders } of models) {
    const roles = [
      ['vision-encoder', encoder],
      ['language-model', languageModel],
      ['image-decoder', decoders.generation],
      ['image-decoder', decoders.editing],
    ] as const;
    for (const [kind, name] of roles) {
      if (name === undefined) continue;
      refuse(
        !names.has(name),
        `Model ${id} names the plugin ${name}, which is not among the plugins ${[...names].join(', ')}.`,
      );
      const other = kinds.get(name);
      refuse(other !== undefined && other !== kind, `Plugin ${name} is named as ${other} and as ${kind}.`);
      kinds.set(name, kind);
    }
  }
  for (const name of names)
    refuse(!kinds.has(name), `No model names the plugin ${name}: give it a role or take it out.`);
  return kinds;
}

function refuse(isWrong: boolean, message: string): void {
  if (isWrong) throw new GatewayError('CONFIG_INVALID', message);
}

function wrongKind(name: string, wanted: PluginKind, { kind }: PluginCapabilities): GatewayError {
  return new GatewayError('PLUGIN_INVALID', `Plugin ${name} is used as ${wanted}, but it is of the kind ${kind}.`, {
    plugin: name,
  });
}

function statusOf(endpoint: PluginEndpoint, kind: PluginKind): PluginStatus {
  const { name, introduction, state, restarts, lastError, memoryBytes, pid, addresses } = endpoint;
  return {
    name,
    kind,
    version: introduction?.version ?? '',
    apiVersion: introduction?.apiVersion ?? '',
    state: state.type,
    restarts,
    lastError: lastError?.message ?? null,
    memoryBytes: memoryBytes ?? null,
    pid: pid ?? null,
    embeddingSpace: introduction ? spaceIdOf(introduction.capabilities) : null,
    capabilities: introduction ? wordsFor(introduction.capabilities) : [],
    addresses,
    metrics: {
      ...endpoint.callMetrics.snapshot(),
      own: endpoint.ownMetrics.map((metric) => ({ name: metric.name, value: metric.value })),
    },
  };
}

function spaceIdOf(declared: PluginCapabilities): string | null {
  switch (declared.kind) {
    case 'vision-encoder':
      return declared.space.id;
    case 'language-model':
      return declared.writes?.id ?? (declared.reads === 'pixels' ? null : declared.reads.id);
    case 'image-decoder':
      return declared.reads.condition === 'text' ? null : declared.reads.condition.id;
  }
}

function wordsFor(declared: PluginCapabilities): string[] {
  switch (declared.kind) {
    case 'vision-encoder':
      return [];
    case 'language-model':
      return [
        declared.reads === 'pixels' ? 'reads pixels' : 'reads embeddings',
        ...(declared.writes ? ['writes images'] : []),
      ];
    case 'image-decoder': {
      const { edit, mask, trueCfg, preview } = declared.supports;
      return [
        ...(edit ? ['edit'] : []),
        ...(mask ? ['mask'] : []),
        ...(trueCfg ? ['true-cfg'] : []),
        ...(preview === 'none' ? [] : [`${preview}-previews`]),
      ];
    }
  }
}

/** Names were checked when the registry was built. */
function required<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new TypeError(`Unknown plugin ${name}.`);
  return value;
}
