/** The gateway's configuration: file, environment and command line, checked once and frozen. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { GatewayError } from '../errors/index.js';
import type { ModelConfig, PluginConfig } from '../plugin/registry.js';
import { DEFAULT_MODELS, DEFAULT_PLUGINS } from './defaults.js';
import { type ConfigOptions, configSchema, type PluginOptions } from './schema.js';
import { type OptionEntry, OPTIONS } from './walk.js';

export { bundleModel } from './defaults.js';

export interface Config extends Omit<ConfigOptions, 'plugins' | 'models' | 'operations'> {
  /** Absolute. */
  readonly dataDir: string;
  /** Absolute. */
  readonly modelsDir: string;
  /** Absolute. */
  readonly operations?: string;
  /** Their paths are absolute. */
  readonly plugins: readonly PluginConfig[];
  /** Absolute folder from which relative paths of plugins and in their options count: that of the file. */
  readonly pluginsDir: string;
  /** Absolute; what `darkroom plugin lock` writes. */
  readonly lockFile: string;
  readonly models: readonly ModelConfig[];
  /** Environment variables that every plugin's process gets. */
  readonly pluginEnvironment: Readonly<Record<string, string>>;
  /** The file that was read; null when there is none. */
  readonly file: string | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigOverrides {
  /** Configuration file; default: the DARKROOM_CONFIG variable, else `darkroom.config.json`, `.js` or `.mjs` in the working folder. */
  readonly file?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly dataDir?: string | undefined;
  readonly operations?: string | undefined;
  readonly logLevel?: string | undefined;
}

const FILE_NAMES = ['darkroom.config.json', 'darkroom.config.js', 'darkroom.config.mjs'];

/** What a program needs to start and to find its libraries and devices; nothing of the operator's secrets. */
const PLUGIN_VARIABLES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'OMP_NUM_THREADS',
  'SystemRoot',
];

/**
 * Puts the configuration together: what the command line says goes before the environment, the environment before the file, the file
 * before the defaults. The only place that reads the environment.
 *
 * @throws GatewayError CONFIG_INVALID naming option, value and what was wanted
 */
