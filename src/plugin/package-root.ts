import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of Darkroom's own package.json. This file runs from src/ under the tests and from dist/src/ otherwise, so
 * what lies beside neither (the .proto file, the built host program) is found from the top.
 */
export const packageRoot = findUpwards(dirname(fileURLToPath(import.meta.url)));

function findUpwards(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "darkroom"')) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new TypeError('This file was moved out of the darkroom package.');
  return findUpwards(parent);
}
