import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import comfyui from '../../../plugins/comfyui/index.js';
import type { DecodeEvent } from '../../../src/plugin/contract.js';
import { describeConformance } from '../../../src/plugin/conformance/index.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import {
  type ComfyServer,
  type ComfyServerOptions,
  comfyServer,
  previewFrame,
  words,
} from '../../support/comfyui-server.js';
import { busy, cut, garbage } from '../../support/protocol-server.js';
import { developed, drawn, flat, testHost } from './support.js';

const SAMPLER = {
  class_type: 'KSampler',
  inputs: { seed: '{{seed}}', steps: '{{steps}}', cfg: '{{guidanceScale}}', positive: ['1', 0] },
};
const SAVE = { class_type: 'SaveImage', inputs: { width: '{{width}}', height: '{{height}}', images: ['3', 0] } };
const WORKFLOW = {
  '1': { class_type: 'CLIPTextEncode', inputs: { text: 'masterpiece, {{prompt}}' } },
  '3': SAMPLER,
  '4': SAVE,
};
const EDIT = { ...WORKFLOW, '2': { class_type: 'LoadImage', inputs: { image: '{{image}}' } } };

let folder = '';
const stops: (() => Promise<void>)[] = [];
const conforming: { server?: ComfyServer } = {};
const options = {
  url: '',
  workflow: '',
  editWorkflow: '',
  limits: { minSide: 32 },
  defaults: { width: 64, height: 64, numInferenceSteps: 4 },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-comfy-'));
  conforming.server = await comfyServer({ previewEvent: 4 });
  const [workflow, editWorkflow] = [await save('draw', WORKFLOW), await save('edit', EDIT)];
  Object.assign(options, { url: conforming.server.url, workflow, editWorkflow });
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(async () => {
  await conforming.server?.stop();
  await rm(folder, { recursive: true });
});

async function save(name: string, workflow: unknown): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(workflow));
  return path;
}

async function serve(serverOptions: ComfyServerOptions = {}): Promise<ComfyServer> {
  const server = await comfyServer(serverOptions);
  stops.push(() => server.stop());
  return server;
}

async function paint(server: ComfyServer, more: object = {}, logged: string[] = []) {
  const decoder = await comfyui.create({ ...options, url: server.url, silenceMs: 200, ...more }, testHost(logged));
  stops.push(() => decoder.close());
  return decoder;
}

const wish = { maxSize: 16, view: 'x0' } as const;
const stepsOf = (events: readonly DecodeEvent[]) =>
  events.map((event) => (event.type === 'step' ? [event.stepIndex, event.preview?.width] : [event.image.width]));
const queued = (server: ComfyServer) => {
  const request = server.requests.find(({ path }) => path === '/prompt');
  return JSON.parse(String(request?.body)) as { prompt: typeof EDIT; prompt_id: string };
};

