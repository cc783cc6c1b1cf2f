import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Float, ID, InputType, Int, InterfaceType, ObjectType, registerEnumType } from 'type-graphql';

import { UnreachableCaseError } from '../../errors/index.js';
import type { TaskErrorRecord, TaskRecord, TaskTimings as TimingsRecord } from '../../services/domain.js';
import { connectionType } from '../connection/connection.type.js';
import { Node } from '../node/node.type.js';
import { DiffusionSettings } from './settings.type.js';

export enum TaskStatus {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
}
registerEnumType(TaskStatus, {
  name: 'TaskStatus',
  description: 'Where a task stands.',
  valuesConfig: {
    QUEUED: { description: 'Waits for its turn.' },
    RUNNING: { description: 'Is being worked on.' },
    SUCCEEDED: { description: 'Done.' },
    FAILED: { description: 'Ended with `error`.' },
    CANCELLED: { description: 'Ended by `cancelTask`.' },
  },
});

export enum TaskKind {
  REPLY = 'REPLY',
  UNDERSTANDING = 'UNDERSTANDING',
  GENERATION = 'GENERATION',
  EDIT = 'EDIT',
}
registerEnumType(TaskKind, {
  name: 'TaskKind',
  description: 'What a task does.',
  valuesConfig: {
    REPLY: { description: 'Answers a message: a ReplyTask.' },
    UNDERSTANDING: { description: 'Answers a question about images: an UnderstandingTask.' },
    GENERATION: { description: 'Draws from words: a GenerationTask.' },
    EDIT: { description: 'Changes a picture: an EditTask.' },
  },
});

/** Name of the GraphQL type of a task record. */
export function taskTypeName({ kind }: Pick<TaskRecord, 'kind'>): string {
  switch (kind) {
    case 'REPLY':
      return 'ReplyTask';
    case 'UNDERSTANDING':
      return 'UnderstandingTask';
    case 'GENERATION':
      return 'GenerationTask';
    case 'EDIT':
      return 'EditTask';
    default:
      throw new UnreachableCaseError(kind);
  }
}

const STAGES = 'null when there was no such stage';

@ObjectType({ description: 'How long a task took, in milliseconds per stage, so far.' })
export class TaskTimings implements TimingsRecord {
  @Field(() => Float, { nullable: true, description: `Waiting for its turn; ${STAGES}.` })
  queuedMs?: number;

  @Field(() => Float, { nullable: true, description: `Turning pictures into embeddings; ${STAGES}.` })
  encodeMs?: number;

  @Field(() => Float, { nullable: true, description: `Reading and writing of the language model; ${STAGES}.` })
  languageMs?: number;

  @Field(() => Float, { nullable: true, description: `Denoising steps; ${STAGES}.` })
  denoiseMs?: number;

  @Field(() => Float, { nullable: true, description: `From latents to pixels; ${STAGES}.` })
  vaeMs?: number;

  @Field(() => Float, { nullable: true, description: `Making previews; ${STAGES}.` })
  previewMs?: number;

  @Field(() => Float, {
    nullable: true,
    description: 'From the start of the last attempt to the end; null before the end.',
  })
  totalMs?: number;
}

/** Its `plugin` is found by the resolver; the record holds a name. */
@ObjectType({ description: 'Why a task, or an attempt at it, failed.' })
export class TaskError implements Omit<TaskErrorRecord, 'plugin'> {
  @Field(() => String, { description: 'Stable, see docs/errors.md.' })
  code!: string;

  @Field(() => String, { description: 'What was wanted, what came and what to do; in English.' })
  message!: string;

  @Field(() => Boolean, { description: 'Whether the same task can succeed later, unchanged.' })
  retryable!: boolean;
}

@InterfaceType({ implements: Node, description: 'A unit of work that a caller asked for.' })
export abstract class Task {
  @Field(() => TaskStatus, { description: 'Where it stands.' })
  status!: TaskStatus;

  @Field(() => Int, { description: 'How often it was started; 0 while it is queued for the first time.' })
  attempt!: number;

  @Field(() => Int, { description: 'Higher runs first; -100 to 100, 0 is usual.' })
  priority!: number;

  @Field(() => TaskError, { nullable: true, description: 'Why it failed; null when it did not.' })
  error!: object | null;

  @Field(() => TaskTimings, { description: 'How long it took.' })
  timings!: TaskTimings;

  @Field(() => GraphQLDateTime, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When its last attempt began; null before.' })
  startedAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When it succeeded, failed or was cancelled; null before.',
  })
  finishedAt!: Date | null;
}

@ObjectType({ implements: Task, description: 'Writes the answer to a message: words, pictures or both.' })
export class ReplyTask extends Task {}

@ObjectType({ implements: Task, description: 'Answers a question about images.' })
export class UnderstandingTask extends Task {
  @Field(() => String, {
    nullable: true,
    description: 'Null until the task has succeeded; `TextDelta` events tell it as it grows.',
  })
  answer!: string | null;
}

@ObjectType({ implements: Task, description: 'Draws pictures from words.' })
export class GenerationTask extends Task {
  @Field(() => String, { description: 'What to draw.' })
  prompt!: string;

  @Field(() => DiffusionSettings, { description: 'All settings, with the defaults filled in.' })
  settings!: DiffusionSettings;
}

@ObjectType({ implements: Task, description: 'Changes a picture as told.' })
export class EditTask extends Task {
  @Field(() => DiffusionSettings, { description: 'All settings, with the defaults filled in.' })
  settings!: DiffusionSettings;
}

export const TaskConnection = connectionType('Task', () => Task as new () => Task);

@InputType({ description: 'Which tasks; all conditions given must hold.' })
export class TaskFilter {
  @Field(() => TaskStatus, { nullable: true, description: 'Only those that stand there.' })
  status?: TaskStatus | null;

  @Field(() => TaskKind, { nullable: true, description: 'Only those that do this.' })
  kind?: TaskKind | null;

  @Field(() => ID, { nullable: true, description: 'Only those of the Conversation with this id.' })
  conversationId?: string | null;
}
