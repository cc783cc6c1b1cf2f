/**
 * A content-addressed folder: a blob's name is the sha256 of its bytes, two levels deep (`ab/cd/abcd…`). A blob is written beside its
 * place and renamed into it, so that no reader ever sees half of one; then file and folder go to the disk together, which takes
 * half as long as one after the other. A power cut between may leave a damaged blob in its place, before anybody was told of it:
 * storing the same bytes again mends it.
 */
import { randomUUID, webcrypto } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { GatewayError } from '../errors/index.js';
import { failureCode, toStorageError } from './failure.js';

export interface StoredBlob {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  readonly byteSize: number;
  /** Until this is called, `remove` leaves the blob alone: whoever stored it has not yet written down that it is needed. */
  release(): void;
}

export interface BlobStore {
  /** @throws GatewayError STORAGE_FULL, STORAGE_FAILED; nothing is left behind then */
  put(bytes: Uint8Array): Promise<StoredBlob>;
  /** @throws GatewayError STORAGE_FAILED also when there is no such blob */
  read(sha256: string): Promise<Buffer>;
  has(sha256: string): Promise<boolean>;
  /** No error when there is no such blob. One that was just stored and not yet released stays. */
  remove(sha256: string): Promise<void>;
}

/** Opens the folder, making it where it is absent, and sweeps what a crash left half-written. */
export async function openBlobFolder(root: string): Promise<BlobStore> {
  const temporary = join(root, 'tmp');
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
  } catch (error) {
    throw toStorageError(error, `open the blob folder ${root}`);
  }

  const pathOf = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`Not a sha256: ${sha256}`);
    return join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };

  /** How many hold a blob that they have stored; and files that are being removed. */
  const holders = new Map<string, number>();
  const removals = new Map<string, Promise<void>>();

  /** @returns a function that lets go, once */
  const hold = (sha256: string): (() => void) => {
    holders.set(sha256, (holders.get(sha256) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const others = (holders.get(sha256) ?? 1) - 1;
      if (others === 0) holders.delete(sha256);
      else holders.set(sha256, others);
    };
  };

  /** Whether the very bytes are in their place. */
  const holds = async (place: string, bytes: Uint8Array): Promise<boolean> => {
    try {
      return (await readFile(place)).equals(bytes);
    } catch (error) {
      if (failureCode(error) === 'ENOENT') return false;
      throw toStorageError(error, 'read a stored file');
    }
  };

  const write = async (place: string, bytes: Uint8Array): Promise<void> => {
    if (await holds(place, bytes)) return;
    let written = join(temporary, randomUUID());
    try {
      await mkdir(dirname(place), { recursive: true });
      const file = await open(written, 'wx');
      try {
        await file.writeFile(bytes);
        await rename(written, place);
        written = place;
        // Without the folder's flush the new name itself could be lost in a power cut.
        await Promise.all([file.sync(), flushFolder(dirname(place))]);
      } finally {
        await file.close();
      }
    } catch (error) {
      await rm(written, { force: true }).catch(() => undefined);
      throw toStorageError(error, 'store a picture');
    }
  };

  const has = async (sha256: string): Promise<boolean> => {
    try {
      return (await stat(pathOf(sha256))).isFile();
    } catch (error) {
      if (failureCode(error) === 'ENOENT') return false;
      throw toStorageError(error, 'look for a stored file');
    }
  };

  return {
    has,

    async put(bytes) {
      const sha256 = await hash(bytes);
      // Held before it is looked for: from here on nobody begins to remove it, and who has begun is waited for.
      const release = hold(sha256);
      try {
        await removals.get(sha256);
        await write(pathOf(sha256), bytes);
      } catch (error) {
        release();
        throw error;
      }
      return { sha256, byteSize: bytes.byteLength, release };
    },

    async read(sha256) {
      try {
        return await readFile(pathOf(sha256));
      } catch (error) {
        if (failureCode(error) === 'ENOENT') {
          throw new GatewayError(
            'STORAGE_FAILED',
            `The stored file ${sha256} is missing; restore the blob folder from a backup.`,
            {
              cause: error,
            },
          );
        }
        throw toStorageError(error, 'read a stored file');
      }
    },

    async remove(sha256) {
      if (holders.has(sha256)) return;
      const removal = rm(pathOf(sha256), { force: true });
      removals.set(
        sha256,
        removal.catch(() => undefined),
      );
      try {
        await removal;
      } catch (error) {
        throw toStorageError(error, 'remove a stored file');
      } finally {
        removals.delete(sha256);
      }
    },
  };
}

/** Beside the event loop, which `createHash` would hold for milliseconds over a big picture. */
async function hash(bytes: Uint8Array): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
