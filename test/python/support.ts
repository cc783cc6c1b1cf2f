/** Plugins in Python, run by the environment that scripts/lib/python.mjs makes of sdk/python. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { packageRoot } from '../../src/plugin/package-root.js';

export const sdk = join(packageRoot, 'sdk/python');
export const python = join(sdk, '.venv/bin/python');
export const command = [python, '-m', 'darkroom_plugin'];

/** One of the minimal plugins. */
export const minimalPython = (name: 'encoder' | 'language_model' | 'decoder') =>
  join(packageRoot, `plugins/minimal/${name}.py`);

/** A plugin of test/fixtures/plugins/python. */
export const pythonFixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/plugins/python/${name}.py`, import.meta.url));
