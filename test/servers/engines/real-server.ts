/** A server in a process of its own, from the environment that `npm run test:all` installs (scripts/lib/engines.mjs). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../../src/plugin/package-root.js';

export interface RealServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param script a file of this folder that prints its address in its first line of the kind, and ends with its standard input */
export async function realServer(script: string, args: readonly string[]): Promise<RealServer> {
  const python = join(packageRoot, 'node_modules/.cache/darkroom-engines/bin/python');
  const child = spawn(python, [join(import.meta.dirname, script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  let errors = '';
  child.stderr.on('data', (piece: Buffer) => {
    errors = (errors + String(piece)).slice(-4_000);
  });
  let url: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error(`${script} ended without telling its address: ${errors}`);
  // Whatever else it prints is dropped; unread, it would fill the pipe and hold the server up.
  child.stdout.resume();
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
