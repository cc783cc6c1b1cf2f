/** Rows straight into the database, where only what is read from them matters. */
import type { ImageRecord } from '../../src/services/index.js';
import { insertImage } from '../../src/storage/images.js';
import type { Storage } from '../../src/storage/index.js';

/** An image without a file. */
export async function storeImage(storage: Storage, row: Partial<ImageRecord> = {}): Promise<ImageRecord> {
  const record: ImageRecord = {
    ...{ id: storage.nextId(), width: 8, height: 8, byteSize: 1, sha256: '0'.repeat(64), origin: 'UPLOADED' },
    ...{ mediaType: 'image/png', thumbhash: '', taskId: null, sourceId: null, conversationId: null, recipe: null },
    createdAt: new Date(),
    ...row,
  };
  await insertImage(storage.db, record, null);
  return record;
}
