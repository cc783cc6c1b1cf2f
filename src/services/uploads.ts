/** Files that come in from outside. Nothing of a refused one stays. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { GatewayError } from '../errors/index.js';
import { failureCode, toStorageError } from '../storage/failure.js';
import { deleteUpload, findAbandonedUploads, insertUpload } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import type { UploadService } from './domain.js';
import { decodePicture } from './image-codec.js';
import { discardBlob, savePicture } from './pictures.js';
import { readRecipe } from './recipe.js';

export interface UploadOptions {
  /** Folder for what is being received; swept at the start. */
  readonly temporaryDir: string;
  readonly maxBytes: number;
  /** Width times height. */
  readonly maxPixels: number;
  /** Characters of a prompt that a file may say. */
  readonly promptChars: number;
}

/** How long an upload waits for its `createImage`. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

export async function createUploadService(
  storage: Storage,
  { temporaryDir, maxBytes, maxPixels, promptChars }: UploadOptions,
): Promise<UploadService> {
  try {
    await rm(temporaryDir, { recursive: true, force: true });
    await mkdir(temporaryDir, { recursive: true });
  } catch (error) {
    throw toStorageError(error, `open the folder for uploads ${temporaryDir}`);
  }
  await sweepAbandoned(storage);

  return {
    async receive(stream) {
      const path = join(temporaryDir, randomUUID());
      try {
        const receivedBytes = await receiveInto(path, stream, maxBytes);
        // Decoded here and now: so that what is no picture is refused at the door, and no original metadata is ever stored.
        const image = await decodePicture(path, maxPixels);
        const recipe = await readRecipe(path, promptChars);
        return await savePicture(storage, image, {}, async (stored) => {
          const id = storage.nextId();
          await insertUpload(storage.db, {
            id,
            receivedBytes,
            ...stored,
            imageId: null,
            recipe,
            createdAt: new Date(),
          });
          return { uploadId: id, byteSize: receivedBytes, width: stored.width, height: stored.height };
        });
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

/** @returns how many bytes came */
async function receiveInto(
  path: string,
  stream: Readable | AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<number> {
  let received = 0;
  const limit = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.byteLength;
      if (received > maxBytes)
        done(new GatewayError('UPLOAD_TOO_LARGE', `The upload has more than ${maxBytes} bytes, which is the limit.`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(
      stream instanceof Readable ? stream : Readable.from(stream, { objectMode: false }),
      limit,
      createWriteStream(path, { flags: 'wx' }),
    );
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    // What fails at the file names a system call; anything else is the sender's end of the line.
    if (error instanceof Error && 'syscall' in error && 'path' in error)
      throw toStorageError(error, 'receive an upload');
    if (failureCode(error) === 'ENOSPC') throw toStorageError(error, 'receive an upload');
    throw new GatewayError('BAD_INPUT', 'The upload broke off before its end; send it again.', { cause: error });
  }
  return received;
}

async function sweepAbandoned(storage: Storage): Promise<void> {
  for (const upload of await findAbandonedUploads(storage.db, new Date(Date.now() - ABANDONED_AFTER_MS))) {
    await deleteUpload(storage.db, upload.id);
    await discardBlob(storage, upload.sha256);
  }
}
