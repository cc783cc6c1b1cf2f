import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { connectClient } from '../lib/api-client.js';
import { startGatewayProcess } from '../lib/gateway-process.js';
import type { LoopDelay } from '../lib/loop-monitor.js';
import { type Bench, type Goal, milliseconds } from '../lib/result.js';
import { EVERY_STEP } from './previews.js';

export const LOOP_MONITOR = fileURLToPath(new URL('../lib/loop-monitor.js', import.meta.url));
const LIMIT_MS = 20;
const PICTURES = 10;
const SUBSCRIBERS = 2;
const IDLE_SECONDS = 3;

export const eventLoop: Bench = {
  name: 'event-loop',
  title: "Delay of the gateway's event loop while it draws",
  explanation: `Measured inside the gateway's process by \`perf_hooks.monitorEventLoopDelay\`, a timer of 1 ms; what is told includes that millisecond. Drawing: ${PICTURES} pictures one after the
other, each with ${SUBSCRIBERS} subscribers on connections of their own that want a preview of every step. Idle: the same gateway for ${IDLE_SECONDS} s before, with nothing to do, which
is what the machine itself does to a timer while its cores are wanted elsewhere.`,

  async run(setting) {
    const gateway = await startGatewayProcess(setting, { importFirst: LOOP_MONITOR });
    try {
      const clients = await Promise.all(Array.from({ length: SUBSCRIBERS }, () => connectClient(gateway.url, setting)));
      const [first] = clients as [(typeof clients)[number]];
      // The first picture compiles what the others run.
      await first.draw(setting.seed, EVERY_STEP);

      const idle = await delayDuring(gateway.channel, () => sleep(IDLE_SECONDS * 1000));
      const pictures = setting.isQuick ? 2 : PICTURES;
      let previews = 0;
      const drawing = await delayDuring(gateway.channel, async () => {
        for (let run = 1; run <= pictures; run += 1) {
          const taskId = await first.submit(setting.seed + run);
          const seen = await Promise.all(clients.map((client) => client.watch(taskId, EVERY_STEP)));
          previews += seen.reduce((sum, { previews }) => sum + previews, 0);
        }
      });
      for (const client of clients) await client.close();

      const goal: Goal = {
        what: 'event loop of the gateway, p99 while drawing',
        wanted: `under ${LIMIT_MS} ms`,
        measured: `${milliseconds(drawing.p99)} (most ${milliseconds(drawing.max)})`,
        isMet: drawing.p99 < LIMIT_MS,
      };
      return {
        tables: [
          {
            columns: ['', 'ticks', 'p50', 'p99', 'p99.9', 'most', 'loop at work', 'processor time'],
            rows: [delayRow('idle', idle), delayRow(`drawing ${pictures} pictures`, drawing)],
          },
        ],
        goals: [goal],
        reading: [
          `${goal.what}: ${goal.isMet ? 'met' : '**not met**'} (${milliseconds(drawing.p99)}, wanted under ${LIMIT_MS} ms; idle on this machine ${milliseconds(idle.p99)}). The longest delay was ${milliseconds(drawing.max)}. ${previews} previews were sent.`,
          `The gateway itself took ${milliseconds(drawing.cpuMs / pictures)} of processor time for a picture.`,
        ],
        figures: { idleMs: idle, drawingMs: drawing, pictures, previews },
      };
    } finally {
      await gateway.stop();
    }
  },
};

function delayRow(label: string, { ticks, p50, p99, p999, max, utilization, cpuMs }: LoopDelay): string[] {
  return [
    label,
    String(ticks),
    ...[p50, p99, p999, max].map(milliseconds),
    `${(100 * utilization).toFixed(1)} %`,
    milliseconds(cpuMs),
  ];
}

/** The delay of a gateway's event loop while `work` goes on; it was started with the monitor. */
export async function delayDuring(gateway: ChildProcess, work: () => Promise<unknown>): Promise<LoopDelay> {
  await askMonitor(gateway, 'start');
  await work();
  return (await askMonitor(gateway, 'read')) as LoopDelay;
}

async function askMonitor(gateway: ChildProcess, message: 'start' | 'read'): Promise<unknown> {
  const answered = once(gateway, 'message');
  gateway.send(message);
  const [answer]: unknown[] = await answered;
  return answer;
}
