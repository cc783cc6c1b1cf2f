/**
 * Taking things away for good. What would be felt elsewhere is refused with IN_USE and named; `force` does it all the same and
 * tells what it did.
 */
import { GatewayError } from '../errors/index.js';
import { deleteConversation, findConversations } from '../storage/conversations.js';
import { deleteImage, findImages, imagesOfConversation } from '../storage/images.js';
import type { FileCache } from '../storage/file-cache.js';
import type { Database, Storage } from '../storage/index.js';
import { unfinishedTaskIds, usesOfImage } from '../storage/uses.js';
import type { EventHub } from '../tasks/event-hub.js';
import type { TaskStore } from '../tasks/store.js';
import type { DeletionService, ImageRecord } from './domain.js';
import { variantPrefix } from './images.js';
import { discardBlob } from './pictures.js';
import { existing } from './records.js';

export interface DeletionOptions {
  readonly storage: Storage;
  readonly store: TaskStore;
  /** Told what is gone, for those who follow it. */
  readonly hub: Pick<EventHub, 'retire'>;
  /** Copies in other sizes, which go with the file. */
  readonly variants: FileCache;
  /** It is found no more. */
  readonly forget: (imageId: string) => void;
}

export function createDeletionService({ storage, store, hub, variants, forget }: DeletionOptions): DeletionService {
  const { db } = storage;

  const imageOf = async (tx: Database, id: string): Promise<ImageRecord> =>
    existing((await findImages(tx, [id]))[0], 'image', id);

  /** @returns those that were cancelled; one that ended by itself meanwhile is none of them */
  const cancelAll = async (taskIds: readonly string[]): Promise<string[]> => {
    const cancelled: string[] = [];
    for (const id of taskIds) {
      try {
        await store.cancel(id);
        cancelled.push(id);
      } catch (error) {
        if (!(error instanceof GatewayError && (error.code === 'TASK_ENDED' || error.code === 'NOT_FOUND')))
          throw error;
      }
    }
    return cancelled;
  };

  const forgetFiles = async (images: readonly ImageRecord[]): Promise<void> => {
    for (const { id, sha256 } of images) {
      forget(id);
      if (await discardBlob(storage, sha256)) await variants.forget(variantPrefix(sha256));
    }
  };

  return {
    async image(id, { force = false } = {}) {
      const uses = await usesOfImage(db, await imageOf(db, id));
      if (!force) refuseInUse('image', uses.taskIds.length, uses.messageIds.length);
      const cancelledTaskIds = await cancelAll(uses.taskIds);

      const { image, messageIds } = await storage.transaction(async (tx) => {
        const found = await imageOf(tx, id);
        // Somebody may have begun to use it since it was looked at.
        const now = await usesOfImage(tx, found);
        refuseInUse('image', now.taskIds.length, force ? 0 : now.messageIds.length);
        await deleteImage(tx, id);
        return { image: found, messageIds: now.messageIds };
      });
      await forgetFiles([image]);
      return { cancelledTaskIds, messageIds };
    },

    async conversation(id, { force = false, withImages = false } = {}) {
      existing((await findConversations(db, [id]))[0], 'conversation', id);
      const unfinished = await unfinishedTaskIds(db, id);
      if (!force) refuseInUse('conversation', unfinished.length, 0);
      const cancelled = await cancelAll(unfinished);

      const { gone, kept } = await storage.transaction(async (tx) => {
        refuseInUse('conversation', (await unfinishedTaskIds(tx, id)).length, 0);
        const images = await imagesOfConversation(tx, id);
        await deleteConversation(tx, id);
        if (!withImages) return { gone: [], kept: images.length };
        // Its own messages and tasks went with it: whoever still uses an image is somebody else.
        const unused: ImageRecord[] = [];
        for (const image of images) {
          const { messageIds, taskIds: others } = await usesOfImage(tx, image);
          if (messageIds.length + others.length > 0) continue;
          await deleteImage(tx, image.id);
          unused.push(image);
        }
        return { gone: unused, kept: images.length - unused.length };
      });
      hub.retire(id);
      await forgetFiles(gone);
      return { cancelledTasks: cancelled.length, deletedImages: gone.length, keptImages: kept };
    },
  };
}

/** @throws GatewayError IN_USE when there is any use */
function refuseInUse(what: 'image' | 'conversation', tasks: number, messages: number): void {
  if (tasks + messages === 0) return;
  const users = [
    ...(tasks > 0 ? [`${tasks} unfinished ${tasks === 1 ? 'task' : 'tasks'}`] : []),
    ...(messages > 0 ? [`${messages} ${messages === 1 ? 'message' : 'messages'}`] : []),
  ].join(' and ');
  const consequences = [
    ...(tasks > 0 ? ['the tasks are cancelled'] : []),
    ...(messages > 0 ? ['the messages keep an empty place'] : []),
  ].join(' and ');
  throw new GatewayError(
    'IN_USE',
    `The ${what} is used by ${users}. To delete it all the same, set \`force\`: ${consequences}.`,
  );
}
