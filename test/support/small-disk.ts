/** A small file system that a test can fill, on machines that let us mount one: a tmpfs of some megabytes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach } from '@jest/globals';

const mounted: string[] = [];

afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', ['-l', folder]);
});

export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Unmounted after the test. @returns undefined where nothing can be mounted */
export function mountSmallDisk(folder: string, size: string): string | undefined {
  try {
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  mounted.push(folder);
  return folder;
}

/** Writes `ballast` until nothing more fits. */
export async function fillUp(disk: string): Promise<void> {
  await mkdir(disk, { recursive: true });
  for (let bytes = 4 * 1024 * 1024; bytes >= 512; bytes = Math.floor(bytes / 2)) {
    for (;;) {
      try {
        await writeFile(join(disk, 'ballast'), Buffer.alloc(bytes), { flag: 'a', flush: true });
      } catch {
        break;
      }
    }
  }
}

export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}
