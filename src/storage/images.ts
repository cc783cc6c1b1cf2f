/** Rows of `images` and `uploads`. Several rows may name the same blob. */
import type { Selectable } from 'kysely';

import type { ImageFilter, ImageRecord, Page, PageRequest, RecipeRecord } from '../services/domain.js';
import type { Database } from './database.js';
import { contains, inRange, readPage, readPages, rowsInGroups } from './page.js';
import { fromEpochMs, type ImagesTable, toDate, type UploadsTable } from './schema.js';

/** A picture that was received and stored but is not yet an image that anybody sees. */
export interface UploadRow {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly receivedBytes: number;
  readonly byteSize: number;
  readonly sha256: string;
  readonly mediaType: string;
  readonly thumbhash: string;
  readonly imageId: string | null;
  readonly recipe: RecipeRecord | null;
  readonly createdAt: Date;
}

/** @param taskIndex which picture of its task, from 0; null for an upload */
export async function insertImage(db: Database, record: ImageRecord, taskIndex: number | null): Promise<void> {
  await db
    .insertInto('images')
    .values({
      id: record.id,
      width: record.width,
      height: record.height,
      byte_size: record.byteSize,
      sha256: record.sha256,
      media_type: record.mediaType,
      thumbhash: record.thumbhash,
      origin: record.origin,
      task_id: record.taskId,
      task_index: taskIndex,
      source_id: record.sourceId,
      conversation_id: record.conversationId,
      recipe: record.recipe === null ? null : JSON.stringify(record.recipe),
      prompt: record.recipe?.prompt ?? null,
      created_at: record.createdAt.getTime(),
    })
    .execute();
}

export async function findImages(db: Database, ids: readonly string[]): Promise<ImageRecord[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('images').selectAll().where('id', 'in', ids).execute();
  return rows.map(toImageRecord);
}

/** Images of tasks in the order in which each task made them. */
export async function findImagesOfTasks(
  db: Database,
  taskIds: readonly string[],
): Promise<{ readonly id: string; readonly taskId: string; readonly index: number }[]> {
  if (taskIds.length === 0) return [];
  const query = db
    .selectFrom('images')
    .select(['id', 'task_id', 'task_index'])
    .where('task_id', 'in', taskIds)
    .orderBy('task_index');
  return (await query.execute()).map((row) => ({ id: row.id, taskId: row.task_id ?? '', index: row.task_index ?? 0 }));
}

/** Images that were said in a conversation belong to it from then on, unless they already belong to one. */
export async function adoptImages(db: Database, ids: readonly string[], conversationId: string): Promise<void> {
  if (ids.length === 0) return;
  await db
    .updateTable('images')
    .set({ conversation_id: conversationId })
    .where('id', 'in', ids)
    .where('conversation_id', 'is', null)
    .execute();
}

/** Newest first. */
export function pageOfImages(db: Database, page: PageRequest, filter: ImageFilter): Promise<Page<ImageRecord>> {
  const matching = () => {
    let query = db.selectFrom('images');
    if (filter.origin !== undefined) query = query.where('origin', '=', filter.origin);
    if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId);
    if (filter.taskId !== undefined) query = query.where('task_id', '=', filter.taskId);
    if (filter.createdAfter !== undefined) query = query.where('created_at', '>', filter.createdAfter.getTime());
    if (filter.createdBefore !== undefined) query = query.where('created_at', '<', filter.createdBefore.getTime());
    if (filter.search !== undefined && filter.search !== '') query = query.where(contains('prompt', filter.search));
    return query;
  };
  return readPage(page, {
    order: 'desc',
    select: async (range) => (await inRange(matching().selectAll(), 'images.id', range).execute()).map(toImageRecord),
    count: async () =>
      Number(
        (
          await matching()
            .select(({ fn }) => fn.countAll().as('count'))
            .executeTakeFirstOrThrow()
        ).count,
      ),
  });
}

