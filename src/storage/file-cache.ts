/**
 * A bounded folder of files that can be made again. What was not used for longest goes first. Files are told by their keys; a key's
 * bytes never change. It is a help and never an obstacle: where the disk refuses, the bytes are made each time.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { toStorageError } from './failure.js';

export interface FileCache {
  /** The bytes under `key` (letters, digits, `-`, `.`); made by `make` when they are not there, once for all who ask meanwhile. */
  get(key: string, make: () => Promise<Buffer>): Promise<Buffer>;
  /** Forgets every key that begins so. */
  forget(prefix: string): Promise<void>;
  /** Of all files. */
  readonly byteSize: number;
}

export interface FileCacheOptions {
  readonly folder: string;
  /** Of all files together; 0 keeps nothing. */
  readonly maxBytes: number;
}

/** @throws GatewayError STORAGE_FAILED when the folder cannot be made */
export async function openFileCache({ folder, maxBytes }: FileCacheOptions): Promise<FileCache> {
  /** Key to size; the one that was used last is the last. */
  const sizes = new Map<string, number>();
  const making = new Map<string, Promise<Buffer>>();
  let byteSize = 0;

  const remove = async (key: string): Promise<void> => {
    byteSize -= sizes.get(key) ?? 0;
    sizes.delete(key);
    await rm(join(folder, key), { force: true });
  };

  const makeRoom = async (bytes: number): Promise<void> => {
    for (const key of [...sizes.keys()]) {
      if (byteSize + bytes <= maxBytes) return;
      await remove(key);
    }
  };

  const keep = async (key: string, bytes: Buffer): Promise<void> => {
    if (bytes.byteLength > maxBytes) return;
    const written = join(folder, `.${randomUUID()}`);
    try {
      await makeRoom(bytes.byteLength);
      await writeFile(written, bytes);
      await rename(written, join(folder, key));
      byteSize += bytes.byteLength - (sizes.get(key) ?? 0);
      sizes.set(key, bytes.byteLength);
    } catch {
      await rm(written, { force: true }).catch(() => undefined);
    }
  };

  const read = async (key: string): Promise<Buffer | null> => {
    const size = sizes.get(key);
    if (size === undefined) return null;
    sizes.delete(key);
    sizes.set(key, size);
    try {
      const bytes = await readFile(join(folder, key));
      // The order of use, for the next start.
      void utimes(join(folder, key), new Date(), new Date()).catch(() => undefined);
      if (bytes.byteLength === size) return bytes;
    } catch {
      // Somebody tidied up: made again below.
    }
    await remove(key).catch(() => undefined);
    return null;
  };

  const readOrMake = async (key: string, make: () => Promise<Buffer>): Promise<Buffer> => {
    const known = await read(key);
    if (known !== null) return known;
    const bytes = await make();
    await keep(key, bytes);
    return bytes;
  };

  try {
    await mkdir(folder, { recursive: true });
    const files = await Promise.all(
      (await readdir(folder)).map(async (name) => {
        const { size, mtimeMs } = await stat(join(folder, name));
        return { name, size, mtimeMs };
      }),
    );
    for (const { name, size } of files.sort((left, right) => left.mtimeMs - right.mtimeMs)) {
      sizes.set(name, size);
      byteSize += size;
      // What a crash left half-written.
      if (name.startsWith('.')) await remove(name);
    }
    await makeRoom(0);
  } catch (error) {
    throw toStorageError(error, `open the folder of smaller pictures ${folder}`);
  }

  return {
    get(key, make) {
      const known = making.get(key);
      if (known !== undefined) return known;
      const made = readOrMake(key, make).finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },

    async forget(prefix) {
      await Promise.all(
        [...making].filter(([key]) => key.startsWith(prefix)).map(([, made]) => made.catch(() => null)),
      );
      for (const key of [...sizes.keys()].filter((known) => known.startsWith(prefix))) await remove(key);
    },

    get byteSize() {
      return byteSize;
    },
  };
}
