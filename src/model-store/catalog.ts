/** What is in the models folder: list it, verify it, remove it. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';
import { MANIFEST_FILE, bundleFiles } from '../inference/bundle/open.js';
import { manifestSchema } from '../inference/bundle/manifest.js';
import { FileHasher, hashFile } from './hashing.js';
import { PARTIAL_FOLDER, REMOVED, exists, namesIn, placesOf, withModelLock } from './layout.js';
import { checkModelName, isModelName } from './paths.js';
import { readPlan } from './pull.js';
import { type RecordedFile, RECORD_FILE, readRecord } from './record.js';

export interface StoredModel {
  readonly name: string;
  /** A bundle can be served; a checkpoint is what the toolkit converts into one. `unfinished`: a pull or a removal that has not ended. */
  readonly kind: 'bundle' | 'checkpoint' | 'unfinished';
  /** On the disk. */
  readonly bytes: number;
  /** That it will have; null unless a pull is unfinished. */
  readonly bytesTotal: number | null;
  /** `owner/name`; null for a folder that was not pulled and does not say. */
  readonly repository: string | null;
  /** Commit, or what the folder says of itself; null when nothing does. */
  readonly revision: string | null;
  /** When it was pulled, or last changed. */
  readonly at: Date;
}

/** Whether a folder holds a bundle, also one of a format that this version does not know. */
export async function isBundle(folder: string): Promise<boolean> {
  return (await readManifest(folder)) !== null;
}

/** Models of the folder and unfinished pulls, by name. A folder that is not there has none. */
export async function listModels(modelsDir: string): Promise<StoredModel[]> {
  const names = (await namesIn(modelsDir)).filter((name) => !name.startsWith('.'));
  const models = await Promise.all(names.map((name) => describeFolder(name, join(modelsDir, name))));
  const partials = await namesIn(join(modelsDir, PARTIAL_FOLDER));
  const unfinished = await Promise.all(partials.map((name) => describeUnfinished(modelsDir, name)));
  return [...models, ...unfinished]
    .filter((model) => model !== null)
    .sort((one, other) => one.name.localeCompare(other.name) || one.kind.localeCompare(other.kind));
}

export interface FileFault {
  readonly path: string;
  readonly wanted: { readonly bytes: number; readonly sha256: string };
  /** Null when the file is missing or cannot be read. */
  readonly came: { readonly bytes: number; readonly sha256: string } | null;
  /** Why it cannot be read, as the system says: `EIO`; null when it can, or is missing. */
  readonly unreadable: string | null;
}

export interface Verification {
  readonly filesChecked: number;
  readonly faults: readonly FileFault[];
}

/**
 * Hashes every file that the record of the pull names, and those of a bundle's manifest.
 *
 * @param onProgress bytes so far, and of all
 * @throws GatewayError MODEL_NOT_FOUND; BAD_INPUT when nothing says what the files should be; the reason of `signal`
 */
export async function verifyModel(
  modelsDir: string,
  name: string,
  signal: AbortSignal,
  onProgress: (bytesDone: number, bytesTotal: number) => void = () => undefined,
): Promise<Verification> {
  const { model } = placesOf(modelsDir, name);
  if (!(await exists(model))) throw await notFound(modelsDir, name);
  const expected = await expectedFiles(model);
  if (expected.length === 0)
    throw new GatewayError(
      'BAD_INPUT',
      `Nothing says what the files of ${name} should be: it has neither ${RECORD_FILE} of a pull nor a bundle's ${MANIFEST_FILE}.`,
    );
  const total = expected.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const faults: FileFault[] = [];
  for (const wanted of expected) {
    const fault = { path: wanted.path, wanted: { bytes: wanted.bytes, sha256: wanted.sha256 } };
    try {
      const came = await hashOf(join(model, wanted.path), signal, (bytes) => onProgress((done += bytes), total));
      if (came?.sha256 !== wanted.sha256) faults.push({ ...fault, came, unreadable: null });
    } catch (error) {
      signal.throwIfAborted();
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      faults.push({ ...fault, came: null, unreadable: code });
    }
  }
  return { filesChecked: expected.length, faults };
}

