/** The child process that runs a plugin. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { PluginLog } from '../contract.js';
import { packageRoot } from '../package-root.js';
import { readLines } from './lines.js';

const HOST_PROGRAM = join(packageRoot, 'dist/src/plugin/host/main.js');

export interface HostProcessOptions {
  /** Absolute path of the plugin's JavaScript entry. */
  readonly entry: string;
  /** Where it has to listen. */
  readonly socketPath: string;
  /** The whole environment of the process; nothing is added to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes what the process prints, line by line. */
  readonly log: PluginLog;
}

export interface HostProcess {
  readonly pid: number | undefined;
  /** How the process ended, in words; settles when it has. */
  readonly exited: Promise<string>;
  /** Ends it now, whatever it is doing. */
  kill(): void;
  /** Closes its standard input, which asks it to end. */
  end(): void;
}

export function spawnHost({ entry, socketPath, environment, log }: HostProcessOptions): HostProcess {
  const child = spawn(process.execPath, [HOST_PROGRAM, '--entry', entry, '--socket', socketPath], {
    env: environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let lastErrorLine = '';
  readLines(child.stdout, (line) => logLine(line, log, 'info'));
  readLines(child.stderr, (line) => {
    if (isTelling(line)) lastErrorLine = line.trim();
    logLine(line, log, 'warn');
  });
  // A write after the process has gone; its exit says all there is to say.
  child.stdin.on('error', () => {});

  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    // `close`, not `exit`: by then all that it printed has been read.
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
      resolve(lastErrorLine === '' ? how : `${how}; it last said: ${lastErrorLine}`);
    });
  });
  return { pid: child.pid, exited, kill: () => void child.kill('SIGKILL'), end: () => void child.stdin.end() };
}

/** Of what Node prints about an uncaught error, the line that says what happened, not its frames. */
function isTelling(line: string): boolean {
  return /^\S*Error\b/.test(line) || !/^\s|^Node\.js v|^}|^file:/.test(line);
}

/** A JSON line of our own log keeps its level and fields; anything else is text. */
function logLine(line: string, log: PluginLog, level: keyof PluginLog): void {
  const entry = parseEntry(line);
  if (entry) log[entry.level](entry.message, entry.fields);
  else log[level](line);
}

function parseEntry(
  line: string,
): { level: keyof PluginLog; message: string; fields: Record<string, unknown> } | undefined {
  if (!line.startsWith('{"level":')) return undefined;
  try {
    const { level, message, ...fields }: Record<string, unknown> = JSON.parse(line);
    if (typeof message !== 'string' || !isLevel(level)) return undefined;
    return { level, message, fields };
  } catch {
    return undefined;
  }
}

function isLevel(level: unknown): level is keyof PluginLog {
  return level === 'debug' || level === 'info' || level === 'warn' || level === 'error';
}
