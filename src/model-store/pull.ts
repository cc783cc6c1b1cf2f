/**
 * `pull`: a model of a hub becomes a folder of the models folder. Whatever happens on the way, that folder is there whole or not at
 * all, and what was fetched is not fetched again.
 */
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { z } from 'zod';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';
import { downloadFile } from './download.js';
import { type FileChoice, fileFilter } from './globs.js';
import { FileHasher, hashFile } from './hashing.js';
import { HubClient } from './hub-client.js';
import type { HubLayout, RemoteFile, Snapshot } from './hubs/hub.js';
import { type ModelPlaces, exists, filesIn, namesIn, placesOf, publish, withModelLock } from './layout.js';
import { type RepositoryReference, printable, whyUnsafe } from './paths.js';
import { type ModelRecord, RECORD_FILE, readJson, readRecord, writeJson, writeRecord } from './record.js';
import { DEFAULT_RETRY, type RetryPolicy } from './retry.js';
import { type FreeSpaceProbe, checkSpace, freeSpace } from './space.js';

export interface PullOptions {
  /** Folder of models; made when it is not there. */
  readonly modelsDir: string;
  readonly reference: RepositoryReference;
  /** Name of the model's folder. Default: the last part of the repository. */
  readonly name?: string | undefined;
  readonly hub: { readonly layout: HubLayout; readonly url: string; readonly token?: string | undefined };
  /** Default: every file. */
  readonly choice?: FileChoice;
  /** Files fetched at once. Default 4. */
  readonly parallel?: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
  readonly retry?: Partial<RetryPolicy>;
  /** A connection that brings nothing for this long is cut and tried again. Default 60,000. */
  readonly stallMs?: number;
  /** Default: what the file system says. */
  readonly freeSpace?: FreeSpaceProbe;
}

export interface PullProgress {
  /** `checking` reads files of an earlier pull, `fetching` loads from the hub. */
  readonly phase: 'checking' | 'fetching';
  /** Of all files, those that were there before included. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone: number;
  readonly filesTotal: number;
}

export interface PulledModel {
  readonly name: string;
  readonly folder: string;
  readonly record: ModelRecord;
  /** `unchanged`: it was there already, and every file is right. */
  readonly outcome: 'new' | 'replaced' | 'unchanged';
}

/**
 * Fetches a repository, or goes on with it, or checks and mends what is there.
 *
 * @throws GatewayError BAD_INPUT, HUB_NOT_FOUND, HUB_FORBIDDEN, HUB_UNAVAILABLE, HUB_ANSWER_INVALID, DOWNLOAD_DAMAGED, STORAGE_FULL,
 *   STORAGE_FAILED, MODEL_BUSY, MODEL_EXISTS; the reason of `signal`
 */
export async function pullModel(asked: PullOptions): Promise<PulledModel> {
  const { modelsDir, reference, hub, retry, stallMs = 60_000 } = asked;
  const client = new HubClient({ ...hub, retry: { ...DEFAULT_RETRY, ...retry }, stallMs });
  const places = placesOf(modelsDir, asked.name ?? basename(reference.repository));

  return withModelLock(modelsDir, places, async (lock) => {
    const signal = AbortSignal.any([asked.signal, lock.signal]);
    const options = { ...asked, signal };

    // 1 what the hub has, and what of it is wanted: what an earlier pull chose or fetched stays
    const present = await presentRecord(places, client, reference.repository);
    const earlier = await earlierPlan(places, reference.repository);
    const snapshot = await client.layout.snapshot(client, reference, signal);
    checkPaths(snapshot);
    const staged = await stagedFiles(places, earlier, snapshot, signal);
    const stays = new Set([...(present?.files ?? []).map(({ path }) => path), ...staged.keys()]);
    const files = chooseFiles(snapshot, options.choice, stays);
    const progress = new ProgressCounter(files, options.onProgress);

    // 2 what is here already: a model of an earlier pull, files and parts of one that did not end
    const kept = present === null ? new Map<string, string>() : await matchingFiles(places, files, progress, options);
    if (present?.commit === snapshot.commit && kept.size === files.length)
      return { name: places.name, folder: places.model, record: present, outcome: 'unchanged' };
    const begun = await prepareStaging(places, snapshot, files, staged);

    // 3 the rest, if there is room for it
    const missing = files.filter(({ path }) => !kept.has(path) && !staged.has(path));
    await checkSpace(modelsDir, await bytesMissing(places, missing), options.freeSpace ?? freeSpace);
    progress.fetching(files.filter((file) => !missing.includes(file)));
    const fetched = await fetchAll(client, places, snapshot, missing, progress, options);

    // 4 whole: it gets its name
    await adopt(
      places,
      [...kept.keys()].filter((path) => !staged.has(path)),
    );
    if (present !== null) await adopt(places, await strangers(places, present, files));
    const hashes = new Map([...kept, ...staged, ...fetched]);
    const record = recordOf(client, snapshot, files, hashes);
    await writeRecord(places.whole, record);
    await lock.check();
    await publish(places);
    // What another choice has begun waits for the pull that wants it.
    if (begun.length > 0) await writePlan(places, snapshot, begun);
    else await rm(places.staging, { recursive: true, force: true });
    return { name: places.name, folder: places.model, record, outcome: present === null ? 'new' : 'replaced' };
  });
}

