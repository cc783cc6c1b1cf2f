import { GatewayError } from '../errors/index.js';
import {
  findConversations,
  insertConversation,
  pageOfConversations,
  updateConversation,
} from '../storage/conversations.js';
import type { Storage } from '../storage/index.js';
import type { ConversationRecord, ConversationService } from './domain.js';
import type { Models } from './models.js';
import { existing, inOrderOf } from './records.js';

const MAX_TITLE_CHARS = 200;

export function createConversationService(storage: Storage, models: Models): ConversationService {
  const { db } = storage;

  const get = async (id: string): Promise<ConversationRecord> =>
    existing((await findConversations(db, [id]))[0], 'conversation', id);

  return {
    get,
    getMany: async (ids) => inOrderOf(ids, await findConversations(db, ids)),
    list: (page, filter = {}) => pageOfConversations(db, page, filter.search),

    async create({ title = '', modelId }) {
      const model = models.choose(modelId);
      const now = new Date();
      const record: ConversationRecord = {
        id: storage.nextId(),
        title: checkTitle(title),
        modelId: model.id,
        createdAt: now,
        updatedAt: now,
      };
      await insertConversation(db, record);
      return record;
    },

    async rename(id, title) {
      const found = await updateConversation(db, id, { title: checkTitle(title), updatedAt: new Date() });
      if (!found) existing(null, 'conversation', id);
      return get(id);
    },
  };
}

/** A title from the first words of a conversation. */
export function titleFrom(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= 60 ? line : `${characters.slice(0, 59).join('').trimEnd()}…`;
}

function checkTitle(title: string): string {
  if (title.length <= MAX_TITLE_CHARS) return title.trim();
  throw new GatewayError('BAD_INPUT', `A title has at most ${MAX_TITLE_CHARS} characters, not ${title.length}.`);
}