export async function loadConfig(
  environment: Environment = process.env,
  workingDir: string = process.cwd(),
  overrides: ConfigOverrides = {},
): Promise<Config> {
  // 1 the file
  const file = await findFile(overrides.file ?? environment['DARKROOM_CONFIG'], workingDir);
  const options = file === null ? {} : await readFileOptions(file);

  // 2 the environment, over it
  for (const option of OPTIONS) {
    const text = environment[option.variable] || environment[option.commonVariable ?? ''];
    if (text !== undefined && text !== '') assign(options, option.path, readVariable(option, text));
  }
  checkVariables(environment, variablesOf(options['plugins']));

  // 3 the command line, over both
  const { file: _, ...commandLine } = overrides;
  for (const [key, value] of Object.entries(commandLine)) if (value !== undefined) assign(options, [key], value);

  // 4 checked, filled in, resolved, frozen
  const parsed = configSchema.safeParse(options);
  if (!parsed.success) throw invalid(options, parsed.error.issues, file);
  const { plugins, models, dataDir, modelsDir, operations, ...rest } = parsed.data;
  const pluginsDir = file === null ? workingDir : dirname(file);
  return deepFreeze({
    ...rest,
    dataDir: resolve(workingDir, dataDir),
    ...(operations === undefined ? {} : { operations: resolve(workingDir, operations) }),
    modelsDir: resolve(workingDir, modelsDir ?? join(dataDir, 'models')),
    plugins: plugins?.map((plugin) => pluginConfig(plugin, pluginsDir, environment)) ?? DEFAULT_PLUGINS,
    pluginsDir,
    lockFile: join(pluginsDir, 'darkroom.lock.json'),
    models: (models ?? DEFAULT_MODELS).map(({ encoder, decoders: { generation, editing }, ...model }) => ({
      ...model,
      ...(encoder === undefined ? {} : { encoder }),
      decoders: { ...(generation === undefined ? {} : { generation }), ...(editing === undefined ? {} : { editing }) },
    })),
    pluginEnvironment: Object.fromEntries(
      PLUGIN_VARIABLES.flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    file,
  });
}

/**
 * Variables of this process's environment, for a plugin that a command starts.
 *
 * @param isOptional whether one that is not set is left out
 * @throws GatewayError CONFIG_INVALID naming a variable that is not set
 */
export function passedVariables(names: readonly string[], isOptional = false): Record<string, string> {
  const found = names.filter((name) => !isOptional || (process.env[name] ?? '') !== '');
  return Object.fromEntries(found.map((name) => [name, variableFor('of this command', name, process.env)]));
}

export interface OptionDescription {
  /** For instance `limits.uploadBytes`. */
  readonly option: string;
  readonly variable: string;
  readonly meaning: string;
  readonly unit: string | null;
  /** Null when the default is made at run time. */
  readonly default: unknown;
  /** As it is set; a secret is only said to be set. */
  readonly value: unknown;
  readonly isDefault: boolean;
}

/** Every option with its meaning and value, in the order of the schema: what `darkroom config` prints. */
export function describeConfig(config: Config): OptionDescription[] {
  return OPTIONS.map(({ path, variable, meaning, unit, isSecret, defaultValue }) => {
    const value = path.reduce<unknown>((part, key) => (isRecord(part) ? part[key] : undefined), config);
    const standard = path[0] === 'plugins' ? DEFAULT_PLUGINS : path[0] === 'models' ? DEFAULT_MODELS : defaultValue;
    const isSet = isSecret === true && value !== undefined;
    const shown = path[0] === 'plugins' ? shownPlugins(config.plugins) : isSet ? '(set)' : value;
    const isDefault =
      path[0] === 'modelsDir'
        ? value === join(config.dataDir, 'models')
        : path[0] !== 'dataDir' && JSON.stringify(value) === JSON.stringify(standard);
    return {
      option: path.join('.'),
      variable,
      meaning,
      unit: unit ?? null,
      default: standard ?? null,
      value: shown ?? null,
      isDefault,
    };
  });
}

async function findFile(named: string | undefined, workingDir: string): Promise<string | null> {
  if (named !== undefined && named !== '') {
    const path = isAbsolute(named) ? named : join(workingDir, named);
    if (await isFile(path)) return path;
    throw new GatewayError('CONFIG_INVALID', `There is no configuration file ${path}.`);
  }
  for (const name of FILE_NAMES) {
    const path = join(workingDir, name);
    if (await isFile(path)) return path;
  }
  return null;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readFileOptions(file: string): Promise<Record<string, unknown>> {
  let content: unknown;
  try {
    content = extname(file) === '.json' ? JSON.parse(await readFile(file, 'utf8')) : await importDefault(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GatewayError('CONFIG_INVALID', `The configuration file ${file} cannot be read: ${reason}`, { cause });
  }
  if (!isRecord(content))
    throw new GatewayError('CONFIG_INVALID', `The configuration file ${file} must hold an object of options.`);
  return structuredClone(content);
}

async function importDefault(file: string): Promise<unknown> {
  const module: { default?: unknown } = await import(pathToFileURL(file).href);
  return module.default;
}

/** A misspelt variable would otherwise be silently without effect. */
function checkVariables(environment: Environment, ofPlugins: readonly string[]): void {
  const known = new Set(['DARKROOM_CONFIG', ...OPTIONS.map(({ variable }) => variable), ...ofPlugins]);
  for (const name of Object.keys(environment)) {
    if (name.startsWith('DARKROOM_') && !known.has(name)) {
      throw new GatewayError(
        'CONFIG_INVALID',
        `The environment variable ${name} sets no option; \`darkroom config\` lists those that do.`,
      );
    }
  }
}

/** Variables of the environment that the file's plugins name. They are checked later; here it is enough to know them. */
function variablesOf(plugins: unknown): string[] {
  if (!Array.isArray(plugins)) return [];
  return plugins.filter(isRecord).flatMap(({ passEnv, tokenVariable }) => [passEnv, tokenVariable].flat().map(String));
}

function pluginConfig(plugin: PluginOptions, folder: string, environment: Environment): PluginConfig {
  const { name } = plugin;
  if ('path' in plugin) {
    const { passEnv, env, path, command, ...rest } = plugin;
    const passed = passEnv.map((variable) => [variable, variableFor(name, variable, environment)]);
    // A program with a slash is a file, any other is found by PATH.
    const program = command?.map((word, at) => (at === 0 && word.includes('/') ? resolve(folder, word) : word));
    return { ...rest, command: program, path: resolve(folder, path), env: { ...env, ...Object.fromEntries(passed) } };
  }
  const { address, tokenVariable, tls } = plugin;
  const caFile = tls?.ca === undefined ? undefined : resolve(folder, tls.ca);
  return {
    name,
    addresses: [address].flat(),
    token: variableFor(name, tokenVariable, environment),
    tls: { caFile, serverName: tls?.serverName },
  };
}

function variableFor(plugin: string, variable: string, environment: Environment): string {
  const value = environment[variable];
  if (value !== undefined && value !== '') return value;
  throw new GatewayError(
    'CONFIG_INVALID',
    `The plugin ${plugin} is to get the environment variable ${variable}, which is not set. Set it, or take it out of the configuration.`,
  );
}

/** What may be printed of the plugins: their variables and tokens are only said to be set. */
function shownPlugins(plugins: readonly PluginConfig[]): unknown {
  return plugins.map((plugin) => {
    if ('addresses' in plugin) return { ...plugin, token: '(set)' };
    const names = Object.keys(plugin.env ?? {});
    return { ...plugin, env: Object.fromEntries(names.map((variable) => [variable, '(set)'])) };
  });
}

function readVariable({ variable, isText }: OptionEntry, text: string): unknown {
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `The environment variable ${variable} must hold a number, true, false or JSON, not "${text}".`,
      { cause },
    );
  }
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const branch = isRecord(inner) ? inner : {};
  target[key] = branch;
  assign(branch, rest, value);
}

function invalid(
  options: unknown,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  file: string | null,
): GatewayError {
  const lines = issues.map(({ path, message }) => {
    const name = path.map(String).join('.');
    const value = path.reduce<unknown>(
      (part, key) => (isRecord(part) || Array.isArray(part) ? Reflect.get(part, key) : undefined),
      options,
    );
    const isSecret = OPTIONS.some((option) => option.isSecret === true && option.path.join('.') === name);
    return `${name === '' ? 'the options' : name}: ${message}${value === undefined || isSecret || name === '' ? '' : `, not ${JSON.stringify(value)}`}`;
  });
  const origin = file === null ? '' : ` (read with ${file})`;
  return new GatewayError(
    'CONFIG_INVALID',
    `The configuration cannot be used${origin}. ${lines.join('; ')}. \`darkroom config\` explains every option.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
