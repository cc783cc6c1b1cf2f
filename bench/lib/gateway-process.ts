/** A real gateway in a process of its own, started as a user starts it, on a free port and an empty data folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

import { packageRoot } from '../../src/plugin/package-root.js';
import type { Setting } from './setting.js';

export interface GatewayProcess {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process to the address on its standard output. */
  readonly startMs: number;
  /** Only for a gateway that was started with a program to import first: messages go to and fro. */
  readonly channel: ChildProcess;
  /** Ends it as Ctrl-C does, and removes its data. */
  stop(): Promise<void>;
}

export interface GatewayProcessOptions {
  /** Module that the process imports before anything else. */
  readonly importFirst?: string | undefined;
  /** Instead of the bundle's plugins: the minimal ones, whose pictures cost nothing but this many milliseconds a step. */
  readonly minimalStepMs?: number | undefined;
  /** Fills the folder of data before the gateway starts. */
  readonly prepare?: ((dataDir: string) => Promise<void>) | undefined;
}

const STOP_DEADLINE_MS = 30_000;
/** Under the default data folder, on the disk that a gateway would use: writing to memory would flatter it. */
const WORK_FOLDER = join(packageRoot, '.darkroom');
/** Lines of its log that are told when it does not start. */
const TOLD_LINES = 20;

/** @throws Error with the end of its log when it does not start */
export async function startGatewayProcess(
  setting: Setting,
  { importFirst, minimalStepMs, prepare }: GatewayProcessOptions = {},
): Promise<GatewayProcess> {
  await mkdir(WORK_FOLDER, { recursive: true });
  const folder = await mkdtemp(join(WORK_FOLDER, 'bench-'));
  const config = join(folder, 'darkroom.config.json');
  await writeFile(
    config,
    JSON.stringify(minimalStepMs === undefined ? configOf(setting) : minimalConfig(minimalStepMs)),
  );

  await prepare?.(join(folder, 'data'));

  const startedAt = performance.now();
  const program = join(packageRoot, 'dist/src/cli/main.js');
  const serve = ['serve', '--config', config, '--port', '0', '--data', join(folder, 'data')];
  const imports = importFirst === undefined ? [] : ['--import', pathToFileURL(importFirst).href];
  const child = spawn(process.execPath, [...imports, program, ...serve], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe', ...(importFirst === undefined ? [] : (['ipc'] as const))],
  });
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await addressOf(child);
    const startMs = performance.now() - startedAt;
    if (child.pid === undefined) throw new Error('The gateway has no process id.');
    return { url, pid: child.pid, startMs, channel: child, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The four Nexus plugins over the bundle, all else by default; but no work in the background, which would fall into the next run. */
function configOf({ bundle, threads }: Setting): object {
  const { id, name, decoders } = bundle.manifest;
  const editing = decoders.editing === null ? {} : { editing: 'nexus-editing-decoder' };
  const used = { generation: 'nexus-generation-decoder', ...editing };
  const plugins = ['nexus-encoder', 'nexus-language', ...Object.values(used)].map((plugin) => ({
    name: plugin,
    path: join(packageRoot, 'plugins', plugin),
    options: { bundle: bundle.folder, threads },
  }));
  const model = { id, name, encoder: 'nexus-encoder', languageModel: 'nexus-language', decoders: used };
  return { plugins, models: [model], compareImages: false };
}

function minimalConfig(stepMs: number): object {
  const path = (name: string) => join(packageRoot, 'dist/plugins/minimal', `${name}.js`);
  const plugins = [
    { name: 'encoder', path: path('encoder') },
    { name: 'language', path: path('language-model') },
    { name: 'decoder', path: path('decoder'), options: { stepMs } },
  ];
  const parts = { encoder: 'encoder', languageModel: 'language', decoders: { generation: 'decoder' } };
  return { plugins, models: [{ id: 'minimal', name: 'Minimal', ...parts }] };
}

/** This process's own, less what would set options of the gateway. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DARKROOM_')));
}

function addressOf(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new TypeError('The gateway was started without pipes.');
  const log: string[] = [];
  // Read to the end: a full pipe would stop the gateway.
  createInterface({ input: stderr }).on('line', (line) => {
    log.push(line);
    if (log.length > TOLD_LINES) log.shift();
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).on('line', (line) => {
      const address = /^Darkroom is at (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('error', reject);
    child.once('close', (code, signal) =>
      reject(new Error(`The gateway ended before it served (${signal ?? `exit code ${code}`}):\n${log.join('\n')}`)),
    );
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const tooLate = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await closed;
  clearTimeout(tooLate);
}