/** What is under the name now. @throws GatewayError MODEL_EXISTS when it is something else than an earlier state of the repository */
async function presentRecord(
  { name, model }: ModelPlaces,
  client: HubClient,
  repository: string,
): Promise<ModelRecord | null> {
  if (!(await exists(model))) return null;
  const record = await readRecord(model);
  if (record?.repository === repository && record.hub === client.layout.kind) return record;
  const what = record === null ? 'a folder that was not pulled' : `${record.repository} of ${record.hub}`;
  throw new GatewayError(
    'MODEL_EXISTS',
    `The models folder has ${what} under the name ${name}. Give the new one another name with --name, or remove the old one first.`,
  );
}

/** What an unfinished pull has begun. @throws GatewayError MODEL_EXISTS when that is another repository */
async function earlierPlan(places: ModelPlaces, repository: string): Promise<PullPlan | null> {
  const plan = await readPlan(places);
  if (plan === null || plan.repository === repository) return plan;
  const { name } = places;
  throw new GatewayError(
    'MODEL_EXISTS',
    `A pull of ${plan.repository} under the name ${name} has not ended. Give the new model another name with --name, or remove the unfinished one first: darkroom model remove ${name}.`,
  );
}

/** @throws GatewayError HUB_ANSWER_INVALID for a path that must not be written */
function checkPaths({ repository, files }: Snapshot): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    const fault =
      whyUnsafe(path) ??
      (paths.has(path) ? 'it is listed twice' : null) ??
      (isOfRecord(path) ? 'the name is taken' : null);
    if (fault !== null)
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `${repository} lists a file whose path "${printable(path)}" is refused: ${fault}. Nothing was fetched.`,
      );
    paths.add(path);
  }
  for (const path of paths) {
    const folder = foldersOf(path).find((candidate) => paths.has(candidate));
    if (folder !== undefined)
      throw new GatewayError('HUB_ANSWER_INVALID', `${repository} lists "${printable(folder)}" as file and as folder.`);
  }
}

/** The record's own name, drafts of it, and what a disk that does not tell cases apart takes for these. */
function isOfRecord(path: string): boolean {
  const [first = ''] = path.toLowerCase().split('/');
  return first === RECORD_FILE || first.startsWith(`${RECORD_FILE}.`);
}

/** `a/b` and `a` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** @param stays paths that are chosen whatever the patterns say, as long as the hub has them */
function chooseFiles(
  { repository, files }: Snapshot,
  choice: FileChoice = { include: [], exclude: [] },
  stays: ReadonlySet<string>,
): RemoteFile[] {
  const isWanted = fileFilter(choice);
  const chosen = files.filter(({ path }) => isWanted(path) || stays.has(path));
  const byLowerCase = new Map<string, string>();
  for (const { path } of chosen) {
    const other = byLowerCase.get(path.toLowerCase());
    // Many disks take them for one file.
    if (other !== undefined)
      throw new GatewayError(
        'HUB_ANSWER_INVALID',
        `${repository} lists "${printable(other)}" and "${printable(path)}", which differ only in case. Leave one of them out with --exclude.`,
      );
    byLowerCase.set(path.toLowerCase(), path);
  }
  if (chosen.length > 0) return chosen;
  const examples = files.slice(0, 5).map(({ path }) => path);
  throw new GatewayError(
    'BAD_INPUT',
    files.length === 0
      ? `${repository} has no files.`
      : `None of the ${files.length} files of ${repository} is chosen by --include and --exclude; there are ${examples.join(', ')}${files.length > 5 ? ', …' : ''}.`,
  );
}

