/**
 * What a person sees while a picture develops: on a terminal one bar that moves, elsewhere (a log, a pipe) a plain line
 * every now and then. Always on standard error: standard output is for results.
 */
import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  /** @param stepsDone of all pictures together */
  step(stepsDone: number): void;
  end(): void;
}

export interface ProgressTarget {
  readonly stream: NodeJS.WritableStream;
  readonly isTerminal: boolean;
}

const SECONDS_BETWEEN_LINES = 2;

/** @param totalSteps of all pictures together */
export function startProgress({ stream, isTerminal }: ProgressTarget, totalSteps: number): Progress {
  return isTerminal ? bar(stream, totalSteps) : lines(stream, totalSteps);
}

function bar(stream: NodeJS.WritableStream, totalSteps: number): Progress {
  const eta = new Eta(totalSteps);
  const single = new SingleBar(
    { stream, format: '{bar} step {value} of {total}{left}', barsize: 30, hideCursor: true, clearOnComplete: false },
    Presets.shades_classic,
  );
  single.start(totalSteps, 0, { left: '' });
  return {
    step: (stepsDone) => single.update(stepsDone, { left: eta.after(stepsDone) }),
    end: () => single.stop(),
  };
}

function lines(stream: NodeJS.WritableStream, totalSteps: number): Progress {
  const eta = new Eta(totalSteps);
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    step(stepsDone) {
      const now = performance.now();
      if (now - toldAt < SECONDS_BETWEEN_LINES * 1000 && stepsDone < totalSteps) return;
      toldAt = now;
      stream.write(`step ${stepsDone} of ${totalSteps}${eta.after(stepsDone)}\n`);
    },
    end() {},
  };
}

/** Time left, from the average of the steps so far. The first one is left out: it includes what comes before denoising. */
class Eta {
  readonly #totalSteps: number;
  #first: { readonly at: number; readonly stepsDone: number } | undefined;

  constructor(totalSteps: number) {
    this.#totalSteps = totalSteps;
  }

  /** For instance `, about 4 s left`; empty while unknown and at the end. */
  after(stepsDone: number): string {
    const now = performance.now();
    if (this.#first === undefined) {
      this.#first = { at: now, stepsDone };
      return '';
    }
    const steps = stepsDone - this.#first.stepsDone;
    if (steps < 1 || stepsDone >= this.#totalSteps) return '';
    const secondsPerStep = (now - this.#first.at) / 1000 / steps;
    return `, about ${Math.ceil(secondsPerStep * (this.#totalSteps - stepsDone))} s left`;
  }
}
