/** The tiny bundle that the toolkit's `fixtures` command writes: real graphs, small random weights, answers that are fixed. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type {
  GenerateEvent,
  GenerateRequest,
  ImageEmbeddings,
  LanguageModel,
  RgbImage,
} from '../../../src/plugin/contract.js';

export const TINY_BUNDLE = path.resolve(import.meta.dirname, '../../fixtures/tiny-bundle');

/** A call that nobody aborts. */
export const patient = { signal: new AbortController().signal };

/** A copy that a test may damage; `remove` it afterwards. */
export async function copyOfTinyBundle(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'darkroom-bundle-'));
  await cp(TINY_BUNDLE, folder, { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A picture with edges and gradients; another `phase`, another picture. */
export function picture(width: number, height: number, phase = 0): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (Math.min(width, height) / 3) ** 2;
      data.set([(255 * x) / width, 127 * (1 + Math.sin(y / 3 + phase)), inside ? 220 : 40], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

export interface Answer {
  readonly text: string;
  readonly images: readonly ImageEmbeddings[];
  /** Types in order, runs of text as one. */
  readonly order: readonly GenerateEvent['type'][];
  /** The `end` or `error` that closed it. */
  readonly last: GenerateEvent;
}

/** Every request's whole answer, in the order of the requests. */
export async function answers(model: LanguageModel, requests: readonly GenerateRequest[]): Promise<Answer[]> {
  const events: GenerateEvent[][] = requests.map(() => []);
  for await (const { index, event } of model.generate(requests, patient)) events[index]?.push(event);
  return events.map((own) => ({
    text: own.map((event) => (event.type === 'text' ? event.text : '')).join(''),
    images: own.flatMap((event) => (event.type === 'image' ? [event.image] : [])),
    order: own.map((event) => event.type).filter((type, index, all) => type !== 'text' || all[index - 1] !== 'text'),
    last: own.at(-1) ?? { type: 'error', code: 'NOTHING', message: 'no event came' },
  }));
}

/** The greatest difference between two lists of numbers, which must be equally long. */
export function greatestDifference(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let i = 0; i < left.length; i++) greatest = Math.max(greatest, Math.abs((left[i] ?? 0) - (right[i] ?? 0)));
  return greatest;
}
