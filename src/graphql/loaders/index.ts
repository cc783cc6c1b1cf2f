/**
 * One set of loaders per execution. Rows by id: all ids asked for in one tick are read in one query. Lists below
 * a list (pages.ts). The language model's answers: all of a request are one batch (answers.ts).
 */
import DataLoader from 'dataloader';

import type { ConversationRecord, ImageRecord, MessageRecord, Services, TaskRecord } from '../../services/domain.js';
import type { PendingFields } from '../pending-fields.js';
import { type AnswerLoader, createAnswerLoader } from './answers.js';
import { createPageLoader, type PageLoader } from './pages.js';

/** Null where there is no such record. */
type RowLoader<Record> = DataLoader<string, Record | null>;

export interface Loaders {
  readonly conversations: RowLoader<ConversationRecord>;
  readonly messages: RowLoader<MessageRecord>;
  readonly images: RowLoader<ImageRecord>;
  readonly tasks: RowLoader<TaskRecord>;
  readonly derivatives: PageLoader<ImageRecord>;
  readonly messagesOf: PageLoader<MessageRecord>;
  readonly imagesOf: PageLoader<ImageRecord>;
  readonly tasksOf: PageLoader<TaskRecord>;
  readonly answers: AnswerLoader;
}

export function createLoaders(services: Services, pendingFields: PendingFields): Loaders {
  return {
    conversations: new DataLoader((ids) => services.conversations.getMany(ids)),
    messages: new DataLoader((ids) => services.messages.getMany(ids)),
    images: new DataLoader((ids) => services.images.getMany(ids)),
    tasks: new DataLoader((ids) => services.tasks.getMany(ids)),
    derivatives: createPageLoader((ids, page) => services.images.derivatives(ids, page)),
    messagesOf: createPageLoader((ids, page) => services.messages.ofConversations(ids, page)),
    imagesOf: createPageLoader((ids, page) => services.images.ofConversations(ids, page)),
    tasksOf: createPageLoader((ids, page) => services.tasks.ofConversations(ids, page)),
    answers: createAnswerLoader(services.language, pendingFields),
  };
}
