/**
 * Tasks and their event log in the database: the only writer of a task's state.
 *
 *            submit           lease                     succeed
 *   (nothing) ────► QUEUED ────────► RUNNING ─────────────────► SUCCEEDED
 *                     │ ▲              │ │ └──────────────────► FAILED       fail
 *                     │ └──────────────┘ │                                   or requeue, once too often
 *                     │   requeue        │
 *                     └──────────────────┴────────────────────► CANCELLED    cancel
 *
 * Every arrow is one transaction that changes the row and appends the event that tells of it; the event is published when it is
 * committed. A lease is the right to write: it names the runner and the attempt, and the attempt is its fencing token. Whatever
 * comes with an older attempt, or after the task has ended, is refused with LEASE_LOST, so a task has one recorded outcome
 * however many runners believe that they hold it.
 *
 * What the gateway has promised, that a task is taken on and how it ended, waits for the disk. What happens between is written
 * without: it outlives the gateway, and after a power cut the task runs again and draws the same. The outcome's commit takes all
 * that came before it to the disk.
 */
import { GatewayError } from '../errors/index.js';
import type {
  DiffusionSettings,
  Page,
  PageRequest,
  TaskErrorRecord,
  TaskEventBody,
  TaskEventRecord,
  TaskFilter,
  TaskKind,
  TaskRecord,
  TaskTimings,
} from '../services/domain.js';
import { findImagesOfTasks } from '../storage/images.js';
import type { Database, Storage, Wait } from '../storage/index.js';
import { inRange, readPage } from '../storage/page.js';
import { fromEpochMs } from '../storage/schema.js';
import { fromEventCursor, toEventCursor } from './cursor.js';
import type { EventHub } from './event-hub.js';
import { type TaskInput, toEventRecord, toTaskInput, toTaskRecord } from './rows.js';

export interface NewTask {
  readonly kind: TaskKind;
  readonly modelId: string;
  readonly conversationId?: string | undefined;
  readonly messageId?: string | undefined;
  readonly prompt: string;
  readonly sourceImageIds: readonly string[];
  readonly settings: DiffusionSettings | null;
  readonly input: TaskInput;
  readonly priority: number;
  /** What happened with the task's coming, told before its TaskQueued. */
  readonly opening?: readonly TaskEventBody[] | undefined;
  /** With `hash`, sha256 of everything that the caller asked for. */
  readonly idempotency?: { readonly key: string; readonly hash: string } | undefined;
}

export interface Submitted {
  readonly task: TaskRecord;
  readonly input: TaskInput;
  /** False when the idempotency key had made the task before. */
  readonly created: boolean;
}

/** The right to write to a task. */
export interface Lease {
  readonly task: TaskRecord;
  readonly input: TaskInput;
  readonly owner: string;
  /** Fencing token. */
  readonly attempt: number;
  /** Attempts before this one that ended with a fault. */
  readonly failures: number;
}

/** A lease with the cursor of the TaskStarted that it began with. */
export interface StartedLease extends Lease {
  readonly cursor: string;
}

/** Further writes that belong to the same transaction. */
export type AlsoWrite = (tx: Database) => Promise<void>;

export interface TaskStore {
  /** @throws GatewayError IDEMPOTENCY_CONFLICT */
  submit(id: string, task: NewTask, also?: AlsoWrite): Promise<Submitted>;
  /** Takes the next task in the queue: highest priority first, then the oldest; null when none is ready. */
  lease(owner: string, leaseMs: number): Promise<StartedLease | null>;
  /** Keeps the lease for `leaseMs` more. @throws GatewayError LEASE_LOST */
  renew(lease: Lease, leaseMs: number): Promise<void>;
  /** Answers what was appended. @throws GatewayError LEASE_LOST */
  append(lease: Lease, bodies: readonly TaskEventBody[], also?: AlsoWrite): Promise<readonly TaskEventRecord[]>;
  /** @throws GatewayError LEASE_LOST */
  succeed(
    lease: Lease,
    outcome: { readonly answer?: string | undefined; readonly timings: TaskTimings },
    also?: AlsoWrite,
  ): Promise<void>;
  /** @throws GatewayError LEASE_LOST */
  fail(lease: Lease, error: TaskErrorRecord, timings: TaskTimings): Promise<void>;
  /** Puts it back into the queue at its old place. A fault counts towards the limit of attempts. @throws GatewayError LEASE_LOST */
  requeue(
    lease: Lease,
    error: TaskErrorRecord,
    options: { readonly isFault: boolean; readonly delayMs: number },
  ): Promise<void>;
  /** @throws GatewayError NOT_FOUND, TASK_ENDED */
  cancel(id: string): Promise<TaskRecord>;
  /** Leases that nobody keeps any more: expired, or held by an owner that `isDead`. */
  abandoned(isDead: (owner: string) => boolean): Promise<Lease[]>;
  /** When the next waiting task becomes ready, in epoch milliseconds; null when none waits. */
  nextReadyAt(): Promise<number | null>;

