/** What is kept beside a model about where it came from: enough to verify it offline, years later. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

/** Inside a model's folder. No file of a repository may take this name. */
export const RECORD_FILE = '.darkroom-model.json';

const recordSchema = z.object({
  formatVersion: z.literal(1),
  hub: z.enum(['huggingface', 'modelscope']),
  /** Address of the hub. */
  url: z.string(),
  repository: z.string(),
  /** As it was asked for. */
  revision: z.string(),
  /** What it meant. */
  commit: z.string(),
  pulledAt: z.iso.datetime(),
  files: z.array(
    z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export type ModelRecord = z.output<typeof recordSchema>;
export type RecordedFile = ModelRecord['files'][number];

/** @returns null when the folder has no record, or one that cannot be read */
export function readRecord(folder: string): Promise<ModelRecord | null> {
  return readJson(join(folder, RECORD_FILE), recordSchema);
}

export function writeRecord(folder: string, record: ModelRecord): Promise<void> {
  return writeJson(join(folder, RECORD_FILE), record);
}

/** @returns null when the file is not there or holds something else */
export async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Whole or not at all: a reader never sees half a file. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
