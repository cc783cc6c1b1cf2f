/** How a picture was made, in the text chunks of its file: written with it, and believed of an upload only as far as it makes sense. */
import { open } from 'node:fs/promises';

import { z } from 'zod';

import { MAX_SEED } from '../pipelines/index.js';
import type { DiffusionSettings, RecipeRecord } from './domain.js';
import { readPngText } from './png-text.js';

/** Our chunks stand before the pixels; so much of a file is looked at. */
const HEAD_BYTES = 256 * 1024;
const MAX_NAME_CHARS = 200;

export function toRecipe(prompt: string, modelId: string, settings: DiffusionSettings): RecipeRecord {
  return { prompt, modelId, settings: { ...settings, count: 1 } };
}

/** What goes into the file. */
export function recipeText({ prompt, modelId, settings }: RecipeRecord): Record<string, string> {
  return { prompt, seed: String(settings.seed), model: modelId, settings: JSON.stringify(settings) };
}

/**
 * What a file says of how it was made; null for anything that is not ours, or not whole.
 *
 * @param path     of any file
 * @param maxChars of prompt and negative prompt
 */
export async function readRecipe(path: string, maxChars: number): Promise<RecipeRecord | null> {
  const { prompt, model, settings } = readPngText(await headOf(path));
  const read = z
    .object({ prompt: z.string().min(1).max(maxChars), model: name, settings: settingsIn(maxChars) })
    .safeParse({ prompt, model, settings });
  return read.success ? toRecipe(read.data.prompt, read.data.model, read.data.settings) : null;
}

const name = z.string().min(1).max(MAX_NAME_CHARS);
const side = z.int().min(1).max(65_535);
const scale = z.number().min(0).max(1000);

function settingsIn(maxChars: number) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('Not JSON.');
        return z.NEVER;
      }
    })
    .pipe(
      z.object({
        width: side,
        height: side,
        numInferenceSteps: z.int().min(1).max(100_000),
        guidanceScale: scale,
        trueCfgScale: scale,
        negativePrompt: z.string().max(maxChars),
        seed: z.int().min(0).max(MAX_SEED),
        count: z.int().min(1),
        decoder: name,
      }),
    );
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
