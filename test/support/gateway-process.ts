/** A gateway with the minimal plugins in a process of its own, to be treated badly: killed, frozen, left without disk. Needs a build. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packageRoot } from '../../src/plugin/package-root.js';
import { type TestGatewayOptions, writeMinimalConfig } from './test-gateway.js';

const PROGRAM = join(packageRoot, 'dist/src/cli/main.js');

export interface GatewayProcess {
  readonly url: string;
  /** Process id of the host that runs a plugin now, by the name of its file: `decoder`. */
  hostOf(plugin: string): number;
  /** `kill -9`, and another one over the same data, at the same address. */
  crash(): Promise<GatewayProcess>;
  /** Ends it; the data goes too. */
  stop(): Promise<void>;
}

export async function startGatewayProcess(options: TestGatewayOptions = {}): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-faults-'));
  await writeMinimalConfig(folder, options);
  return startIn(folder);
}

async function startIn(folder: string, port = '0'): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--port', port], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  return {
    url,
    hostOf(plugin) {
      const host = childrenOf(child.pid ?? 0).find((pid) => commandOf(pid).includes(`/${plugin}.js`));
      if (host === undefined) throw new Error(`There is no host of ${plugin}.`);
      return host;
    },
    async crash() {
      await end(child, 'SIGKILL');
      return startIn(folder, new URL(url).port);
    },
    async stop() {
      await end(child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  let told = '';
  for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
    told += text;
    const address = /^Darkroom is at (\S+)$/m.exec(told)?.[1];
    if (address !== undefined) {
      child.stdout?.resume();
      return address;
    }
  }
  throw new Error(`The gateway ended before it served: ${told}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'exit');
  child.kill(signal);
  await closed;
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => Number(/\) \S (\d+)/.exec(readProcess(other, 'stat'))?.[1]) === pid);
}

function commandOf(pid: number): string {
  return readProcess(pid, 'cmdline');
}

/** Empty when the process is gone. */
function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
