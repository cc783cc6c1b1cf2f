/** Where a plugin's code is, and what runs it. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { GatewayError } from '../errors/index.js';
import { API_VERSIONS, PLUGIN_KINDS, type PluginKind } from './contract.js';
import { packageRoot } from './package-root.js';
import { pythonHostOf } from './python.js';

/** What is run for a plugin: `command --entry ENTRY --socket PATH`. */
export interface PluginProgram {
  /** The plugin's folder, absolute; null when its file alone was named. */
  readonly folder: string | null;
  /** Its file, absolute; null when the command needs none. */
  readonly entry: string | null;
  /** The host program with its first arguments, for instance `['python3', '-m', 'darkroom_plugin']`. */
  readonly command: readonly string[];
  /** As declared; null when a file alone was named. */
  readonly kind: PluginKind | null;
}

const NODE_HOST = [process.execPath, join(packageRoot, 'dist/src/plugin/host/main.js')];

/** Files that may declare a plugin, in the order in which they are looked for. */
const DECLARATIONS = ['darkroom.json', 'package.json'] as const;

const declarationSchema = z.object({
  apiVersion: z.string(),
  kind: z.enum(PLUGIN_KINDS).optional(),
  entry: z.string().min(1).optional(),
  command: z.array(z.string().min(1)).min(1).optional(),
});
type Declaration = z.output<typeof declarationSchema>;

/**
 * What to run for a plugin.
 *
 * @param path its file (JavaScript or Python), or a folder with a declaration: darkroom.json, or `"darkroom"` in package.json:
 * `{ "apiVersion": "1", "kind": …, "entry": … }`
 * @param command the operator's choice of a host program; it goes before the declared one
 * @throws {GatewayError} CONFIG_INVALID when there is nothing of the kind; PLUGIN_VERSION when the declaration names a
 * version of the plugin API that this gateway does not speak
 */
export async function resolvePlugin(path: string, command?: readonly string[]): Promise<PluginProgram> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return programOfFile(absolute, command);
  if (!found?.isDirectory()) {
    throw invalid(
      `There is no plugin at ${absolute}: name its folder (with package.json or darkroom.json) or its JavaScript or Python file.`,
    );
  }
  return programOf(absolute, await readDeclaration(absolute), command);
}

/** A plugin that is one file: JavaScript, or Python by its ending. @param entry absolute */
export function programOfFile(
  entry: string,
  command: readonly string[] = hostProgramOf(entry, dirname(entry)),
): PluginProgram {
  return { folder: null, entry, command, kind: null };
}

async function programOf(
  folder: string,
  { apiVersion, kind, entry, command }: Declaration,
  chosen?: readonly string[],
): Promise<PluginProgram> {
  if (!API_VERSIONS.includes(apiVersion)) {
    throw new GatewayError(
      'PLUGIN_VERSION',
      `The gateway speaks version ${API_VERSIONS.join(', ')} of the plugin API; the plugin in ${folder} names ${apiVersion}. Update the older of the two.`,
    );
  }
  if (entry === undefined && command === undefined)
    throw invalid(`The plugin in ${folder} declares neither an "entry" nor a "command".`);
  const file = entry === undefined ? null : join(folder, entry);
  if (file !== null && !(await isFile(file)))
    throw invalid(`The plugin in ${folder} names ${file} as its entry, which is not there. Has it been built?`);
  return { folder, entry: file, command: chosen ?? declaredCommand(folder, command, file), kind: kind ?? null };
}

/** A command with a slash, for instance `./.venv/bin/python`, is a file of the plugin's folder; any other is found by PATH. */
function declaredCommand(folder: string, command: readonly string[] | undefined, file: string | null) {
  if (command === undefined) return hostProgramOf(file ?? '', folder);
  const [program = '', ...rest] = command;
  return [program.includes('/') ? resolve(folder, program) : program, ...rest];
}

/** @param folder where a Python plugin may have its virtual environment */
function hostProgramOf(entry: string, folder: string): readonly string[] {
  return extname(entry) === '.py' ? pythonHostOf(folder) : NODE_HOST;
}

async function readDeclaration(folder: string): Promise<Declaration> {
  for (const name of DECLARATIONS) {
    const file = join(folder, name);
    if (!(await isFile(file))) continue;
    const content = await readJson(file);
    const declared = name === 'package.json' ? content['darkroom'] : content;
    if (declared === undefined) break;
    const { data, error } = declarationSchema.safeParse(declared);
    if (data) return data;
    const issues = error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    throw invalid(`The plugin's declaration in ${file} does not hold: ${issues.join('; ')}.`);
  }
  throw invalid(
    `${folder} declares no plugin: its package.json has no "darkroom": { "apiVersion": "1", "kind": …, "entry": … }, and there is no darkroom.json.`,
  );
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null) return { ...content };
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${file} cannot be read as a plugin's declaration.`, { cause });
  }
  throw invalid(`${file} has to hold an object.`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', message);
}