describe('a ComfyUI server as an image decoder', () => {
  it.each([1, 4] as const)(
    'shows each step with its preview, which comes as binary event %i, then the picture',
    async (previewEvent) => {
      const server = await serve({ previewEvent });
      const events = await developed(await paint(server), drawn({ width: 96 }), { wish });
      expect(stepsOf(events)).toEqual([[1, 16], [2, 16], [3, 16], [4, 16], [96]]);
    },
  );

  it('fills the placeholders of the workflow, whole ones with numbers', async () => {
    const server = await serve();
    await developed(await paint(server), drawn({ guidanceScale: 2.5 }));
    const { prompt } = queued(server);
    expect(prompt['1'].inputs).toEqual({ text: 'masterpiece, a red circle' });
    expect(prompt['3'].inputs).toMatchObject({ seed: 7, steps: 4, cfg: 2.5, positive: ['1', 0] });
  });

  it('uploads the picture of an edit, once whatever happens, and names it in the other workflow', async () => {
    const server = await serve();
    server.trouble('upload/image', cut);
    await developed(await paint(server), drawn({ reference: { type: 'pixels', image: flat(20, 20) } }));
    expect([...server.uploads.keys()]).toEqual([queued(server).prompt['2'].inputs.image]);
  });

  it('draws the same picture whether it is watched or not', async () => {
    const decoder = await paint(await serve());
    const last = async (how: object) => (await developed(decoder, drawn(), how)).at(-1);
    const [watched, alone] = [await last({ wish }), await last({})];
    expect(watched?.type === 'image' && watched.image).toEqual(alone?.type === 'image' && alone.image);
  });

  it('passes over binary events that it does not know, late previews and previews of other jobs', async () => {
    const jpeg = Buffer.from('no picture at all');
    const server = await serve({
      previewEvent: 4,
      beforeStep(_, all) {
        all.sendToAll(Buffer.concat([words(99, 7), jpeg]));
        all.sendToAll(Buffer.concat([words(3, 1), Buffer.from('1some text')]));
        all.sendToAll(words(4, 4_000_000_000));
        all.sendToAll(Buffer.of(1));
        all.sendToAll(previewFrame(4, jpeg, 'another job'));
      },
    });
    expect(stepsOf(await developed(await paint(server), drawn(), { wish }))).toEqual([
      [1, 16],
      [2, 16],
      [3, 16],
      [4, 16],
      [64],
    ]);
  });

  it('follows its job over a new WebSocket when one is lost, and finds an end that it missed in the history', async () => {
    for (const at of [2, 4]) {
      const logged: string[] = [];
      const server = await serve({ beforeStep: (step, all) => void (step === at && all.dropSockets()) });
      const events = await developed(await paint(server, {}, logged), drawn(), { wish });
      expect(events.at(-1)).toMatchObject({ type: 'image' });
      expect(logged).toEqual([expect.stringContaining('WebSocket was lost')]);
      expect(server.requests.filter(({ path }) => path === '/prompt')).toHaveLength(1);
    }
  });

  it('gives a job up that the server forgot', async () => {
    const server = await serve();
    server.trouble('prompt', (_, response) => {
      response.end(JSON.stringify({ prompt_id: 'lost', number: 1, node_errors: {} }));
      return true;
    });
    await expect(developed(await paint(server), drawn())).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('knows nothing of the job'),
    });
  });

  it('does not queue a job twice whose request was cut behind its arrival', async () => {
    const server = await serve();
    const decoder = await paint(server);
    server.trouble('prompt', async (request, response) => {
      // It arrives by another way; the answer to this one is lost.
      await fetch(`${server.url}/prompt`, { method: 'POST', body: new Uint8Array(request.body) });
      return cut(request, response);
    });
    expect((await developed(decoder, drawn())).at(-1)).toMatchObject({ type: 'image' });
    expect(server.requests.filter(({ path }) => path === '/prompt')).toHaveLength(2);
  });

  it('cancels by the id of its own job, in the middle and in the queue; its neighbour goes on', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const server = await serve({ beforeStep: (step) => (step === 2 ? held : undefined) });
    const decoder = await paint(server);
    const first = developed(decoder, drawn({ seed: 1 }));
    while (server.requests.every(({ path }) => path !== '/prompt'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const aborting = new AbortController();
    const second = developed(decoder, drawn({ seed: 2 }), { signal: aborting.signal });
    while (server.requests.filter(({ path }) => path === '/prompt').length < 2)
      await new Promise((resolve) => setTimeout(resolve, 5));
    aborting.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    release();
    expect((await first).at(-1)).toMatchObject({ type: 'image' });
    expect(server.interrupted).toEqual([]);

    const third = new AbortController();
    await expect(
      (async () => {
        for await (const event of decoder.decode(drawn(), { signal: third.signal, wantsPreview: () => undefined }))
          if (event.type === 'step') third.abort(new Error('enough'));
      })(),
    ).rejects.toThrow('enough');
    while (server.interrupted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const ids = server.requests
      .filter(({ path }) => path === '/interrupt')
      .map(({ body }) => JSON.parse(String(body)) as object);
    expect(ids).toEqual([{ prompt_id: expect.any(String) }, { prompt_id: server.interrupted[0] }]);
  });

  it('goes by the id of an older server that makes its own', async () => {
    const events = await developed(await paint(await serve({ ownIds: true })), drawn());
    expect(events.at(-1)).toMatchObject({ type: 'image' });
  });

  it('tells which node failed, whether the workflow is refused or breaks while it runs', async () => {
    await expect(developed(await paint(await serve({ failingNode: '3' })), drawn())).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('node 3 (KSampler): CUDA out of memory'),
    });
    const workflow = await save('odd', { ...WORKFLOW, '9': { class_type: 'MagicNode', inputs: {} } });
    await expect(developed(await paint(await serve(), { workflow }), drawn())).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: expect.stringContaining('node 9 (MagicNode): Node does not exist (MagicNode)'),
    });
  });

  it.each([
    ['a dropped connection', cut, 'ENGINE_UNAVAILABLE'],
    ['garbage', garbage, 'ENGINE_ANSWER_INVALID'],
    ['a server that stays busy', busy('3600'), 'ENGINE_UNAVAILABLE'],
  ] as const)('tells of %s by its code', async (_, trouble, code) => {
    const server = await serve();
    server.trouble('prompt', trouble);
    await expect(developed(await paint(server), drawn())).rejects.toMatchObject({ code });
  });

  it('takes the picture of the named node, and says so when there is none', async () => {
    const preview = { ...SAVE, class_type: 'PreviewImage' };
    const workflow = await save('two', { ...WORKFLOW, '7': preview });
    const server = await serve();
    const shown = async (more: object) => {
      const last = (await developed(await paint(server, { workflow, ...more }), drawn())).at(-1);
      return last?.type === 'image' ? last.image.data.slice(0, 3).join() : '';
    };
    expect(await shown({ outputNode: '7' })).not.toBe(await shown({}));
    await expect(shown({ outputNode: '1' })).rejects.toMatchObject({
      code: 'ENGINE_ANSWER_INVALID',
      message: expect.stringContaining('node 1 never'),
    });
  });

  it.each([
    [
      'a placeholder that there is not',
      { '1': { class_type: 'A', inputs: { text: '{{prompt}} {{mood}}' } } },
      /\{\{mood\}\}/,
    ],
    ['no prompt', { '1': { class_type: 'A', inputs: {} } }, /no \{\{prompt\}\}/],
    ['the format of the editor', { nodes: [], links: [] }, /Export \(API\)/],
  ])('refuses a workflow with %s', async (_, content, message) => {
    const workflow = await save('bad', content);
    await expect(paint(await serve(), { workflow })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
    await expect(paint(await serve(), { editWorkflow: options.workflow })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describeConformance({ describe, beforeAll, it }, join(packageRoot, 'plugins/comfyui'), { options, timeoutMs: 240_000 });
