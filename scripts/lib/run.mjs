/** Running other programs in the foreground, in the repository's root. */
import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs a program to its end, sharing this one's terminal.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, quiet?: boolean, cwd?: string }} [options] `env` is added to this process's
 * own; `quiet` drops what the program prints
 * @returns {number} its exit status, as a shell gives it: 127 when it could not be started, 128 + n after signal n
 */
export function run(command, args, { env = {}, quiet = false, cwd = root } = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? 'ignore' : 'inherit',
    // npm is a .cmd file on Windows, and those need a shell.
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (error) return 127;
  return status ?? 128 + constants.signals[signal];
}

/** Runs a program's JavaScript with this very Node. */
export function runNode(args, options) {
  return run(process.execPath, args, options);
}

/** Whether a program of this name can be started from PATH. */
export function isOnPath(command, versionFlag = '--version') {
  return run(command, [versionFlag], { quiet: true }) !== 127;
}
