/** Python environments: the toolkit's in models/toolkit/.venv, the plugin SDK's in sdk/python/.venv. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installDebian } from './debian.mjs';
import { isOnPath, root, run } from './run.mjs';
import { SetupError, say } from './say.mjs';

export const toolkit = join(root, 'models/toolkit');
export const sdk = join(root, 'sdk/python');

/** The interpreter of a project's own environment. */
export const pythonOf = (project) =>
  join(project, '.venv', process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
export const python = pythonOf(toolkit);

/**
 * The toolkit's environment holds what its pyproject.toml asks for. The first time downloads PyTorch: several gigabytes.
 *
 * @throws {SetupError} when there is no Python, or pip fails
 */
export function ensureToolkit() {
  // pytest, and the public implementations that the models are compared with.
  ensure(toolkit, 'the toolkit (PyTorch among it; minutes, several gigabytes)', [`${toolkit}[dev,parity]`]);
}

/** The toolkit's environment holds plugins/diffusers' packages already; with the SDK, it runs it. @throws {SetupError} */
export function ensureDiffusers() {
  ensureToolkit();
  const code = 'import darkroom_plugin, grpc, pydantic';
  if (run(python, ['-c', code], { quiet: true }) === 0) return;
  say('Installing the Python SDK beside the toolkit …');
  if (run(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--editable', sdk]) !== 0) {
    throw new SetupError('pip could not install sdk/python; its messages above say why.');
  }
}

/** The SDK's environment holds the package itself, and what its tests need. @throws {SetupError} */
export function ensureSdk() {
  ensure(sdk, 'the Python SDK', [`${sdk}[dev]`]);
}

function ensure(project, what, packages) {
  const stamp = join(project, '.venv/.installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(project, 'pyproject.toml')))
    .update(packages.join())
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;

  if (!existsSync(pythonOf(project))) createEnvironment(join(project, '.venv'));
  say(`Installing ${what} with pip …`);
  const editable = packages.flatMap((name) => ['--editable', name]);
  if (run(pythonOf(project), ['-m', 'pip', 'install', '--disable-pip-version-check', ...editable]) !== 0) {
    throw new SetupError(`pip could not install ${project}; its messages above say why.`);
  }
  writeFileSync(stamp, wanted);
}

/** Makes an empty virtual environment. @throws {SetupError} */
export function createEnvironment(environment) {
  const command = ['python3.13', 'python3.12', 'python3.11', 'python3'].find((name) => isOnPath(name));
  if (command === undefined) throw new SetupError('Python 3.11 or newer is needed on PATH.');
  const create = ['-m', 'venv', environment];
  if (run(command, create, { quiet: true }) === 0) return;
  // Debian's python3 comes without the module that fills a new environment with pip.
  installDebian(['python3-venv']);
  if (run(command, create) !== 0) throw new SetupError(`${command} could not make ${environment}.`);
}
