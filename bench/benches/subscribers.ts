import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

import { WebSocket } from 'ws';

import { startGatewayProcess } from '../lib/gateway-process.js';
import type { LoopDelay } from '../lib/loop-monitor.js';
import { type Bench, milliseconds } from '../lib/result.js';
import { quantile } from '../lib/statistics.js';
import { LOOP_MONITOR, delayDuring } from './event-loop.js';

const SUBSCRIBERS = 1_000;
const QUICK_SUBSCRIBERS = 50;
/** Connections that are opened at once. */
const OPENED_AT_ONCE = 50;
const PREVIEW = '{ maxPerSecond: 1, maxSize: 64 }';

interface Load {
  readonly what: string;
  readonly subscribers: number;
  readonly events: number;
  /** From the time that an event bears to its arrival, in milliseconds. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly bytesPerSubscriber: number;
  readonly loop: LoopDelay;
}

export const subscribers: Bench = {
  name: 'subscribers',
  title: 'Many who follow tasks',
  explanation: `The minimal plugins, whose pictures cost nearly nothing, and one connection for each subscriber, all from one process on the same machine, which takes its share of the cores. The
delay is from the time that an event bears (when it was written, or its preview made) to its arrival there. One task: ${SUBSCRIBERS} follow a picture of 10 steps of one second with a
preview of each. Many tasks: ${SUBSCRIBERS} pictures of one step of 100 ms, each followed by one, from the queue to the end. Memory: what the gateway's process grew by (VmRSS) when they had connected.`,

  async run(setting) {
    const count = setting.isQuick ? QUICK_SUBSCRIBERS : SUBSCRIBERS;
    const loads = [
      await measure(setting, `${count} on one task`, count, 1, { steps: 10, stepMs: 1_000 }),
      await measure(setting, `${count} tasks with one each`, count, count, { steps: 1, stepMs: 100 }),
    ];
    return {
      tables: [
        {
          columns: ['', 'events', 'delay p50', 'p99', 'most', 'memory per subscriber', 'event loop p50', 'p99', 'most'],
          rows: loads.map(({ what, events, delay, bytesPerSubscriber, loop }) => [
            what,
            String(events),
            ...[delay.p50, delay.p99, delay.max].map(milliseconds),
            `${Math.round(bytesPerSubscriber / 1000)} kB`,
            ...[loop.p50, loop.p99, loop.max].map(milliseconds),
          ]),
        },
      ],
      goals: [],
      reading: loads.map(
        ({ what, delay, loop }) =>
          `${what}: half of the events arrive within ${milliseconds(delay.p50)}, 99 % within ${milliseconds(delay.p99)}; the event loop of the gateway is late by ${milliseconds(loop.p99)} at p99.`,
      ),
      figures: { loads },
    };
  },
};

async function measure(
  setting: Parameters<Bench['run']>[0],
  what: string,
  count: number,
  tasks: number,
  { steps, stepMs }: { readonly steps: number; readonly stepMs: number },
): Promise<Load> {
  const gateway = await startGatewayProcess(setting, { importFirst: LOOP_MONITOR, minimalStepMs: stepMs });
  try {
    // A task in front holds the others in the queue until everybody has come.
    const front = await submit(gateway.url, 1_000);
    const ids: string[] = [];
    for (let task = 0; task < tasks; task += 1) ids.push(await submit(gateway.url, steps));
    const before = await residentBytes(gateway.pid);
    const delays: number[] = [];
    const followers: Follower[] = [];
    for (let at = 0; at < count; at += OPENED_AT_ONCE) {
      const next = Array.from({ length: Math.min(OPENED_AT_ONCE, count - at) }, (_, index) =>
        follow(gateway.url, ids[(at + index) % ids.length] as string, delays),
      );
      followers.push(...(await Promise.all(next)));
    }
    const bytesPerSubscriber = ((await residentBytes(gateway.pid)) - before) / count;
    delays.length = 0;
    const loop = await delayDuring(gateway.channel, async () => {
      await request(gateway.url, `mutation { cancelTask(input: { taskId: "${front}" }) { task { id } } }`);
      await Promise.all(followers.map(({ hasEnded }) => hasEnded));
    });
    const at = (share: number) => quantile(delays, share);
    return {
      ...{ what, subscribers: count, events: delays.length, bytesPerSubscriber, loop },
      delay: { p50: at(0.5), p99: at(0.99), max: at(1) },
    };
  } finally {
    await gateway.stop();
  }
}

interface Follower {
  readonly hasEnded: Promise<void>;
}

/** Settles when the first event has come. A bare socket: a client's own work would be measured with the gateway's. */
async function follow(url: string, taskId: string, delays: number[]): Promise<Follower> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const query = `subscription { taskEvents(taskId: "${taskId}", preview: ${PREVIEW}) { at ... on DenoisingPreview { dataUrl } } }`;
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  const hasEnded = new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error('A subscriber lost its connection.')));
    socket.on('message', (data) => {
      const text = String(data);
      const at = /"at":"([^"]+)"/.exec(text)?.[1];
      if (at !== undefined) delays.push(Date.now() - Date.parse(at));
      if (text.includes('"type":"connection_ack"')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      }
      if (text.includes('"type":"complete"')) {
        resolve();
        socket.close();
      }
    });
  });
  hasEnded.catch(() => undefined);
  // The acknowledgement, then TaskQueued.
  await once(socket, 'message');
  await once(socket, 'message');
  return { hasEnded };
}

async function submit(url: string, numInferenceSteps: number): Promise<string> {
  const { generateImage } = await request<{ generateImage: { task: { id: string } } }>(
    url,
    `mutation { generateImage(input: { prompt: "p", diffusion: { numInferenceSteps: ${numInferenceSteps} } }) { task { id } } }`,
  );
  return generateImage.task.id;
}

async function request<Result>(url: string, query: string): Promise<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Result; errors?: unknown };
  if (errors !== undefined) throw new Error(`The gateway answered: ${JSON.stringify(errors)}`);
  return data;
}

async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