/** What `remove` would take away. @throws GatewayError MODEL_NOT_FOUND */
export async function findModels(modelsDir: string, name: string): Promise<StoredModel[]> {
  checkModelName(name);
  const found = (await listModels(modelsDir)).filter((model) => model.name === name);
  if (found.length === 0) throw await notFound(modelsDir, name);
  return found;
}

/** Removes a model and whatever an unfinished pull of that name left. @throws GatewayError MODEL_NOT_FOUND, MODEL_BUSY */
export async function removeModel(modelsDir: string, name: string): Promise<void> {
  const places = placesOf(modelsDir, name);
  if (!(await exists(places.model)) && !(await exists(places.staging))) throw await notFound(modelsDir, name);
  await withModelLock(modelsDir, places, async () => {
    // It is gone at once for everybody who looks; taking the files away may take a while.
    await mkdir(places.staging, { recursive: true });
    // Killed from here on, it leaves a folder without a plan, which the next one that works on the name takes away.
    await rm(places.plan, { force: true });
    if (await exists(places.model)) await rename(places.model, join(places.staging, `${REMOVED}${randomUUID()}`));
    await rm(places.staging, { recursive: true, force: true });
  });
}

async function describeFolder(name: string, folder: string): Promise<StoredModel | null> {
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory()) return null;
  const record = await readRecord(folder);
  const manifest = await readManifest(folder);
  return {
    name,
    kind: manifest === null ? 'checkpoint' : 'bundle',
    bytes: await folderBytes(folder),
    bytesTotal: null,
    repository: record?.repository ?? manifest?.source.repository ?? null,
    revision: record?.commit ?? manifest?.source.revision ?? null,
    at: record === null ? found.mtime : new Date(record.pulledAt),
  };
}

async function describeUnfinished(modelsDir: string, name: string): Promise<StoredModel | null> {
  if (!isModelName(name)) return null;
  const places = placesOf(modelsDir, name);
  const plan = await readPlan(places);
  const found = await stat(plan === null ? places.staging : places.plan).catch(() => null);
  if (found === null) return null;
  const folders = plan === null ? [places.staging] : [places.parts, places.whole];
  const sizes = await Promise.all(folders.map(folderBytes));
  return {
    name,
    kind: 'unfinished',
    bytes: sizes.reduce((sum, bytes) => sum + bytes, 0),
    bytesTotal: plan?.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
    repository: plan?.repository ?? null,
    revision: plan?.commit ?? null,
    at: found.mtime,
  };
}

/** Enough of a manifest to know a bundle and where it comes from, also one of a newer format. */
const identitySchema = z.object({
  formatVersion: z.int(),
  graphs: z.record(z.string(), z.unknown()),
  source: z.object({ repository: z.string(), revision: z.string() }),
});

async function readManifest(folder: string): Promise<z.output<typeof identitySchema> | null> {
  const parsed = identitySchema.safeParse(await readManifestJson(folder));
  return parsed.success ? parsed.data : null;
}

async function readManifestJson(folder: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8'));
  } catch {
    return undefined;
  }
}

/** A file that record and manifest see differently is in the list twice: it cannot be right. */
async function expectedFiles(folder: string): Promise<RecordedFile[]> {
  const recorded = (await readRecord(folder))?.files ?? [];
  const manifest = manifestSchema.safeParse(await readManifestJson(folder));
  const known = new Map(recorded.map((file) => [file.path, file.sha256]));
  const named = manifest.success ? bundleFiles(manifest.data) : [];
  return [...recorded, ...named.filter(({ path, sha256 }) => known.get(path) !== sha256)];
}

async function hashOf(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<{ readonly bytes: number; readonly sha256: string } | null> {
  const found = await stat(path).catch((error: unknown) => {
    if (/^(ENOENT|ENOTDIR)$/.test(systemErrorCode(error) ?? '')) return null;
    throw error;
  });
  if (!found?.isFile()) return null;
  const hasher = new FileHasher(null, found.size);
  await hashFile(path, hasher, signal, { onBytes });
  return { bytes: found.size, sha256: hasher.sha256 };
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

async function notFound(modelsDir: string, name: string): Promise<GatewayError> {
  const names = (await listModels(modelsDir)).filter(({ kind }) => kind !== 'unfinished').map((model) => model.name);
  return new GatewayError(
    'MODEL_NOT_FOUND',
    `The models folder ${modelsDir} has no model ${name}; it has ${names.join(', ') || 'none'}.`,
  );
}