/** Files of the model that is there, which are what the hub lists: sha256 by path. */
async function matchingFiles(
  { model }: ModelPlaces,
  files: readonly RemoteFile[],
  progress: ProgressCounter,
  { signal }: PullOptions,
): Promise<Map<string, string>> {
  const matching = new Map<string, string>();
  for (const file of files) {
    const path = join(model, file.path);
    const size = await sizeOf(path);
    // Without a hash of the hub, the same size in another commit proves nothing.
    if (size !== file.bytes || file.digest === null) {
      progress.add(file.bytes);
      continue;
    }
    const hasher = new FileHasher(file.digest, file.bytes);
    try {
      await hashFile(path, hasher, signal, { onBytes: (bytes) => progress.add(bytes) });
      if (hasher.comparable === file.digest.hex) matching.set(file.path, hasher.sha256);
    } catch (error) {
      signal.throwIfAborted();
      // A file that the disk cannot read is fetched anew.
      if (systemErrorCode(error) === undefined) throw error;
    }
    progress.fileDone();
  }
  return matching;
}

const planSchema = z.object({
  repository: z.string(),
  commit: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.int().nonnegative(),
      digest: z.object({ algorithm: z.enum(['sha256', 'git-sha1']), hex: z.string() }).nullable(),
    }),
  ),
});

/** What an unfinished pull is about. */
export type PullPlan = z.output<typeof planSchema>;

/** @returns null when nothing is unfinished */
export function readPlan({ plan }: ModelPlaces): Promise<PullPlan | null> {
  return readJson(plan, planSchema);
}

/**
 * Files of an unfinished pull that have come whole and are still what the hub lists, whether this pull wants them or not.
 *
 * @returns sha256 by path
 */
async function stagedFiles(
  places: ModelPlaces,
  earlier: PullPlan | null,
  { files }: Snapshot,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const listed = new Map(files.map(({ path, digest }) => [path, digest?.hex]));
  const staged = new Map<string, string>();
  for (const { path, bytes, digest } of earlier?.files ?? []) {
    const whole = join(places.whole, path);
    if (digest === null || listed.get(path) !== digest.hex || (await sizeOf(whole)) !== bytes) continue;
    // A file in `whole/` was right when it came; only its sha256 may be unknown.
    const hasher = new FileHasher(digest, bytes);
    if (digest.algorithm === 'git-sha1') await hashFile(whole, hasher, signal);
    staged.set(path, digest.algorithm === 'sha256' ? digest.hex : hasher.sha256);
  }
  return staged;
}

/**
 * Makes the folders, drops what is no longer on the hub, and writes down what is wanted now.
 *
 * @returns files that are not wanted now, but have begun to arrive
 */
async function prepareStaging(
  places: ModelPlaces,
  snapshot: Snapshot,
  files: readonly RemoteFile[],
  staged: ReadonlyMap<string, string>,
): Promise<RemoteFile[]> {
  await mkdir(places.parts, { recursive: true });
  await mkdir(places.whole, { recursive: true });
  for (const path of await filesIn(places.whole)) if (!staged.has(path)) await rm(join(places.whole, path));
  // What was a folder of another version may be a file of this one.
  for (const { path } of files)
    if (!staged.has(path)) await rm(join(places.whole, path), { recursive: true, force: true });
  const listed = new Map(snapshot.files.map((file) => [basename(partOf(places, file)), file]));
  const begun = new Set<RemoteFile>();
  for (const name of await namesIn(places.parts)) {
    const file = listed.get(name.replace(/\.etag$/, ''));
    if (file === undefined) await rm(join(places.parts, name), { force: true });
    else if (!files.includes(file)) begun.add(file);
  }
  await writePlan(places, snapshot, [...files, ...begun]);
  return [...begun];
}

function writePlan(
  { plan }: ModelPlaces,
  { repository, commit }: Snapshot,
  files: readonly RemoteFile[],
): Promise<void> {
  return writeJson(plan, { repository, commit, files });
}

/** The part of another version of a file has another name, so it is never gone on with. */
function partOf({ parts }: ModelPlaces, { path, bytes, digest }: RemoteFile): string {
  const identity = createHash('sha256').update(JSON.stringify([path, bytes, digest?.hex ?? null]));
  return join(parts, identity.digest('hex').slice(0, 32));
}