  find(ids: readonly string[]): Promise<TaskRecord[]>;
  /** With what it needs to run. @throws GatewayError NOT_FOUND */
  load(id: string): Promise<{ readonly task: TaskRecord; readonly input: TaskInput }>;
  /** Tasks that have not ended and are to be cancelled when nobody follows them. */
  bound(): Promise<TaskRecord[]>;
  /** Newest first. */
  page(page: PageRequest, filter: TaskFilter): Promise<Page<TaskRecord>>;
  /** How many queued tasks start before this one; null when it is not queued. */
  queuePosition(id: string): Promise<number | null>;
  /** What starts before a queued task, or runs already. */
  before(id: string): Promise<TaskRecord[]>;
  counts(): Promise<{ readonly queued: number; readonly running: number }>;
  /** Events after the cursor, oldest first. @throws GatewayError CURSOR_INVALID */
  events(log: EventLog, after: string | undefined, limit: number): Promise<TaskEventRecord[]>;
}

/** One task's events; or those of all tasks of a conversation, and its messages. */
export type EventLog = { readonly taskId: string } | { readonly conversationId: string };

export interface TaskStoreOptions {
  readonly storage: Storage;
  readonly hub: EventHub;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export function createTaskStore({ storage, hub, now = Date.now }: TaskStoreOptions): TaskStore {
  const { db, nextId } = storage;

  const find = async (tx: Database, ids: readonly string[]): Promise<TaskRecord[]> => {
    if (ids.length === 0) return [];
    const rows = await tx.selectFrom('tasks').selectAll().where('id', 'in', ids).execute();
    const images = await findImagesOfTasks(
      tx,
      rows.map((row) => row.id),
    );
    return rows.map((row) =>
      toTaskRecord(
        row,
        images.filter((image) => image.taskId === row.id).map((image) => image.id),
      ),
    );
  };

  const findOne = async (tx: Database, id: string): Promise<TaskRecord> => {
    const [task] = await find(tx, [id]);
    if (task === undefined) throw new GatewayError('NOT_FOUND', `There is no task ${id}.`);
    return task;
  };

  /**
   * Writes events that follow `lastSequence`; the caller has raised the row's `last_sequence` in the same transaction. Their ids are
   * made inside of it, one transaction comes after the other, and each is published before the next one commits: so ids, commits and
   * publications have one order, over all tasks.
   */
  const writeEvents = async (
    tx: Database,
    { id: taskId, conversationId }: Pick<TaskRecord, 'id' | 'conversationId'>,
    lastSequence: number,
    bodies: readonly TaskEventBody[],
  ) => {
    const at = now();
    const rows = bodies.map((body, index) => ({ id: nextId(), sequence: lastSequence + 1 + index, body }));
    if (rows.length > 0) {
      await tx
        .insertInto('task_events')
        .values(
          rows.map(({ id, sequence, body }) => ({
            task_id: taskId,
            conversation_id: conversationId,
            sequence,
            id,
            type: body.type,
            payload: JSON.stringify(body),
            at,
          })),
        )
        .execute();
    }
    return rows.map(
      ({ id, sequence, body }): TaskEventRecord => ({
        taskId,
        conversationId,
        cursor: toEventCursor(id),
        sequence,
        at: new Date(at),
        ...body,
      }),
    );
  };

  /** One transaction, then one publication. */
  const change = async <Result>(
    work: (tx: Database) => Promise<{ readonly result: Result; readonly events: readonly TaskEventRecord[] }>,
    wait: Wait = 'disk',
  ): Promise<Result> => {
    const { result, events } = await storage.transaction(work, wait);
    hub.publish(events);
    return result;
  };

  /** A change by the holder of a lease; `set` is refused when the lease is stale. */
  const changeLeased = (
    lease: Lease,
    bodies: readonly TaskEventBody[],
    set: Readonly<Record<string, string | number | null>>,
    also?: AlsoWrite,
  ): Promise<readonly TaskEventRecord[]> =>
    change(
      async (tx) => {
        const row = await tx
          .updateTable('tasks')
          .set((eb) => ({ ...set, last_sequence: eb('last_sequence', '+', bodies.length) }))
          .where('id', '=', lease.task.id)
          .where('status', '=', 'RUNNING')
          .where('attempt', '=', lease.attempt)
          .where('lease_owner', '=', lease.owner)
          .returning('last_sequence')
          .executeTakeFirst();
        if (row === undefined) throw leaseLost(lease);
        await also?.(tx);
        const events = await writeEvents(tx, lease.task, row.last_sequence - bodies.length, bodies);
        return { result: events, events };
      },
      'finished_at' in set ? 'disk' : 'system', // an outcome, or what happens on the way to it
    );

  const queuedBefore = ({ priority, id }: TaskRecord) =>
    db
      .selectFrom('tasks')
      .where('status', '=', 'QUEUED')
      .where(({ or, and, eb }) =>
        or([eb('priority', '>', priority), and([eb('priority', '=', priority), eb('id', '<', id)])]),
      );

  const ready = (tx: Database) =>
    tx
      .selectFrom('tasks')
      .where('status', '=', 'QUEUED')
      // A conversation is answered in the order in which it was spoken.
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('tasks as earlier')
              .select('earlier.id')
              .whereRef('earlier.conversation_id', '=', 'tasks.conversation_id')
              .where('earlier.status', 'in', ['QUEUED', 'RUNNING'])
              .whereRef('earlier.id', '<', 'tasks.id'),
          ),
        ),
      );

  return {
    submit: (id, task, also) =>
      change<Submitted>(async (tx) => {
        if (task.idempotency !== undefined) {
          const first = await tx
            .selectFrom('idempotency_keys')
            .selectAll()
            .where('key', '=', task.idempotency.key)
            .executeTakeFirst();
          if (first !== undefined) {
            if (first.input_hash !== task.idempotency.hash) throw idempotencyConflict(task.idempotency.key);
            const row = await tx
              .selectFrom('tasks')
              .selectAll()
              .where('id', '=', first.task_id)
              .executeTakeFirstOrThrow();
            return { result: { task: await findOne(tx, row.id), input: toTaskInput(row), created: false }, events: [] };
          }
        }
        const { opening = [] } = task;
        const { ahead } = await tx
          .selectFrom('tasks')
          .select(({ fn }) => fn.countAll<number | string>().as('ahead'))
          .where('status', '=', 'QUEUED')
          .where('priority', '>=', task.priority)
          .executeTakeFirstOrThrow();
        await also?.(tx);
        const at = now();
        const row = await tx
          .insertInto('tasks')
          .values({
            id,
            kind: task.kind,
            status: 'QUEUED',
            model_id: task.modelId,
            conversation_id: task.conversationId ?? null,
            message_id: task.messageId ?? null,
            prompt: task.prompt,
            source_image_ids: JSON.stringify(task.sourceImageIds),
            settings: task.settings === null ? null : JSON.stringify(task.settings),
            input: JSON.stringify(task.input),
            answer: null,
            priority: task.priority,
            attempt: 0,
            failures: 0,
            last_sequence: opening.length + 1,
            lease_owner: null,
            lease_expires_at: null,
            not_before: 0,
            error: null,
            timings: '{}',
            created_at: at,
            queued_at: at,
            started_at: null,
            finished_at: null,
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        if (task.idempotency !== undefined) {
          const { key, hash } = task.idempotency;
          await tx
            .insertInto('idempotency_keys')
            .values({ key, input_hash: hash, task_id: id, created_at: at })
            .execute();
        }
        const submitted = toTaskRecord(row, []);
        const events = await writeEvents(tx, submitted, 0, [
          ...opening,
          { type: 'TaskQueued', position: Number(ahead) },
        ]);
        return { result: { task: submitted, input: task.input, created: true }, events };
      }),

    async lease(owner, leaseMs) {
      const at = now();
      const next = await ready(db)
        .select(['id', 'queued_at'])
        .where('not_before', '<=', at)
        .orderBy('priority', 'desc')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (next === undefined) return null;
      const timings: TaskTimings = { queuedMs: at - fromEpochMs(next.queued_at) };
      const start = async (tx: Database) => {
        const row = await tx
          .updateTable('tasks')
          .set((eb) => ({
            status: 'RUNNING',
            attempt: eb('attempt', '+', 1),
            last_sequence: eb('last_sequence', '+', 1),
            lease_owner: owner,
            lease_expires_at: at + leaseMs,
            started_at: at,
            error: null,
            timings: JSON.stringify(timings),
          }))
          .where('id', '=', next.id)
          .where('status', '=', 'QUEUED')
          .returningAll()
          .executeTakeFirst();
        // Another runner was faster, or the task was cancelled meanwhile: look again.
        if (row === undefined) return { result: null, events: [] };
        const images = await findImagesOfTasks(tx, [row.id]);
        const task = toTaskRecord(
          row,
          images.map((image) => image.id),
        );
        const events = await writeEvents(tx, task, row.last_sequence - 1, [
          { type: 'TaskStarted', attempt: row.attempt },
        ]);
        const cursor = events.at(-1)?.cursor ?? '';
        return {
          result: { task, input: toTaskInput(row), owner, attempt: row.attempt, failures: row.failures, cursor },
          events,
        };
      };
      return change<StartedLease | null>(start, 'system');
    },

    async renew(lease, leaseMs) {
      await changeLeased(lease, [], { lease_expires_at: now() + leaseMs });
    },

    append: (lease, bodies, also) => changeLeased(lease, bodies, {}, also),

    async succeed(lease, { answer, timings }, also) {
      const set = { ...ended('SUCCEEDED', now()), answer: answer ?? null, timings: JSON.stringify(timings) };
      await changeLeased(lease, [{ type: 'TaskSucceeded' }], set, also);
    },

    async fail(lease, error, timings) {
      await changeLeased(lease, [{ type: 'TaskFailed', error }], {
        ...ended('FAILED', now()),
        error: JSON.stringify(error),
        timings: JSON.stringify(timings),
        failures: lease.failures + 1,
      });
    },

    async requeue(lease, error, { isFault, delayMs }) {
      await changeLeased(
        lease,
        [{ type: 'TaskRetrying', attempt: lease.attempt, error }],
        {
          status: 'QUEUED',
          lease_owner: null,
          lease_expires_at: null,
          not_before: now() + delayMs,
          queued_at: now(),
          started_at: null,
          failures: lease.failures + (isFault ? 1 : 0),
        },
        // The next attempt says it all again.
        async (tx) => {
          if (lease.task.messageId === null) return;
          await tx.updateTable('messages').set({ parts: '[]' }).where('id', '=', lease.task.messageId).execute();
        },
      );
    },

    cancel: (id) =>
      change(async (tx) => {
        const row = await tx
          .updateTable('tasks')
          .set((eb) => ({ ...ended('CANCELLED', now()), last_sequence: eb('last_sequence', '+', 1) }))
          .where('id', '=', id)
          .where('status', 'in', ['QUEUED', 'RUNNING'])
          .returning('last_sequence')
          .executeTakeFirst();
        const task = await findOne(tx, id);
        if (row === undefined)
          throw new GatewayError(
            'TASK_ENDED',
            `The task has already ended (${task.status}); there is nothing left to cancel.`,
          );
        return {
          result: task,
          events: await writeEvents(tx, task, row.last_sequence - 1, [{ type: 'TaskCancelled' }]),
        };
      }),

    async abandoned(isDead) {
      const rows = await db.selectFrom('tasks').selectAll().where('status', '=', 'RUNNING').execute();
      return rows
        .filter((row) => fromEpochMs(row.lease_expires_at ?? 0) <= now() || isDead(row.lease_owner ?? ''))
        .map((row) => ({
          task: toTaskRecord(row, []),
          input: toTaskInput(row),
          owner: row.lease_owner ?? '',
          attempt: row.attempt,
          failures: row.failures,
        }));
    },

    async nextReadyAt() {
      const row = await ready(db).select('not_before').orderBy('not_before').limit(1).executeTakeFirst();
      return row === undefined ? null : fromEpochMs(row.not_before);
    },

    find: (ids) => find(db, ids),

    async load(id) {
      const row = await db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst();
      return { task: await findOne(db, id), input: row === undefined ? {} : toTaskInput(row) };
    },

    async bound() {
      const rows = await db.selectFrom('tasks').selectAll().where('status', 'in', ['QUEUED', 'RUNNING']).execute();
      return rows.filter((row) => toTaskInput(row).onDisconnect === 'CANCEL').map((row) => toTaskRecord(row, []));
    },

    page(page, filter) {
      const matching = () => {
        let query = db.selectFrom('tasks');
        if (filter.status !== undefined) query = query.where('status', '=', filter.status);
        if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
        if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId);
        return query;
      };
      return readPage(page, {
        order: 'desc',
        select: async (range) => {
          const rows = await inRange(matching().select('id'), 'tasks.id', range).execute();
          const tasks = await find(
            db,
            rows.map((row) => row.id),
          );
          return rows.flatMap((row) => tasks.filter((task) => task.id === row.id));
        },
        count: async () =>
          Number(
            (
              await matching()
                .select(({ fn }) => fn.countAll().as('count'))
                .executeTakeFirstOrThrow()
            ).count,
          ),
      });
    },

    async queuePosition(id) {
      const [task] = await find(db, [id]);
      if (task?.status !== 'QUEUED') return null;
      const { count } = await queuedBefore(task)
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    async before(id) {
      const task = await findOne(db, id);
      const queued = await queuedBefore(task).selectAll().execute();
      const running = await db.selectFrom('tasks').selectAll().where('status', '=', 'RUNNING').execute();
      return [...running, ...queued].map((row) => toTaskRecord(row, []));
    },

    async counts() {
      const rows = await db
        .selectFrom('tasks')
        .select(({ fn }) => ['status', fn.countAll<number | string>().as('count')])
        .where('status', 'in', ['QUEUED', 'RUNNING'])
        .groupBy('status')
        .execute();
      const count = (status: string): number => Number(rows.find((row) => row.status === status)?.count ?? 0);
      return { queued: count('QUEUED'), running: count('RUNNING') };
    },

    async events(log, after, limit) {
      const all = db.selectFrom('task_events').selectAll();
      let query =
        'taskId' in log
          ? all.where('task_id', '=', log.taskId).where('type', '!=', 'MessageAdded')
          : all.where('conversation_id', '=', log.conversationId);
      if (after !== undefined) query = query.where('id', '>', fromEventCursor(after));
      const ordered = 'taskId' in log ? query.orderBy('sequence') : query.orderBy('id');
      return (await ordered.limit(limit).execute()).map(toEventRecord);
    },
  };
}

/** How a task keeps an error: with its code, without its cause. */
export function toTaskError(error: GatewayError): TaskErrorRecord {
  return { code: error.code, message: error.message, retryable: error.retryable, plugin: error.plugin ?? null };
}

function ended(status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED', at: number) {
  return { status, lease_owner: null, lease_expires_at: null, finished_at: at } as const;
}

function leaseLost(lease: Lease): GatewayError {
  return new GatewayError(
    'LEASE_LOST',
    `Attempt ${lease.attempt} of task ${lease.task.id} no longer holds it: it has ended or runs elsewhere.`,
  );
}

function idempotencyConflict(key: string): GatewayError {
  return new GatewayError(
    'IDEMPOTENCY_CONFLICT',
    `The idempotency key "${key}" came with another input before; use a new key for a new request.`,
  );
}
