/** The plugins and models that a configuration names, running. */
import { GatewayError } from '../errors/index.js';
import type {
  EmbeddingSpace,
  LanguageModel,
  PluginCapabilities,
  PluginKind,
  PluginLog,
  VisionEncoder,
} from './contract.js';
import { type RemoteImageDecoder, remoteImageDecoder } from './client/image-decoder.js';
import { remoteLanguageModel } from './client/language-model.js';
import { remoteVisionEncoder } from './client/vision-encoder.js';
import { resolvePluginEntry } from './entry.js';
import { checkSpaces } from './spaces.js';
import { type PluginState, PluginSupervisor } from './supervisor/supervisor.js';
import type { SupervisorTiming } from './supervisor/timing.js';

export interface PluginConfig {
  /** Models name it by this. */
  readonly name: string;
  /** Its folder (with a package.json), or its JavaScript file. */
  readonly path: string;
  /** For the plugin, which validates them. */
  readonly options?: unknown;
  /** Environment variables of its process, beyond those that all plugins get. */
  readonly env?: Readonly<Record<string, string>>;
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
}

/**
 * Starts every plugin of a configuration, and puts its models together once their plugins have said who they are.
 *
 * A plugin that fails to start takes its models with it, and nothing else: `unavailable` tells why. What can never work
 * is refused as a whole: a plugin in another plugin's role, or embedding spaces that do not match.
 */
export class PluginRegistry {
  readonly #supervisors: ReadonlyMap<string, PluginSupervisor>;
  readonly #kinds: ReadonlyMap<string, PluginKind>;
  readonly #models = new Map<string, Model>();
  readonly #unavailable = new Map<string, GatewayError>();

  private constructor(supervisors: ReadonlyMap<string, PluginSupervisor>, kinds: ReadonlyMap<string, PluginKind>) {
    this.#supervisors = supervisors;
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
    const supervisors = new Map<string, PluginSupervisor>();
    for (const { name, path, options: pluginOptions, env } of config.plugins) {
      const entry = await resolvePluginEntry(path);
      const environment = { ...options.environment, ...env };
      const { timing = {} } = options;
      supervisors.set(
        name,
        new PluginSupervisor({ name, entry, options: pluginOptions, environment, log: options.logOf(name), timing }),
      );
    }
    const registry = new PluginRegistry(supervisors, kinds);
    try {
      await Promise.all([...supervisors.values()].map((supervisor) => supervisor.start()));
      for (const model of config.models) registry.#assemble(model);
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
    return [...this.#supervisors].map(([name, supervisor]) => statusOf(supervisor, required(this.#kinds, name)));
  }

  /** Calls `listener` after each change of a plugin's state; the answer stops that. */
  onChange(listener: (plugin: PluginStatus) => void): () => void {
    const offs = [...this.#supervisors].map(([name, supervisor]) =>
      supervisor.onChange(() => listener(statusOf(supervisor, required(this.#kinds, name)))),
    );
    return () => offs.forEach((off) => off());
  }

  /** Closes every plugin and ends its process. */
  async stop(): Promise<void> {
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.stop()));
  }

  #assemble({ id, name, encoder, languageModel, decoders }: ModelConfig): void {
    const imageDecoders = [decoders.generation, decoders.editing].filter((decoder) => decoder !== undefined);
    for (const plugin of [encoder, languageModel, ...imageDecoders]) {
      const state = plugin === undefined ? undefined : required(this.#supervisors, plugin).state;
      if (state?.type !== 'FAILED') continue;
      this.#unavailable.set(id, state.reason);
      return;
    }
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
    this.#models.set(id, { id, name, ...model, embeddingSpace, plugins });
  }

  #encoder(name: string): VisionEncoder {
    const [supervisor, declared] = this.#declared(name);
    if (declared.kind !== 'vision-encoder') throw wrongKind(name, 'vision-encoder', declared);
    return remoteVisionEncoder(supervisor, declared);
  }

  #languageModel(name: string): LanguageModel {
    const [supervisor, declared] = this.#declared(name);
    if (declared.kind !== 'language-model') throw wrongKind(name, 'language-model', declared);
    return remoteLanguageModel(supervisor, declared);
  }

  #decoder(name: string): RemoteImageDecoder {
    const [supervisor, declared] = this.#declared(name);
    if (declared.kind !== 'image-decoder') throw wrongKind(name, 'image-decoder', declared);
    return remoteImageDecoder(supervisor, declared);
  }

  #declared(name: string): readonly [PluginSupervisor, PluginCapabilities] {
    const supervisor = required(this.#supervisors, name);
    if (!supervisor.introduction)
      throw new TypeError(`Plugin ${name} was asked for its capabilities before its handshake.`);
    return [supervisor, supervisor.introduction.capabilities];
  }
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

function statusOf(supervisor: PluginSupervisor, kind: PluginKind): PluginStatus {
  const { name, introduction, state, restarts, lastError, memoryBytes, pid } = supervisor;
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
