/**
 * Brings previews from the task that develops a picture to whoever watches it.
 *
 * A preview is made only for a step that somebody wants. Each subscriber has one slot: a newer frame replaces one that was not
 * taken yet, so a reader that never reads costs one frame and never holds up the picture. Frames are in no log: they are gone when
 * the task ends; until then the newest is kept for those who come late.
 */
import { GatewayError } from '../errors/index.js';
import type { PreviewView, PreviewWishes, PreviewWishSource, RgbImage } from '../plugin/contract.js';
import type { PreviewFrame, PreviewSubscription } from '../services/domain.js';

/** What a subscriber gets when it asks for previews and says no more. */
export interface PreviewDefaults {
  readonly everySteps: number;
  readonly maxPerSecond: number;
  /** Longer side in pixels. */
  readonly maxSize: number;
  readonly view: PreviewView;
}

export const PREVIEW_DEFAULTS: PreviewDefaults = { everySteps: 1, maxPerSecond: 8, maxSize: 512, view: 'x0' };

/** The task's side. */
export interface PreviewChannel {
  /** What all subscribers together want now; changes when one comes or leaves, and as step times are measured. */
  readonly wishes: PreviewWishSource;
  /** A state event of the task was published: the frames that follow come after it. */
  advance(cursor: string): void;
  /** A step is done, with or without a preview. */
  step(step: PreviewStep): void;
  /** The task ended: no frame is kept or handed out any more. */
  close(): void;
}

export interface PreviewStep {
  readonly index: number;
  readonly stepIndex: number;
  readonly numInferenceSteps: number;
  readonly sigma: number;
  readonly image?: RgbImage | undefined;
}

/** A subscriber's side. */
export interface PreviewSlot {
  /** The newest frame that was not taken yet; it stays. */
  peek(): PreviewFrame | undefined;
  take(): PreviewFrame | undefined;
  close(): void;
}

export interface PreviewHub {
  /** @param conversationId whose subscribers see the task's previews, too */
  open(taskId: string, cursor: string, conversationId?: string | null): PreviewChannel;
  /** @param topic id of a task or of a conversation; may come before the task starts. @throws GatewayError BAD_INPUT */
  subscribe(topic: string, wish: PreviewSubscription, onFrame: () => void): PreviewSlot;
  latest(taskId: string): PreviewFrame | null;
}

interface Subscriber {
  readonly wish: PreviewDefaults;
  readonly onFrame: () => void;
  frame: PreviewFrame | undefined;
  /** When its rate allows the next frame, in milliseconds. */
  nextAt: number;
}

/** A task or a conversation. */
interface Topic {
  readonly subscribers: Set<Subscriber>;
  /** Of the tasks that run. */
  readonly sources: Set<Source>;
}

interface Source {
  latest: PreviewFrame | undefined;
  /** Subscribers changed: their wishes are added up again. */
  update(): void;
}

/** How much a new step time moves the running average. */
const STEP_TIME_WEIGHT = 0.3;

export interface PreviewHubOptions {
  readonly defaults?: PreviewDefaults | undefined;
  /** Milliseconds, growing. */
  readonly now?: (() => number) | undefined;
}

