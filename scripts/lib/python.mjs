/** The toolkit's Python: a virtual environment of its own in models/toolkit/.venv, with what its pyproject.toml names. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installDebian } from './debian.mjs';
import { isOnPath, root, run } from './run.mjs';
import { SetupError, say } from './say.mjs';

export const toolkit = join(root, 'models/toolkit');
const environment = join(toolkit, '.venv');
/** pytest, and the public implementations that the models are compared with. */
const extras = 'dev,parity';
export const python = join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

/**
 * The environment holds what pyproject.toml asks for. The first time downloads PyTorch: several gigabytes.
 *
 * @throws {SetupError} when there is no Python, or pip fails
 */
export function ensureToolkit() {
  const stamp = join(environment, '.installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(toolkit, 'pyproject.toml')))
    .update(extras)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  if (!existsSync(python)) createEnvironment();
  say('Installing the toolkit with pip (PyTorch among it; minutes, several gigabytes) …');
  if (
    run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--editable', `${toolkit}[${extras}]`]) !== 0
  ) {
    throw new SetupError('pip could not install models/toolkit; its messages above say why.');
  }
  writeFileSync(stamp, wanted);
}

function createEnvironment() {
  const command = ['python3.13', 'python3.12', 'python3.11', 'python3'].find((name) => isOnPath(name));
  if (command === undefined) throw new SetupError('The toolkit needs Python 3.11 or newer on PATH.');
  const create = ['-m', 'venv', environment];
  if (run(command, create, { quiet: true }) === 0) return;
  // Debian's python3 comes without the module that fills a new environment with pip.
  installDebian(['python3-venv']);
  if (run(command, create) !== 0) throw new SetupError(`${command} could not make ${environment}.`);
}
