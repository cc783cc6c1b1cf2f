/** What each plugin was when the operator looked at it: name, version and a hash of its content. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readFile, readdir, readlink, rename, writeFile } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { GatewayError } from '../errors/index.js';
import { packageRoot } from './package-root.js';
import type { PluginProgram } from './program.js';

const lockSchema = z.strictObject({
  lockVersion: z.literal(1),
  plugins: z.record(
    z.string(),
    z.strictObject({
      /** As the plugin's package.json or darkroom.json says; null where it does not. */
      name: z.string().nullable(),
      version: z.string().nullable(),
      /** `sha256-` and 64 hexadecimal digits. */
      hash: z.string().regex(/^sha256-[0-9a-f]{64}$/),
      files: z.int().positive(),
    }),
  ),
});

export type PluginFiles = Pick<PluginProgram, 'folder' | 'entry'>;
export type LockFile = z.output<typeof lockSchema>;
export type LockedPlugin = LockFile['plugins'][string];

export interface PluginLock {
  /**
   * @param name what the configuration calls the plugin
   * @throws {GatewayError} PLUGIN_CHANGED when the plugin is not the one that was locked, or was never locked
   */
  check(name: string, program: PluginFiles): Promise<void>;
}

/** The lock that a file holds; undefined when there is no such file. @throws {GatewayError} CONFIG_INVALID */
export async function readLock(file: string): Promise<PluginLock | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new GatewayError('CONFIG_INVALID', `The lock file ${file} cannot be read.`, { cause: error });
  });
  if (text === undefined) return undefined;
  const { plugins } = parseLock(text, file);
  return { check: (name, program) => checkLocked(name, program, plugins[name], file) };
}

function parseLock(text: string, file: string): LockFile {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `The lock file ${file} does not hold what darkroom plugin lock writes. Write it again with that command.`,
      { cause },
    );
  }
}

async function checkLocked(
  name: string,
  program: PluginFiles,
  locked: LockedPlugin | undefined,
  file: string,
): Promise<void> {
  if (isBuiltIn(program)) return;
  const mend = `Look at ${program.folder ?? program.entry}; if it is what you want to run, \`darkroom plugin lock ${name}\`.`;
  if (!locked) throw changed(name, `is not in the lock file ${file}. ${mend}`);
  const now = await lockedPlugin(program);
  if (now.hash === locked.hash) return;
  const versions = `${locked.version ?? 'no version'} was locked, ${now.version ?? 'no version'} is there`;
  throw changed(name, `is not what was locked in ${file} (${versions}; hash ${now.hash}, not ${locked.hash}). ${mend}`);
}

function changed(name: string, what: string): GatewayError {
  return new GatewayError('PLUGIN_CHANGED', `Plugin ${name} ${what}`, { plugin: name });
}

/** What comes with Darkroom is as trusted as Darkroom itself, and changes with it. */
export function isBuiltIn({ folder, entry }: PluginFiles): boolean {
  const place = folder ?? entry ?? '';
  return [join(packageRoot, 'plugins'), join(packageRoot, 'dist/plugins')].some((own) => isInside(place, own));
}

/** Writes the lock of these plugins over what the file held of them; the others stay. */
export async function writeLock(
  file: string,
  plugins: ReadonlyMap<string, LockedPlugin>,
  configured: ReadonlySet<string>,
): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const before = text === undefined ? {} : parseLock(text, file).plugins;
  const kept = Object.entries(before).filter(([name]) => configured.has(name));
  const all = new Map([...kept, ...plugins]);
  const sorted = [...all].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const content: LockFile = { lockVersion: 1, plugins: Object.fromEntries(sorted) };
  const scratch = `${file}.${process.pid}`;
  await writeFile(scratch, `${JSON.stringify(content, null, 2)}\n`);
  await rename(scratch, file);
}

/** What the lock file says of a plugin that is as it is now. */
export async function lockedPlugin(program: PluginFiles): Promise<LockedPlugin> {
  const files = await filesOf(program);
  const hash = createHash('sha256');
  for (const { name, path } of files) hash.update(`${JSON.stringify(name)} ${await contentHash(path)}\n`);
  return { ...(await nameOf(program.folder)), hash: `sha256-${hash.digest('hex')}`, files: files.length };
}

export interface PluginFile {
  /** From the plugin's folder on, with slashes. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/**
 * Every file of a plugin, in the order of their names: all that lies in its folder, installed packages included, but for
 * what running it makes; and its entry where that lies elsewhere. A plugin that is one file has that.
 */
export async function filesOf(
  { folder, entry }: PluginFiles,
  { withPackages = true }: { readonly withPackages?: boolean } = {},
): Promise<PluginFile[]> {
  if (folder === null) return entry === null ? [] : [{ name: basename(entry), path: entry }];
  const left = withPackages ? MADE_BY_RUNNING : new Set([...MADE_BY_RUNNING, 'node_modules']);
  const inside = await walk(folder, '', left);
  const files = inside.map((name) => ({ name, path: join(folder, name) }));
  if (entry !== null && !files.some(({ path }) => path === entry))
    files.push({ name: relative(folder, entry).split(sep).join('/'), path: entry });
  return files.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

const MADE_BY_RUNNING = new Set(['.git', '__pycache__', '.pytest_cache', '.venv', 'venv']);

async function walk(root: string, below: string, left: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => !left.has(name))
      .map(async (entry) => {
        const path = below === '' ? entry.name : `${below}/${entry.name}`;
        return entry.isDirectory() ? walk(root, path, left) : [path];
      }),
  );
  return found.flat();
}

/** A link counts by where it points: what lies there may be anywhere. */
async function contentHash(path: string): Promise<string> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return `link ${JSON.stringify(await readlink(path))}`;
  if (!found.isFile()) return 'no file';
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

async function nameOf(folder: string | null): Promise<{ name: string | null; version: string | null }> {
  if (folder === null) return { name: null, version: null };
  for (const file of ['darkroom.json', 'package.json']) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => '{}');
    const { name, version }: { name?: unknown; version?: unknown } = JSON.parse(text);
    if (typeof name === 'string') return { name, version: typeof version === 'string' ? version : null };
  }
  return { name: null, version: null };
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (!way.startsWith('..') && !isAbsolute(way));
}