export function createPreviewHub({
  defaults = PREVIEW_DEFAULTS,
  now = () => performance.now(),
}: PreviewHubOptions = {}): PreviewHub {
  const topics = new Map<string, Topic>();

  const topicOf = (id: string): Topic => {
    const topic = topics.get(id) ?? { subscribers: new Set(), sources: new Set() };
    topics.set(id, topic);
    return topic;
  };

  const forgetIfIdle = (id: string): void => {
    const topic = topics.get(id);
    if (topic?.subscribers.size === 0 && topic.sources.size === 0) topics.delete(id);
  };

  return {
    open(taskId, firstCursor, conversationId = null) {
      const topicIds = conversationId === null ? [taskId] : [taskId, conversationId];
      const shownTo = topicIds.map(topicOf);
      const subscribers = (): Subscriber[] => shownTo.flatMap((topic) => [...topic.subscribers]);
      const listeners = new Set<() => void>();
      let cursor = firstCursor;
      let lastStep: { readonly stepIndex: number; readonly at: number } | undefined;
      let stepMs = 0;
      let current = addUp(subscribers(), stepMs);

      const channel: PreviewChannel = {
        wishes: {
          get current() {
            return current;
          },
          onChange(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },

        advance(next) {
          cursor = next;
        },

        step({ index, stepIndex, numInferenceSteps, sigma, image }) {
          const at = now();
          if (lastStep !== undefined && stepIndex > lastStep.stepIndex) {
            const measured = (at - lastStep.at) / (stepIndex - lastStep.stepIndex);
            stepMs = stepMs === 0 ? measured : stepMs + STEP_TIME_WEIGHT * (measured - stepMs);
          }
          lastStep = { stepIndex, at };
          if (image !== undefined) {
            const maxSize = Math.max(image.width, image.height);
            const { view } = current;
            source.latest = {
              taskId,
              cursor,
              at: new Date(),
              index,
              stepIndex,
              numInferenceSteps,
              sigma,
              view,
              image,
              maxSize,
            };
            for (const subscriber of subscribers()) {
              if (isDue(subscriber, stepIndex, at)) deliver(subscriber, source.latest, at);
            }
          }
          source.update();
        },

        close() {
          for (const topic of shownTo) topic.sources.delete(source);
          for (const subscriber of subscribers()) {
            if (subscriber.frame?.taskId === taskId) subscriber.frame = undefined;
          }
          topicIds.forEach(forgetIfIdle);
        },
      };
      const source: Source = {
        latest: undefined,
        update() {
          const next = addUp(subscribers(), stepMs);
          if (isSame(next, current)) return;
          current = next;
          for (const listener of [...listeners]) listener();
        },
      };
      for (const topic of shownTo) topic.sources.add(source);
      return channel;
    },

    subscribe(topicId, wish, onFrame) {
      const subscriber: Subscriber = {
        wish: completeWish(wish, defaults),
        onFrame,
        frame: undefined,
        nextAt: Number.NEGATIVE_INFINITY,
      };
      const topic = topicOf(topicId);
      topic.subscribers.add(subscriber);
      for (const source of topic.sources) {
        if (source.latest !== undefined) deliver(subscriber, source.latest, now());
        source.update();
      }
      return {
        peek: () => subscriber.frame,
        take() {
          const { frame } = subscriber;
          subscriber.frame = undefined;
          return frame;
        },
        close() {
          if (!topic.subscribers.delete(subscriber)) return;
          subscriber.frame = undefined;
          for (const source of topic.sources) source.update();
          forgetIfIdle(topicId);
        },
      };
    },

    latest: (taskId) => [...(topics.get(taskId)?.sources ?? [])].at(-1)?.latest ?? null,
  };
}

/**
 * One wish for all. Previews are made as large as the largest wish, and of the clean estimate unless everybody wants the noisy view.
 * Where steps are faster than a subscriber's rate, only every so many of its steps are made.
 */
function addUp(subscribers: readonly Subscriber[], stepMs: number): PreviewWishes {
  const wishes = subscribers.map((subscriber) => subscriber.wish);
  const everySteps = wishes.map((wish) => {
    const tooFast = stepMs === 0 ? 1 : Math.round(1000 / wish.maxPerSecond / (wish.everySteps * stepMs));
    return wish.everySteps * Math.max(1, tooFast);
  });
  return {
    everySteps: [...new Set(everySteps)].sort((a, b) => a - b),
    maxSize: Math.max(8, ...wishes.map((wish) => wish.maxSize)),
    view: wishes.length > 0 && wishes.every((wish) => wish.view === 'noisy') ? 'noisy' : 'x0',
  };
}

function isSame(a: PreviewWishes, b: PreviewWishes): boolean {
  return a.maxSize === b.maxSize && a.view === b.view && a.everySteps.join() === b.everySteps.join();
}

/** Steps do not come in time with a subscriber's rate: half an interval early is near enough, and the next one waits the longer. */
function isDue(subscriber: Subscriber, stepIndex: number, at: number): boolean {
  return stepIndex % subscriber.wish.everySteps === 0 && at >= subscriber.nextAt - interval(subscriber) / 2;
}

function deliver(subscriber: Subscriber, frame: PreviewFrame, at: number): void {
  subscriber.frame = { ...frame, maxSize: Math.min(frame.maxSize, subscriber.wish.maxSize) };
  subscriber.nextAt = Math.max(subscriber.nextAt, at) + interval(subscriber);
  subscriber.onFrame();
}

function interval(subscriber: Subscriber): number {
  return 1000 / subscriber.wish.maxPerSecond;
}

function completeWish(wish: PreviewSubscription, defaults: PreviewDefaults): PreviewDefaults {
  const everySteps = wish.everySteps ?? defaults.everySteps;
  const maxPerSecond = wish.maxPerSecond ?? defaults.maxPerSecond;
  const maxSize = wish.maxSize ?? defaults.maxSize;
  const view = wish.view ?? defaults.view;
  if (!Number.isInteger(everySteps) || everySteps < 1) {
    throw new GatewayError('BAD_INPUT', `\`everySteps\` must be a whole number from 1, not ${everySteps}.`);
  }
  if (!(maxPerSecond > 0 && maxPerSecond <= 1000)) {
    throw new GatewayError('BAD_INPUT', `\`maxPerSecond\` must be above 0 and at most 1000, not ${maxPerSecond}.`);
  }
  if (!Number.isInteger(maxSize) || maxSize < 8 || maxSize > 4096) {
    throw new GatewayError('BAD_INPUT', `\`maxSize\` must be a whole number from 8 to 4096 pixels, not ${maxSize}.`);
  }
  return { everySteps, maxPerSecond, maxSize, view };
}
