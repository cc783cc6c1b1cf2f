/**
 * The models folder:
 *
 * ```
 * <models>/<name>/                     a model, whole; with a record of where it came from
 * <models>/.partial/<name>/plan.json   what a pull is fetching
 *                          parts/      files that have begun to arrive
 *                          whole/      files that have arrived and were found right; becomes <models>/<name> by one rename
 *                          previous/   the model that is being replaced, for the moment between two renames
 *                          removed-*   a model that is being removed
 * <models>/.locks/<name>               who works on it
 * ```
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';
import { type HeldLock, withLock } from './lock.js';
import { checkModelName } from './paths.js';

export const PARTIAL_FOLDER = '.partial';
const LOCK_FOLDER = '.locks';
/** Beginning of the name of a model that is being removed. */
export const REMOVED = 'removed-';

export interface ModelPlaces {
  readonly name: string;
  /** The model under its final name. */
  readonly model: string;
  readonly staging: string;
  readonly plan: string;
  readonly parts: string;
  readonly whole: string;
  readonly previous: string;
  readonly lock: string;
}

/** @throws GatewayError BAD_INPUT when `name` cannot name a model */
export function placesOf(modelsDir: string, name: string): ModelPlaces {
  checkModelName(name);
  const staging = join(modelsDir, PARTIAL_FOLDER, name);
  return {
    name,
    model: join(modelsDir, name),
    staging,
    plan: join(staging, 'plan.json'),
    parts: join(staging, 'parts'),
    whole: join(staging, 'whole'),
    previous: join(staging, 'previous'),
    lock: join(modelsDir, LOCK_FOLDER, name),
  };
}

/**
 * Works on a model alone, and first ends what a killed process began.
 *
 * @throws GatewayError MODEL_BUSY; STORAGE_FULL or STORAGE_FAILED for whatever the file system refuses to `work`
 */
export async function withModelLock<Value>(
  modelsDir: string,
  places: ModelPlaces,
  work: (lock: HeldLock) => Promise<Value>,
): Promise<Value> {
  try {
    await mkdir(join(modelsDir, PARTIAL_FOLDER), { recursive: true });
    await mkdir(join(modelsDir, LOCK_FOLDER), { recursive: true });
    return await withLock(places.lock, `The model ${places.name}`, async (lock) => {
      await recover(places);
      return work(lock);
    });
  } catch (error) {
    throw asStorageError(error, modelsDir);
  }
}

/** Puts `whole/` in the model's place. A kill in between leaves the old model or the new one, see `recover`. */
export async function publish({ model, previous, whole }: ModelPlaces): Promise<void> {
  if (await exists(model)) await rename(model, previous);
  await rename(whole, model);
  await rm(previous, { recursive: true, force: true });
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Names in a folder; none when it is not there. @throws GatewayError STORAGE_FAILED */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => noneWhereMissing(error, folder));
}

/** Paths of everything in a folder and below that is no folder itself; none when it is not there. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) =>
    noneWhereMissing(error, folder),
  );
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
}

function noneWhereMissing(error: unknown, folder: string): [] {
  if (systemErrorCode(error) === 'ENOENT') return [];
  throw asStorageError(error, folder);
}

/** Ends what a killed process began. */
async function recover({ model, staging, plan, previous }: ModelPlaces): Promise<void> {
  const names = await namesIn(staging);
  // Killed between the two renames of `publish`, it left the name empty: the old model takes it again.
  if (names.includes(basename(previous)) && !(await exists(model))) await rename(previous, model);
  // Without a plan nothing goes on from there, and what is left was to be taken away.
  const leftovers = names.includes(basename(plan))
    ? names.filter((name) => name === basename(previous) || name.startsWith(REMOVED)).map((name) => join(staging, name))
    : [staging];
  for (const leftover of leftovers) await rm(leftover, { recursive: true, force: true });
}

function asStorageError(error: unknown, modelsDir: string): unknown {
  const code = systemErrorCode(error);
  if (error instanceof GatewayError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const what = error instanceof Error && 'path' in error ? String(error.path) : `the models folder ${modelsDir}`;
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? new GatewayError(
        'STORAGE_FULL',
        `The disk of ${modelsDir} is full. Free some space and pull again: what was fetched is kept.`,
        { cause: error },
      )
    : new GatewayError('STORAGE_FAILED', `${what} could not be read or written (${code}). See that this user may.`, {
        cause: error,
      });
}
