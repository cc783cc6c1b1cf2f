/** Real servers for the plugins of docs/engines.md: a virtual environment of their own, with what test/servers/engines/requirements.txt names. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEnvironment } from './python.mjs';
import { root, run } from './run.mjs';
import { SetupError, say } from './say.mjs';

const environment = join(root, 'node_modules/.cache/darkroom-engines');
const requirements = join(root, 'test/servers/engines/requirements.txt');
const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/** @throws {SetupError} when there is no Python, or pip fails */
export function ensureEngines() {
  const stamp = join(environment, '.installed');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  if (!existsSync(python)) createEnvironment(environment);
  say('Installing inference servers with pip (a minute) …');
  if (
    run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--requirement', requirements]) !== 0
  )
    throw new SetupError('pip could not install the servers of test/servers/engines; its messages above say why.');
  writeFileSync(stamp, wanted);
}