async function bytesMissing(places: ModelPlaces, files: readonly RemoteFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += Math.max(0, file.bytes - ((await sizeOf(partOf(places, file))) ?? 0));
  return bytes;
}

/** Several at once, the largest first. The first failure ends the others. @returns sha256 by path */
async function fetchAll(
  client: HubClient,
  places: ModelPlaces,
  snapshot: Snapshot,
  files: readonly RemoteFile[],
  progress: ProgressCounter,
  { parallel = 4, signal }: PullOptions,
): Promise<Map<string, string>> {
  const queue = [...files].sort((one, other) => other.bytes - one.bytes);
  const hashes = new Map<string, string>();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  // Each download listens; that is no leak.
  setMaxListeners(0, either);
  const worker = async () => {
    for (let file = queue.shift(); file !== undefined && !either.aborted; file = queue.shift()) {
      const target = join(places.whole, file.path);
      await mkdir(dirname(target), { recursive: true });
      const sha256 = await downloadFile({
        client,
        file,
        target,
        repository: snapshot.repository,
        address: client.layout.filePath(snapshot, file.path),
        part: partOf(places, file),
        signal: either,
        onBytes: (bytes) => progress.add(bytes),
      });
      hashes.set(file.path, sha256);
      progress.fileDone();
    }
  };
  const workers = Array.from({ length: Math.min(parallel, queue.length) }, () =>
    worker().catch((error: unknown) => {
      if (!either.aborted) failed.abort(error);
    }),
  );
  await Promise.all(workers);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return hashes;
}

/** Files of the model that is there, into the one that replaces it. */
async function adopt({ model, whole }: ModelPlaces, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const target = join(whole, path);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    // A second name costs nothing; where the file system has no hard links, a copy does.
    await link(join(model, path), target).catch(() => copyFile(join(model, path), target));
  }
}

/** Files of the model that is there which somebody else put there, and for which there is room in the one that replaces it. */
async function strangers(
  { model, whole }: ModelPlaces,
  present: ModelRecord,
  files: readonly RemoteFile[],
): Promise<string[]> {
  const recorded = new Set(present.files.map(({ path }) => path));
  const paths = new Set(files.map(({ path }) => path));
  const found: string[] = [];
  for (const path of await filesIn(model)) {
    if (recorded.has(path) || isOfRecord(path) || foldersOf(path).some((folder) => paths.has(folder))) continue;
    if (!(await exists(join(whole, path)))) found.push(path);
  }
  return found;
}

function recordOf(
  client: HubClient,
  { repository, revision, commit }: Snapshot,
  files: readonly RemoteFile[],
  hashes: ReadonlyMap<string, string>,
): ModelRecord {
  return {
    formatVersion: 1,
    hub: client.layout.kind,
    url: client.url,
    repository,
    revision,
    commit,
    pulledAt: new Date().toISOString(),
    files: files.map(({ path, bytes }) => {
      const sha256 = hashes.get(path);
      if (sha256 === undefined) throw new TypeError(`${path} was neither kept nor fetched.`);
      return { path, bytes, sha256 };
    }),
  };
}

/** Null when there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : null),
    () => null,
  );
}

/** Counts bytes and files of the phase that is on. */
class ProgressCounter {
  readonly #tell: ((progress: PullProgress) => void) | undefined;
  readonly #bytesTotal: number;
  readonly #filesTotal: number;
  #phase: PullProgress['phase'] = 'checking';
  #bytesDone = 0;
  #filesDone = 0;

  constructor(files: readonly RemoteFile[], tell: ((progress: PullProgress) => void) | undefined) {
    this.#tell = tell;
    this.#bytesTotal = sumBytes(files);
    this.#filesTotal = files.length;
  }

  /** The second phase begins; `done` need not be fetched. */
  fetching(done: readonly RemoteFile[]): void {
    this.#phase = 'fetching';
    this.#bytesDone = sumBytes(done);
    this.#filesDone = done.length;
    this.#report();
  }

  /** @param bytes negative when a part is dropped */
  add(bytes: number): void {
    this.#bytesDone += bytes;
    this.#report();
  }

  fileDone(): void {
    this.#filesDone += 1;
    this.#report();
  }

  #report(): void {
    this.#tell?.({
      phase: this.#phase,
      bytesDone: this.#bytesDone,
      bytesTotal: this.#bytesTotal,
      filesDone: this.#filesDone,
      filesTotal: this.#filesTotal,
    });
  }
}

function sumBytes(files: readonly RemoteFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
