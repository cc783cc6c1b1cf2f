/** What `generate` and `edit` share: settings from options, and pictures from a pipeline into files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';

import type { Command } from 'commander';

import { GatewayError } from '../errors/index.js';
import { systemErrorCode } from '../errors/system.js';
import type { PipelineCall, PipelineEvent, PipelineTimings } from '../pipelines/index.js';
import { MAX_SEED } from '../pipelines/index.js';
import type { PreviewWishes } from '../plugin/contract.js';
import type { DiffusionInput, DiffusionSettings } from '../services/domain.js';
import { encodePng } from '../services/image-codec.js';
import { atLeastZero, size, wholeNumber } from './arguments.js';
import { MODEL_OPTION } from './chosen-model.js';
import type { LocalModel } from './local-models.js';
import { startProgress } from './progress.js';
import { type Terminal, printLine } from './terminal.js';

export interface DrawingOptions {
  readonly output: string;
  readonly seed?: number;
  readonly steps?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly count?: number;
  readonly guidance?: number;
  readonly previews?: string;
  readonly model?: string;
}

/** Adds the options that say how to draw. */
export function withDrawingOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'PNG file to write; with --count, the number goes before its ending', 'out.png')
    .option(
      '--seed <number>',
      `0 to ${MAX_SEED}; the same seed draws the same picture (default: random)`,
      wholeNumber(0, MAX_SEED),
    )
    .option('--steps <number>', 'denoiser steps (default: of the model)', wholeNumber(1, 10_000))
    .option('--size <WIDTHxHEIGHT>', 'pixels (default: of the model)', size)
    .option('--count <number>', 'pictures to draw, each with the next seed', wholeNumber(1, 1_000))
    .option('--guidance <number>', 'how closely to follow the words (default: of the model)', atLeastZero)
    .option('--previews <folder>', 'keep a picture of every step there')
    .option(...MODEL_OPTION);
}

export function diffusionInput({ seed, steps, size, count, guidance }: DrawingOptions): DiffusionInput {
  return { ...size, seed, count, numInferenceSteps: steps, guidanceScale: guidance };
}

export interface Drawing {
  readonly terminal: Terminal;
  readonly options: DrawingOptions;
  readonly model: LocalModel;
  readonly settings: DiffusionSettings;
  /** What was asked for; the files say so, unless the configuration forbids it. */
  readonly prompt: string;
}

/** Runs a pipeline and writes what it draws. */
export async function drawToFiles(
  { terminal, options, model, settings, prompt }: Drawing,
  run: (call: PipelineCall) => Promise<PipelineTimings>,
): Promise<void> {
  // A folder that cannot be made is told now, not when the picture is done.
  await prepareFolder(dirname(options.output));
  if (options.previews !== undefined) await prepareFolder(options.previews);

  const { numInferenceSteps: steps, count } = settings;
  const progress = startProgress({ stream: terminal.err, isTerminal: terminal.isInteractive }, steps * count);
  const saved: string[] = [];
  try {
    await run({
      signal: model.signal,
      previewWishes: options.previews === undefined ? undefined : { current: EVERY_STEP, onChange: () => () => {} },
      emit: async (event: PipelineEvent) => {
        if (event.type === 'step') {
          progress.step(event.index * steps + event.stepIndex);
          if (event.preview && options.previews !== undefined) {
            const name = `picture-${event.index + 1}-step-${String(event.stepIndex).padStart(String(steps).length, '0')}.png`;
            await save(join(options.previews, name), await encodePng(event.preview));
          }
        } else if (event.type === 'imageFinished') {
          const file = count === 1 ? options.output : numbered(options.output, event.index + 1);
          await save(file, await encodePng(event.image, model.pictureMetadata ? metadataOf(event.settings) : {}));
          saved.push(`${file}  ${event.image.width} x ${event.image.height}, seed ${event.settings.seed}`);
        }
      },
    });
  } finally {
    progress.end();
  }
  for (const line of saved) printLine(terminal.out, line);

  /** The same as in pictures that the gateway stores. */
  function metadataOf(own: DiffusionSettings): Record<string, string> {
    return { prompt, seed: String(own.seed), model: model.parts.id, settings: JSON.stringify(own) };
  }
}

const EVERY_STEP: PreviewWishes = { everySteps: [1], maxSize: 4096, view: 'x0' };

/** `out.png` -> `out-2.png` */
function numbered(file: string, number: number): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}-${number}${ext}`);
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw notWritten(folder, error);
  });
}

async function save(file: string, bytes: Buffer): Promise<void> {
  await writeFile(file, bytes).catch((error: unknown) => {
    throw notWritten(file, error);
  });
}

function notWritten(path: string, error: unknown): GatewayError {
  const code = systemErrorCode(error) ?? 'unknown error';
  if (code === 'ENOSPC')
    return new GatewayError(
      'STORAGE_FULL',
      `The disk is full: ${path} was not written. Free some space and try again.`,
      { cause: error },
    );
  return new GatewayError('STORAGE_FAILED', `${path} cannot be written (${code}). Choose another place.`, {
    cause: error,
  });
}
