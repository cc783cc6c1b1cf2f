/**
 * Who follows what, for tasks that were asked for with `onDisconnect: CANCEL`: each is FOLLOWED, or LEFT for at most the grace.
 *
 *   bind ──► LEFT ──enter──► FOLLOWED ──the last one leaves──► LEFT ──grace──► cancelled
 *
 * A task is LEFT when it is bound, also at the start of a gateway: whoever followed it before has the grace to come back. Following
 * its conversation is following it.
 */
export interface Followers {
  /** @param topic id of a task or of a conversation. @returns the end of it */
  enter(topic: string): () => void;
  /** How many follow it now. */
  countOf(topic: string): number;
  /** From now on the task lives as long as it is followed. */
  bind(task: { readonly id: string; readonly conversationId: string | null }): void;
  /** Cancels nothing any more: clients that leave now are sent away by a gateway that stops. */
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
  let hasStopped = false;

  const update = (taskId: string): void => {
    const task = bound.get(taskId);
    if (task === undefined) return;
    const isFollowed = task.topics.some((topic) => counts.has(topic));
    if (isFollowed || hasStopped) {
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

    stop() {
      hasStopped = true;
      for (const taskId of bound.keys()) update(taskId);
    },
  };
}
