/** What runs plugins in Python, and what to do where it is missing. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../errors/index.js';
import { packageRoot } from './package-root.js';
import type { PluginProgram } from './program.js';

const MODULE = 'darkroom_plugin';
const ENVIRONMENT = process.platform === 'win32' ? '.venv/Scripts/python.exe' : '.venv/bin/python';

/** The interpreter of the plugin's own virtual environment, `.venv` in its folder; without one, the system's. */
export function pythonHostOf(folder: string): readonly string[] {
  const own = join(folder, ENVIRONMENT);
  return [existsSync(own) ? own : 'python3', '-m', MODULE];
}

/**
 * Why a process that has ended before its handshake could not run a Python plugin at all, with the command that mends
 * it; undefined when it ended for another reason.
 *
 * @param how how it ended, in words
 */
export function pythonFault(
  plugin: string,
  { command, entry }: Pick<PluginProgram, 'command' | 'entry'>,
  how: string,
): GatewayError | undefined {
  const [python = ''] = command;
  if (!command.includes(MODULE)) return undefined;
  const fault = (message: string) => new GatewayError('CONFIG_INVALID', message, { plugin });
  if (how.startsWith('could not be started'))
    return fault(`Plugin ${plugin} needs Python 3.10 or newer; ${python} ${how}. ${install(python, entry)}`);
  if (PACKAGE_MISSING.test(how))
    return fault(
      `Plugin ${plugin} needs the Python package ${MODULE} with what it depends on, which ${python} does not have (${how}). ${install(python, entry)}`,
    );
  return undefined;
}

/** The last words of Python about the package or one that it depends on; or of these, about versions that are too old. */
const PACKAGE_MISSING =
  /No module named '?(darkroom_plugin|grpc|google|numpy|pydantic)\b|depends on grpcio>=|incompatible Protobuf/;

/** An interpreter that somebody chose gets the package; otherwise the plugin gets an environment of its own. */
function install(python: string, entry: string | null): string {
  const sdk = join(packageRoot, 'sdk/python');
  const requirements = entry === null ? '' : join(dirname(entry), 'requirements.txt');
  const packages = existsSync(requirements) ? `${sdk} -r ${requirements}` : sdk;
  if (existsSync(python)) return `Install it: ${python} -m pip install ${packages}`;
  const environment = join(entry === null ? '.' : dirname(entry), '.venv');
  return `Make an environment for it: python3 -m venv ${environment} && ${join(environment, 'bin/pip')} install ${packages}`;
}
