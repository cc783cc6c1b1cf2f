import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as wire from '../wire/messages.js';
import type { HostSession } from './session.js';
import type { SupervisorTiming } from './timing.js';

export interface HealthWatch {
  readonly session: HostSession;
  readonly timing: Pick<SupervisorTiming, 'healthIntervalMs' | 'idleSilenceMs' | 'busySilenceMs'>;
  /** Takes each answer; what it returns is why the process has to be ended. */
  onHealth(health: wire.HealthResponse): string | undefined;
  readonly ended: AbortSignal;
}

/** Asks a process for its health again and again; settles with the reason when it has to be ended. */
export async function watchHealth({ session, timing, onHealth, ended }: HealthWatch): Promise<string> {
  const { healthIntervalMs, idleSilenceMs, busySilenceMs } = timing;
  let misses = 0;
  for (let wasBusy = false; !ended.aborted; wasBusy = session.calls > 0) {
    try {
      const health = await session.connection.health(new Date(Date.now() + idleSilenceMs / 2));
      session.heard();
      misses = 0;
      const reason = onHealth(health);
      if (reason !== undefined) return reason;
    } catch {
      misses += 1;
      const allowedMs = wasBusy || session.calls > 0 ? busySilenceMs : idleSilenceMs;
      // Twice: after a halt of this very process, one deadline has passed although the answer is there.
      if (misses >= 2 && session.silenceMs >= allowedMs) return `answered nothing for ${allowedMs} ms`;
    }
    await pause(healthIntervalMs, ended);
  }
  return 'has ended';
}

export interface MemoryWatch {
  readonly pid: number;
  readonly limitBytes: number;
  readonly intervalMs: number;
  readonly ended: AbortSignal;
}

/**
 * Settles with the reason when a process holds more memory than it may. The system is asked, not the process, which may
 * be too busy to answer; where the system does not tell (it does on Linux), this never settles and the process's own
 * word counts.
 */
export async function watchMemory({ pid, limitBytes, intervalMs, ended }: MemoryWatch): Promise<string | undefined> {
  while (!ended.aborted) {
    const bytes = await residentBytes(pid);
    if (bytes === undefined) return undefined;
    if (bytes > limitBytes) return tooMuchMemory(bytes, limitBytes);
    await pause(intervalMs, ended);
  }
  return undefined;
}

export function tooMuchMemory(bytes: number, limitBytes: number): string {
  return `held ${mebibytes(bytes)} of memory, more than its limit of ${mebibytes(limitBytes)}, and was killed`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/** Undefined where the system does not tell, or the process is gone. */
async function residentBytes(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** Does not keep the gateway's process alive. */
async function pause(ms: number, ended: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: ended, ref: false }).catch(() => {});
}