/**
 * Images that were made from each of `groups`, or in each of them; newest first.
 *
 * @returns a page for each group, in their order
 */
export function pagesOfImages(
  db: Database,
  by: 'source_id' | 'conversation_id',
  groups: readonly string[],
  page: PageRequest,
): Promise<Page<ImageRecord>[]> {
  return readPages(
    page,
    groups,
    rowsInGroups(db, { table: 'images', column: by, groups, order: 'desc' }, toImageRecord),
  );
}

/** Whether any row still names the blob. */
export async function isBlobReferenced(db: Database, sha256: string): Promise<boolean> {
  const image = await db.selectFrom('images').select('id').where('sha256', '=', sha256).limit(1).executeTakeFirst();
  if (image !== undefined) return true;
  return (
    (await db.selectFrom('uploads').select('id').where('sha256', '=', sha256).limit(1).executeTakeFirst()) !== undefined
  );
}

/** All of them: who deletes a conversation must know each. */
export async function imagesOfConversation(db: Database, conversationId: string): Promise<ImageRecord[]> {
  const query = db.selectFrom('images').selectAll().where('conversation_id', '=', conversationId).orderBy('id');
  return (await query.execute()).map(toImageRecord);
}

/** What was made from it stays, without a source. */
export async function deleteImage(db: Database, id: string): Promise<void> {
  await db.deleteFrom('images').where('id', '=', id).execute();
}

export async function insertUpload(db: Database, upload: UploadRow): Promise<void> {
  await db
    .insertInto('uploads')
    .values({
      id: upload.id,
      width: upload.width,
      height: upload.height,
      received_bytes: upload.receivedBytes,
      byte_size: upload.byteSize,
      sha256: upload.sha256,
      media_type: upload.mediaType,
      thumbhash: upload.thumbhash,
      image_id: upload.imageId,
      recipe: upload.recipe === null ? null : JSON.stringify(upload.recipe),
      created_at: upload.createdAt.getTime(),
    })
    .execute();
}

export async function findUpload(db: Database, id: string): Promise<UploadRow | undefined> {
  const row = await db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toUploadRow(row);
}

export async function linkUpload(db: Database, id: string, imageId: string): Promise<void> {
  await db.updateTable('uploads').set({ image_id: imageId }).where('id', '=', id).execute();
}

/** Uploads from before `time` that nobody made an image of. */
export async function findAbandonedUploads(db: Database, time: Date): Promise<UploadRow[]> {
  const query = db
    .selectFrom('uploads')
    .selectAll()
    .where('image_id', 'is', null)
    .where('created_at', '<', time.getTime());
  return (await query.execute()).map(toUploadRow);
}

export async function deleteUpload(db: Database, id: string): Promise<void> {
  await db.deleteFrom('uploads').where('id', '=', id).execute();
}

function toImageRecord(row: Selectable<ImagesTable>): ImageRecord {
  return {
    id: row.id,
    width: row.width,
    height: row.height,
    byteSize: row.byte_size,
    sha256: row.sha256,
    origin: row.origin,
    mediaType: row.media_type,
    thumbhash: row.thumbhash,
    taskId: row.task_id,
    sourceId: row.source_id,
    conversationId: row.conversation_id,
    recipe: row.recipe === null ? null : JSON.parse(row.recipe),
    createdAt: toDate(row.created_at),
  };
}

function toUploadRow(row: Selectable<UploadsTable>): UploadRow {
  return {
    id: row.id,
    width: row.width,
    height: row.height,
    receivedBytes: row.received_bytes,
    byteSize: row.byte_size,
    sha256: row.sha256,
    mediaType: row.media_type,
    thumbhash: row.thumbhash,
    imageId: row.image_id,
    recipe: row.recipe === null ? null : JSON.parse(row.recipe),
    createdAt: new Date(fromEpochMs(row.created_at)),
  };
}
