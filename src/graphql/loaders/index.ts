/**
 * One set of loaders per execution. Rows by id: all ids asked for in one tick are read in one query. The language
 * model's answers: all of a request are one batch (see answers.ts).
 */
import DataLoader from 'dataloader';

import type { ConversationRecord, ImageRecord, MessageRecord, Services, TaskRecord } from '../../services/domain.js';
import type { PendingFields } from '../pending-fields.js';
import { type AnswerLoader, createAnswerLoader } from './answers.js';

/** Null where there is no such record. */
type RowLoader<Record> = DataLoader<string, Record | null>;

export interface Loaders {
  readonly conversations: RowLoader<ConversationRecord>;
  readonly messages: RowLoader<MessageRecord>;
  readonly images: RowLoader<ImageRecord>;
  readonly tasks: RowLoader<TaskRecord>;
  readonly answers: AnswerLoader;
}

export function createLoaders(services: Services, pendingFields: PendingFields): Loaders {
  return {
    conversations: new DataLoader((ids) => services.conversations.getMany(ids)),
    messages: new DataLoader((ids) => services.messages.getMany(ids)),
    images: new DataLoader((ids) => services.images.getMany(ids)),
    tasks: new DataLoader((ids) => services.tasks.getMany(ids)),
    answers: createAnswerLoader(services.language, pendingFields),
  };
}
