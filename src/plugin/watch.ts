/** Tells when the files of a plugin have changed, for those who write one. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesOf, type PluginFiles } from './lock.js';

export interface WatchOptions {
  readonly onChange: () => void | Promise<void>;
  readonly signal: AbortSignal;
  /** Between two looks, and how long everything has to be quiet before a change is told. Default 300. */
  readonly intervalMs?: number;
}

/**
 * Looks at size and time of every file again and again, installed packages aside. Asking works on every file system;
 * events do not, above all not for folders that a container or a network mounts.
 */
export async function watchPlugin(
  program: PluginFiles,
  { onChange, signal, intervalMs = 300 }: WatchOptions,
): Promise<void> {
  let known = await fingerprint(program);
  while (!signal.aborted) {
    await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
    let now = await fingerprint(program);
    if (now === known || signal.aborted) continue;
    // A compiler writes file after file.
    for (let before = known; now !== before && !signal.aborted; ) {
      before = now;
      await sleep(intervalMs, undefined, { signal, ref: false }).catch(() => {});
      now = await fingerprint(program);
    }
    known = now;
    if (!signal.aborted) await onChange();
  }
}

async function fingerprint(program: PluginFiles): Promise<string> {
  const files = await filesOf(program, { withPackages: false }).catch(() => []);
  const looks = await Promise.all(
    files.map(async ({ path }) => {
      const found = await stat(path).catch(() => undefined);
      return `${path} ${found?.size} ${found?.mtimeMs}`;
    }),
  );
  return looks.join('\n');
}
