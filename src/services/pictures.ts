/** A picture's file in the blob folder, and what its row says of it. */
import type { RgbImage } from '../plugin/contract.js';
import { isBlobReferenced } from '../storage/images.js';
import type { Storage } from '../storage/index.js';
import type { ImageRecord } from './domain.js';
import { encodePng, thumbhashOf } from './image-codec.js';

export type StoredPicture = Pick<ImageRecord, 'width' | 'height' | 'byteSize' | 'sha256' | 'mediaType' | 'thumbhash'>;

/**
 * Stores the picture's file, then lets `record` write the rows that name it. When those cannot be written the file goes too, unless
 * another picture has the same bytes: either all of it is saved or nothing.
 *
 * @param text goes into the file as text chunks
 * @throws GatewayError STORAGE_FULL, STORAGE_FAILED
 */
export async function savePicture<Result>(
  storage: Storage,
  image: RgbImage,
  text: Readonly<Record<string, string>>,
  record: (stored: StoredPicture) => Promise<Result>,
): Promise<Result> {
  const [png, thumbhash] = await Promise.all([encodePng(image, text), thumbhashOf(image)]);
  const { sha256, byteSize, release } = await storage.blobs.put(png);
  try {
    return await record({
      width: image.width,
      height: image.height,
      byteSize,
      sha256,
      mediaType: 'image/png',
      thumbhash,
    });
  } catch (error) {
    release();
    await discardBlob(storage, sha256).catch(() => undefined);
    throw error;
  } finally {
    release();
  }
}

/** Removes a file that no row names any more. @returns whether it was one */
export async function discardBlob(storage: Storage, sha256: string): Promise<boolean> {
  if (await isBlobReferenced(storage.db, sha256)) return false;
  await storage.blobs.remove(sha256);
  return true;
}
