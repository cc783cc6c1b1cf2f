/** The child process that runs a plugin. */
import { spawn } from 'node:child_process';
import type { PluginLog } from '../contract.js';
import type { PluginProgram } from '../program.js';
import { readLines } from './lines.js';

/** Where a process listens for gateways elsewhere. */
export interface ListenAddress {
  /** HOST:PORT */
  readonly address: string;
  readonly token: string;
  /** Files in PEM; plain text without them. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export interface HostProcessOptions {
  readonly program: Pick<PluginProgram, 'entry' | 'command'>;
  /** Where it has to listen. */
  readonly socketPath: string;
  /** Where it has to listen as well. */
  readonly listen?: ListenAddress | undefined;
  /** Its working folder. */
  readonly folder: string;
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

export function spawnHost({ program, socketPath, listen, folder, environment, log }: HostProcessOptions): HostProcess {
  const [command = '', ...first] = program.command;
  const args = [
    ...first,
    ...(program.entry === null ? [] : ['--entry', program.entry]),
    ...['--socket', socketPath],
    ...(listen ? ['--listen', listen.address] : []),
    ...(listen?.tls ? ['--tls-cert', listen.tls.certFile, '--tls-key', listen.tls.keyFile] : []),
  ];
  const child = spawn(command, args, {
    cwd: folder,
    // The token goes by the environment: arguments can be read by every user of the machine.
    env: listen ? { ...environment, DARKROOM_PLUGIN_TOKEN: listen.token } : environment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let lastErrorLine = '';
  const onLeftOut = (lines: number) => log.warn('The plugin prints too much; lines were left out.', { lines });
  readLines(child.stdout, (line) => logLine(line, log, 'info'), { onLeftOut });
  const onErrorLine = (line: string) => {
    if (isTelling(line)) lastErrorLine = line.trim();
    logLine(line, log, 'warn');
  };
  readLines(child.stderr, onErrorLine, { onLeftOut });
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
