/** Rows of `tasks` and `task_events` as records. */
import type { Selectable } from 'kysely';

import type { SamplingOptions } from '../plugin/contract.js';
import type { DiffusionInput, OnDisconnect, TaskEventBody, TaskEventRecord, TaskRecord } from '../services/domain.js';
import { type TaskEventsTable, type TasksTable, toDate, toNullableDate } from '../storage/schema.js';
import { toEventCursor } from './cursor.js';

/** What a task needs to run and nobody asks to see. */
export interface TaskInput {
  readonly sampling?: SamplingOptions | undefined;
  /** REPLY: for the pictures that the model may decide to make. */
  readonly diffusion?: DiffusionInput | undefined;
  /** REPLY: the message that it answers. */
  readonly userMessageId?: string | undefined;
  /** CONTINUE when absent. */
  readonly onDisconnect?: OnDisconnect | undefined;
}

export function toTaskRecord(row: Selectable<TasksTable>, resultImageIds: readonly string[]): TaskRecord {
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    modelId: row.model_id,
    conversationId: row.conversation_id,
    messageId: row.message_id,
    prompt: row.prompt,
    sourceImageIds: JSON.parse(row.source_image_ids),
    settings: row.settings === null ? null : JSON.parse(row.settings),
    answer: row.answer,
    resultImageIds,
    attempt: row.attempt,
    priority: row.priority,
    error: row.error === null ? null : JSON.parse(row.error),
    timings: JSON.parse(row.timings),
    createdAt: toDate(row.created_at),
    startedAt: toNullableDate(row.started_at),
    finishedAt: toNullableDate(row.finished_at),
  };
}

export function toTaskInput(row: Selectable<TasksTable>): TaskInput {
  return JSON.parse(row.input);
}

export function toEventRecord(row: Selectable<TaskEventsTable>): TaskEventRecord {
  const body: TaskEventBody = JSON.parse(row.payload);
  return {
    taskId: row.task_id,
    conversationId: row.conversation_id,
    cursor: toEventCursor(row.id),
    sequence: row.sequence,
    at: toDate(row.at),
    ...body,
  };
}

const LAST_EVENTS: ReadonlySet<TaskEventBody['type']> = new Set([
  'TaskSucceeded',
  'TaskFailed',
  'TaskCancelled',
] as const);

/** Whether nothing can follow. */
export function isLastEvent(event: TaskEventBody): boolean {
  return LAST_EVENTS.has(event.type);
}
