/** A local hub, a models folder, and a pull that does not wait long. */
import { randomBytes } from 'node:crypto';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, jest } from '@jest/globals';

import {
  HUBS,
  type HubKind,
  type PullOptions,
  type PulledModel,
  parseRepository,
  pullModel,
} from '../../../src/model-store/index.js';
import { type HubServer, sha256, startHubServer } from '../../support/hub-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

export interface Workplace {
  readonly hub: HubServer;
  readonly modelsDir: string;
  pull(repository: string, options?: Partial<PullOptions> & { kind?: HubKind; token?: string }): Promise<PulledModel>;
}

/** Fresh for each test of the file. */
export function workplace(): Workplace {
  let hub: HubServer;
  let modelsDir: string;
  // Much waiting for connections and disk; a busy machine makes it long.
  jest.setTimeout(120_000);
  beforeEach(async () => {
    modelsDir = join(await temporaryFolder(), 'models');
    hub = await startHubServer({ hasArrived: (bytes) => hasPart(modelsDir, bytes) });
  });
  afterEach(() => hub.stop());
  return {
    get hub() {
      return hub;
    },
    get modelsDir() {
      return modelsDir;
    },
    pull: (repository, { kind = 'huggingface', token, ...options } = {}) =>
      pullModel({
        modelsDir,
        reference: parseRepository(repository),
        hub: { layout: HUBS[kind], url: hub.url, token },
        signal: new AbortController().signal,
        retry: { firstWaitMs: 1, maxWaitMs: 5, attempts: 4 },
        ...options,
      }),
  };
}

/** Whether an unfinished pull has put so many bytes of some file on the disk. */
async function hasPart(modelsDir: string, bytes: number): Promise<boolean> {
  const partial = join(modelsDir, '.partial');
  const files = await readdir(partial, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = files
    .filter((entry) => entry.isFile() && entry.parentPath.endsWith('parts'))
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => -1,
      ),
    );
  return (await Promise.all(sizes)).includes(bytes);
}

/** Waits for something that will be. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10);
}

/** Content that nothing else resembles. */
export function bytes(count: number): Buffer {
  return randomBytes(count);
}

/** sha256 by path of every file of a folder, the record of the pull left out. Hashes, because jest compares buffers byte by byte. */
export async function hashesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== '.darkroom-model.json');
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const hashes = await Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path.slice(folder.length + 1), sha256(await readFile(path))]),
  );
  return Object.fromEntries(hashes);
}

/** What `hashesIn` says of a folder with these files. */
export function hashesOf(files: Readonly<Record<string, Buffer | string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, sha256(content)]));
}

export const isThere = async (folder: string): Promise<boolean> =>
  readdir(folder).then(
    () => true,
    () => false,
  );
