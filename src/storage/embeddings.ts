/** Rows of `image_embeddings`: one vector of a picture per embedding space. */
import { endianness } from 'node:os';

import type { Database } from './database.js';

export interface EmbeddingRow {
  readonly imageId: string;
  /** float32 [dimension] of length 1. */
  readonly vector: Float32Array;
}

/** @returns false when the image was deleted meanwhile */
export async function saveEmbedding(db: Database, space: string, { imageId, vector }: EmbeddingRow): Promise<boolean> {
  const text = toText(vector);
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('image_embeddings')
    .columns(['image_id', 'space', 'vector'])
    .expression(
      db
        .selectFrom('images')
        .select(({ val }) => ['id', val(space).as('space'), val(text).as('vector')])
        .where('id', '=', imageId),
    )
    .onConflict((conflict) => conflict.columns(['image_id', 'space']).doUpdateSet({ vector: text }))
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findEmbedding(db: Database, space: string, imageId: string): Promise<Float32Array | undefined> {
  const query = db.selectFrom('image_embeddings').select('vector').where('image_id', '=', imageId);
  const row = await query.where('space', '=', space).executeTakeFirst();
  return row === undefined ? undefined : fromText(row.vector);
}

/** In the order of the images' ids, from behind `after` on. */
export async function embeddingsAfter(
  db: Database,
  space: string,
  after: string,
  limit: number,
): Promise<EmbeddingRow[]> {
  const query = db
    .selectFrom('image_embeddings')
    .select(['image_id', 'vector'])
    .where('space', '=', space)
    .where('image_id', '>', after);
  const rows = await query.orderBy('image_id').limit(limit).execute();
  return rows.map(({ image_id, vector }) => ({ imageId: image_id, vector: fromText(vector) }));
}

/** Images that have no vector in the space yet, newest first. @param except those not to be tried again */
export async function imagesToEmbed(
  db: Database,
  space: string,
  except: readonly string[],
  limit: number,
): Promise<string[]> {
  let query = db
    .selectFrom('images')
    .select('id')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('image_embeddings')
            .select('image_id')
            .whereRef('image_id', '=', 'images.id')
            .where('space', '=', space),
        ),
      ),
    );
  if (except.length > 0) query = query.where('id', 'not in', except);
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(({ id }) => id);
}

function toText(vector: Float32Array): string {
  return swapped(Buffer.from(vector.slice().buffer)).toString('base64');
}

function fromText(text: string): Float32Array {
  const bytes = swapped(Buffer.from(text, 'base64'));
  // A copy: the bytes may begin anywhere in a buffer that others share.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** Stored little-endian, as nearly every machine has numbers. */
function swapped(bytes: Buffer): Buffer {
  return endianness() === 'LE' ? bytes : bytes.swap32();
}
