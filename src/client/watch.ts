/** A task from its first event to its outcome. */
import { DarkroomError } from './errors.js';
import type {
  ErrorPartsFragment,
  PreviewInput,
  TaskEventPartsFragment,
  TaskEventsSubscription,
} from './gql/graphql.js';
import { type SubscribeOptions, type Subscription, mapped } from './subscription.js';

export type TaskEvent = TaskEventsSubscription['taskEvents'];

/** With its results: images, words or both. */
export type FinishedTask = Extract<TaskEventPartsFragment, { __typename: 'TaskSucceeded' }>['task'];

export interface WatchOptions extends SubscribeOptions {
  /** Which previews to send; `false` for none. Default: those that the gateway is configured for. */
  readonly preview?: PreviewInput | false | undefined;
  /** The cursor of the last event that was seen. Default: from the beginning. */
  readonly after?: string | undefined;
}

/** What happens to a task; ends with it. */
export interface TaskWatch extends Subscription<TaskEvent> {
  /**
   * Passes over what is left.
   *
   * @returns the task, once it has succeeded
   * @throws DarkroomError with the code of the task that failed, or CANCELLED; as the subscription does
   */
  finished(): Promise<FinishedTask>;
}

/** @param readOutcome asked when the outcome was told before `after` */
export function watchTask(
  events: Subscription<TaskEventsSubscription>,
  readOutcome: () => Promise<FinishedTask>,
): TaskWatch {
  let last: TaskEvent | undefined;
  const watch = mapped(events, ({ taskEvents }) => {
    last = taskEvents;
    return taskEvents;
  });
  return {
    ...watch,
    get cursor() {
      return watch.cursor;
    },
    async finished() {
      let step = await watch.next();
      while (!step.done) step = await watch.next();
      switch (last?.__typename) {
        case 'TaskSucceeded':
          return last.task;
        case 'TaskFailed':
          throw toTaskError(last.error);
        case 'TaskCancelled':
          throw toTaskError(null);
        default:
          return readOutcome();
      }
    },
  };
}

/** @param error of a task that has not succeeded; null when it was cancelled */
export function toTaskError(error: ErrorPartsFragment | null): DarkroomError {
  if (error === null) return new DarkroomError('CANCELLED', 'The task was cancelled.');
  return new DarkroomError(error.code, error.message, { retryable: error.retryable });
}
