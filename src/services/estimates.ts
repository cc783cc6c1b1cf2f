/**
 * How far running tasks are and how long tasks will take, from times measured on this machine. A picture takes one `step` time per
 * inference step, which depends on decoder, size and guidance, and a `finish` time for decoding and saving it; before the first picture comes
 * the language model.
 */
import type { StepTimes } from '../tasks/step-times.js';
import type { DiffusionSettings, TaskRecord } from './domain.js';

export interface Estimates {
  /** A picture was begun. */
  begin(taskId: string, index: number, settings: DiffusionSettings): void;
  stepDone(taskId: string, stepIndex: number): void;
  pictureDone(taskId: string): void;
  /** The task has ended or goes back into the queue. */
  forget(taskId: string): void;
  /** The whole task is done. */
  taskDone(task: TaskRecord, milliseconds: number): void;

  /** 0 to 1; null while it cannot be known. */
  progress(task: TaskRecord): number | null;
  /** Milliseconds that a task still needs by itself once it runs; null while unknown. */
  remainingMs(task: TaskRecord): number | null;
}

interface Drawing {
  readonly settings: DiffusionSettings;
  readonly index: number;
  readonly stepIndex: number;
  /** Of the last thing that happened, in milliseconds. */
  readonly at: number;
}

export function createEstimates(times: StepTimes, now: () => number = () => performance.now()): Estimates {
  const drawings = new Map<string, Drawing>();

  return {
    begin(taskId, index, settings) {
      drawings.set(taskId, { settings, index, stepIndex: 0, at: now() });
    },

    stepDone(taskId, stepIndex) {
      const drawing = drawings.get(taskId);
      if (drawing === undefined) return;
      const at = now();
      const steps = stepIndex - drawing.stepIndex;
      if (steps > 0) times.observe(stepKey(drawing.settings), (at - drawing.at) / steps);
      drawings.set(taskId, { ...drawing, stepIndex, at });
    },

    pictureDone(taskId) {
      const drawing = drawings.get(taskId);
      if (drawing === undefined) return;
      const at = now();
      times.observe(finishKey(drawing.settings), at - drawing.at);
      drawings.set(taskId, { ...drawing, index: drawing.index + 1, stepIndex: 0, at });
    },

    forget: (taskId) => void drawings.delete(taskId),

    taskDone: (task, milliseconds) => times.observe(taskKey(task), milliseconds),

    progress(task) {
      if (task.finishedAt !== null) return task.status === 'SUCCEEDED' ? 1 : null;
      if (task.status === 'QUEUED') return 0;
      const drawing = drawings.get(task.id);
      if (task.settings === null) return null;
      if (drawing === undefined) return 0;
      const { count, numInferenceSteps } = task.settings;
      return Math.min(1, (drawing.index + drawing.stepIndex / numInferenceSteps) / count);
    },

    remainingMs(task) {
      const spent = task.startedAt === null ? 0 : Date.now() - task.startedAt.getTime();
      const { settings } = task;
      if (settings === null) {
        const whole = times.expected(taskKey(task));
        return whole === undefined ? null : Math.max(0, whole - spent);
      }
      const step = times.expected(stepKey(settings));
      const finish = times.expected(finishKey(settings));
      if (step === undefined || finish === undefined) return null;
      const drawing = drawings.get(task.id);
      if (drawing === undefined) {
        // The language model's share is what a whole task takes beyond its pictures.
        const pictures = settings.count * (settings.numInferenceSteps * step + finish);
        return Math.max(pictures, (times.expected(taskKey(task)) ?? pictures) - spent);
      }
      const steps = settings.numInferenceSteps * (settings.count - drawing.index) - drawing.stepIndex;
      const sinceThen = now() - drawing.at;
      return Math.max(0, steps * step + (settings.count - drawing.index) * finish - sinceThen);
    },
  };
}

function stepKey({ decoder, width, height, trueCfgScale }: DiffusionSettings): string {
  return `step ${decoder} ${width}x${height} ${trueCfgScale > 1 ? 'twice' : 'once'}`;
}

function finishKey({ decoder, width, height }: DiffusionSettings): string {
  return `finish ${decoder} ${width}x${height}`;
}

function taskKey({ kind, modelId, settings }: TaskRecord): string {
  if (settings === null) return `task ${kind} ${modelId}`;
  return `task ${kind} ${modelId} ${settings.count} of ${settings.numInferenceSteps} ${stepKey(settings)}`;
}
