import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll } from '@jest/globals';

/** In memory where the machine has such a place: a database that waits for the disk makes a slow test. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A fresh folder; it is gone after the last test of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(ROOT, 'darkroom-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
