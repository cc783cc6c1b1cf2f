/**
 * The tables. One portable schema for every database: ids are text, times are bigint epoch milliseconds, structured values
 * are JSON in text. Postgres hands a bigint out as a string, so whoever reads one passes it through `fromEpochMs`.
 */
import type { ColumnType } from 'kysely';

import type { ImageOrigin, MessageRole, TaskKind, TaskStatus } from '../services/domain.js';

type EpochMs = ColumnType<number | string, number, number>;
type NullableEpochMs = ColumnType<number | string | null, number | null, number | null>;

export interface DatabaseSchema {
  conversations: ConversationsTable;
  messages: MessagesTable;
  images: ImagesTable;
  uploads: UploadsTable;
  image_embeddings: ImageEmbeddingsTable;
  tasks: TasksTable;
  task_events: TaskEventsTable;
  idempotency_keys: IdempotencyKeysTable;
}

export interface ConversationsTable {
  id: string;
  title: string;
  model_id: string;
  created_at: EpochMs;
  updated_at: EpochMs;
}

export interface MessagesTable {
  id: string;
  conversation_id: string;
  role: MessageRole;
  /** JSON: PartRecord[] */
  parts: string;
  task_id: string | null;
  created_at: EpochMs;
}

export interface ImagesTable {
  id: string;
  width: number;
  height: number;
  byte_size: number;
  /** Key of the blob. */
  sha256: string;
  media_type: string;
  thumbhash: string;
  origin: ImageOrigin;
  task_id: string | null;
  /** Which picture of its task, from 0: unique within the task, so that a second attempt cannot store it twice. */
  task_index: number | null;
  source_id: string | null;
  conversation_id: string | null;
  /** JSON: RecipeRecord, or null */
  recipe: string | null;
  /** Of the recipe, to search in. */
  prompt: string | null;
  created_at: EpochMs;
}

/** One vector of a picture, of length 1, in one embedding space. */
export interface ImageEmbeddingsTable {
  image_id: string;
  space: string;
  /** float32, little-endian, base64. */
  vector: string;
}

export interface UploadsTable {
  id: string;
  width: number;
  height: number;
  /** Bytes received, not stored. */
  received_bytes: number;
  byte_size: number;
  sha256: string;
  media_type: string;
  thumbhash: string;
  /** The image made from it. */
  image_id: string | null;
  /** JSON: RecipeRecord, or null */
  recipe: string | null;
  created_at: EpochMs;
}

export interface TasksTable {
  id: string;
  kind: TaskKind;
  status: TaskStatus;
  model_id: string;
  conversation_id: string | null;
  message_id: string | null;
  prompt: string;
  /** JSON: string[] */
  source_image_ids: string;
  /** JSON: DiffusionSettings, or null */
  settings: string | null;
  /** JSON: TaskInput */
  input: string;
  answer: string | null;
  priority: number;
  /** Times started; also the fencing token of the lease. */
  attempt: number;
  /** Attempts that ended with a fault; a drain does not count. */
  failures: number;
  /** Sequence of its newest event. */
  last_sequence: number;
  lease_owner: string | null;
  lease_expires_at: NullableEpochMs;
  /** A queued task waits until then; 0 when it need not. */
  not_before: EpochMs;
  /** JSON: TaskErrorRecord, or null */
  error: string | null;
  /** JSON: TaskTimings */
  timings: string;
  created_at: EpochMs;
  queued_at: EpochMs;
  started_at: NullableEpochMs;
  finished_at: NullableEpochMs;
}

export interface TaskEventsTable {
  task_id: string;
  /** Of the task, kept here so that a conversation's events are one stretch of an index. */
  conversation_id: string | null;
  /** 1, 2, 3, ... within the task. */
  sequence: number;
  /** Sortable over all tasks; the cursor is made from it. */
  id: string;
  type: string;
  /** JSON: the rest of TaskEventBody */
  payload: string;
  at: EpochMs;
}

export interface IdempotencyKeysTable {
  key: string;
  /** sha256 of the input that came with it first. */
  input_hash: string;
  task_id: string;
  created_at: EpochMs;
}

/** A bigint column as a number, whichever database it came from. */
export function fromEpochMs(value: number | string): number {
  return Number(value);
}

export function toDate(value: number | string): Date {
  return new Date(fromEpochMs(value));
}

export function toNullableDate(value: number | string | null): Date | null {
  return value === null ? null : toDate(value);
}
