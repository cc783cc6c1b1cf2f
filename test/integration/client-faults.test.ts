/** The client's subscriptions while the gateway and its plugins are killed: the faults of faults.test.ts, as a program sees them. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type ClientOptions,
  type DarkroomClient,
  GenerateImageDocument,
  type TaskEvent,
  createClient,
} from 'darkroom/client';
import { WebSocket } from 'ws';

import { type GatewayProcess, startGatewayProcess } from '../support/gateway-process.js';

const SLOW_MS = 120_000;
const STEP_MS = 60;
const PICTURE = { prompt: 'a red circle', diffusion: { seed: 7, numInferenceSteps: 20 } };

let gateway: GatewayProcess;
let client: DarkroomClient;
afterEach(async () => {
  client.close();
  await gateway.stop();
});

async function draw(): Promise<string> {
  return (await client.request(GenerateImageDocument, { input: PICTURE })).generateImage.task.id;
}

function statesOf(story: readonly TaskEvent[]): string[] {
  return story.filter(({ __typename }) => __typename !== 'DenoisingPreview').map(({ cursor }) => cursor);
}

async function bytesOf(taskId: string): Promise<string> {
  const task = await client.watch(taskId).finished();
  const response = await fetch(('images' in task && task.images[0]?.url) || '');
  return Buffer.from(await response.arrayBuffer()).toString('base64');
}

describe.each([
  ['a WebSocket', { transport: 'websocket', webSocket: WebSocket }],
  ['Server-Sent Events', { transport: 'sse' }],
] as const satisfies [string, ClientOptions][])('a loop over %s', (_name, over) => {
  it(
    'goes on by itself when the gateway is killed in the middle of a picture and started again: nothing lost, nothing twice',
    async () => {
      gateway = await startGatewayProcess({ stepMs: STEP_MS });
      client = createClient({ url: gateway.url, ...over });
      const undisturbed = await bytesOf(await draw());
      const taskId = await draw();
      const story: TaskEvent[] = [];
      let crash: Promise<GatewayProcess> | undefined;
      for await (const event of client.watch(taskId, { preview: { maxPerSecond: 1000, maxSize: 32 } })) {
        story.push(event);
        if (event.__typename === 'DenoisingPreview') crash ??= gateway.crash();
      }
      if (crash) gateway = await crash;

      const whole: TaskEvent[] = [];
      for await (const event of client.watch(taskId, { preview: false })) whole.push(event);
      const names = story.map(({ __typename }) => __typename);
      expect(statesOf(story)).toEqual(statesOf(whole));
      expect(names).toContain('TaskRetrying');
      expect(names.filter((name) => name === 'TaskStarted')).toHaveLength(2);
      expect(names.at(-1)).toBe('TaskSucceeded');
      expect(await bytesOf(taskId)).toBe(undisturbed);
    },
    SLOW_MS,
  );
});

describe('finished()', () => {
  it(
    'throws why the task failed, and whether it can succeed later',
    async () => {
      gateway = await startGatewayProcess({ stepMs: STEP_MS, config: { maxAttempts: 1 } });
      client = createClient({ url: gateway.url });
      const taskId = await draw();
      for await (const event of client.watch(taskId)) if (event.__typename === 'DenoisingPreview') break;
      process.kill(gateway.hostOf('decoder'), 'SIGKILL');

      await expect(client.watch(taskId).finished()).rejects.toMatchObject({
        name: 'DarkroomError',
        code: expect.stringMatching(/^PLUGIN_/),
        retryable: true,
      });
    },
    SLOW_MS,
  );
});
