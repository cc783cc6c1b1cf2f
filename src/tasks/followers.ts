/**
 * Who follows what, for tasks that were asked for with `onDisconnect: CANCEL`: each is FOLLOWED, or LEFT for at most the grace.
 *
 *   bind ──► LEFT ──enter──► FOLLOWED ──the last one leaves──► LEFT ──grace──► cancelled
 *
 * Following its conversation is following it. A task is LEFT when it is bound. The grace is counted between `start` and `stop`, while
 * clients can come: those that a stop sends away have not left, and have the whole grace to come back after a new start.
 */
export interface Followers {
  /** @param topic id of a task or of a conversation. @returns the end of it */
  enter(topic: string): () => void;
  /** How many follow it now. */
  countOf(topic: string): number;
  /** From now on the task lives as long as it is followed. */
  bind(task: { readonly id: string; readonly conversationId: string | null }): void;
  /** Clients can come from now on. */
  start(): void;
  /** Clients are sent away from now on: nothing is cancelled any more. */
  stop(): void;
}

export interface FollowersOptions {
  /** Milliseconds. */
  readonly graceMs: number;
  /** Must not throw. @returns false when the task could not be cancelled now and is to be tried again */
  readonly cancel: (taskId: string) => Promise<boolean>;
}

export function createFollowers({ graceMs, cancel }: FollowersOptions): Followers {
  const counts = new Map<string, number>();
  /** The topics of each bound task, and the timer of those that are LEFT. */
  const bound = new Map<string, { readonly topics: readonly string[]; timer: NodeJS.Timeout | undefined }>();
  const boundTo = new Map<string, Set<string>>();
  let isCounting = false;

  const update = (taskId: string): void => {
    const task = bound.get(taskId);
    if (task === undefined) return;
    const isFollowed = task.topics.some((topic) => counts.has(topic));
    if (isFollowed || !isCounting) {
      clearTimeout(task.timer);
      task.timer = undefined;
    } else {
      task.timer ??= setTimeout(() => void giveUp(taskId), graceMs).unref();
    }
  };

  const giveUp = async (taskId: string): Promise<void> => {
    const task = bound.get(taskId);
    if (task === undefined) return;
    task.timer = undefined;
    if (await cancel(taskId)) release(taskId);
    else update(taskId);
  };

  const release = (taskId: string): void => {
    const task = bound.get(taskId);
    bound.delete(taskId);
    clearTimeout(task?.timer);
    for (const topic of task?.topics ?? []) {
      const tasks = boundTo.get(topic);
      tasks?.delete(taskId);
      if (tasks?.size === 0) boundTo.delete(topic);
    }
  };

  const updateAll = (topic: string): void => {
    for (const taskId of [...(boundTo.get(topic) ?? [])]) update(taskId);
  };

  return {
    enter(topic) {
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
      updateAll(topic);
      let hasLeft = false;
      return () => {
        if (hasLeft) return;
        hasLeft = true;
        const left = (counts.get(topic) ?? 1) - 1;
        if (left > 0) counts.set(topic, left);
        else counts.delete(topic);
        updateAll(topic);
      };
    },

    countOf: (topic) => counts.get(topic) ?? 0,

    bind({ id, conversationId }) {
      const topics = conversationId === null ? [id] : [id, conversationId];
      bound.set(id, { topics, timer: undefined });
      for (const topic of topics) boundTo.set(topic, (boundTo.get(topic) ?? new Set()).add(id));
      update(id);
    },

    start() {
      isCounting = true;
      for (const taskId of bound.keys()) update(taskId);
    },

    stop() {
      isCounting = false;
      for (const taskId of bound.keys()) update(taskId);
    },
  };
}
