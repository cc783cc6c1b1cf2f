/** Bytes that come in: done, of how many, how fast, how long still. A bar on a terminal, a line every now and then elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

import { formatBytes } from '../model-store/index.js';
import type { ProgressTarget } from './progress.js';

export interface ByteProgress {
  /** @param what is being done, in front of the numbers: `fetching`, for instance */
  update(what: string, bytesDone: number, bytesTotal: number): void;
  end(): void;
}

const SECONDS_BETWEEN_LINES = 5;

export function startByteProgress({ stream, isTerminal }: ProgressTarget): ByteProgress {
  return isTerminal ? bar(stream) : lines(stream);
}

function bar(stream: NodeJS.WritableStream): ByteProgress {
  const rate = new Rate();
  const single = new SingleBar(
    { stream, format: '{what} {bar} {text}', barsize: 24, hideCursor: true, fps: 5, linewrap: false },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update(what, bytesDone, bytesTotal) {
      const text = describe(rate, what, bytesDone, bytesTotal);
      if (!isStarted) single.start(bytesTotal, bytesDone, { what, text });
      isStarted = true;
      single.update(bytesDone, { what, text });
    },
    end() {
      if (isStarted) single.stop();
    },
  };
}

function lines(stream: NodeJS.WritableStream): ByteProgress {
  const rate = new Rate();
  let toldAt = performance.now();
  return {
    update(what, bytesDone, bytesTotal) {
      const text = describe(rate, what, bytesDone, bytesTotal);
      const now = performance.now();
      if (now - toldAt < SECONDS_BETWEEN_LINES * 1000) return;
      toldAt = now;
      stream.write(`${what} ${text}\n`);
    },
    end() {},
  };
}

function describe(rate: Rate, what: string, bytesDone: number, bytesTotal: number): string {
  const perSecond = rate.after(what, bytesDone);
  const amount = `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`;
  if (perSecond === null || perSecond <= 0) return amount;
  const left = duration((bytesTotal - bytesDone) / perSecond);
  return `${amount}, ${formatBytes(perSecond)}/s${bytesDone < bytesTotal ? `, about ${left} left` : ''}`;
}

/** `8 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes a second over the last few seconds: an average since the start would hide that a connection became slow. */
class Rate {
  static readonly #WINDOW_MS = 8_000;
  static readonly #SAMPLE_MS = 250;
  #what = '';
  #samples: { readonly at: number; readonly bytes: number }[] = [];

  /** @returns null until there is something to measure */
  after(what: string, bytes: number): number | null {
    const now = performance.now();
    // Another phase counts from another number.
    if (what !== this.#what) this.#samples = [];
    this.#what = what;
    const newest = this.#samples.at(-1);
    if (newest === undefined || now - newest.at >= Rate.#SAMPLE_MS) this.#samples.push({ at: now, bytes });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > Rate.#WINDOW_MS) this.#samples.shift();
    const [oldest] = this.#samples;
    if (oldest === undefined || now - oldest.at < Rate.#SAMPLE_MS) return null;
    return ((bytes - oldest.bytes) * 1000) / (now - oldest.at);
  }
}
