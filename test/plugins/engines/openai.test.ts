import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import imageDecoder from '../../../plugins/openai/image-decoder/index.js';
import languageModel from '../../../plugins/openai/language-model/index.js';
import { describeConformance } from '../../../src/plugin/conformance/index.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import { event, formOf, type OpenAiServerOptions, openAiServer, picture } from '../../support/openai-server.js';
import { busy, cut, garbage, type ProtocolServer, sendJson } from '../../support/protocol-server.js';
import { asked, developed, drawn, flat, testHost, told } from './support.js';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(options: OpenAiServerOptions = {}): Promise<ProtocolServer> {
  const server = await openAiServer(options);
  stops.push(() => server.stop());
  return server;
}

async function talk(server: ProtocolServer, options: object = {}, logged: string[] = []) {
  const model = await languageModel.create({ url: `${server.url}/v1`, model: 'tiny', ...options }, testHost(logged));
  stops.push(() => model.close());
  return model;
}

async function paint(server: ProtocolServer, options: object = {}, logged: string[] = []) {
  const limits = { minSide: 32, maxSide: 256 };
  const decoder = await imageDecoder.create({ url: `${server.url}/v1`, limits, ...options }, testHost(logged));
  stops.push(() => decoder.close());
  return decoder;
}

const bodyOf = (server: ProtocolServer, at = -1) =>
  JSON.parse(String(server.requests.at(at)?.body)) as Record<string, unknown>;

describe('a language model behind an OpenAI-compatible server', () => {
  it('streams its words, and tells why it ended and what it used', async () => {
    const server = await serve({ says: () => 'one two three' });
    const model = await talk(server);
    expect(await told(model, asked('hello there'))).toEqual([
      { type: 'text', text: 'one two three' },
      { type: 'end', reason: 'stop', usage: { promptTokens: 2, completionTokens: 3 } },
    ]);
    const short = await told(model, asked('hello', { sampling: { maxNewTokens: 2 } }));
    expect(short.at(-1)).toMatchObject({ reason: 'length' });
  });

  it('passes on sampling options under the names that the server knows', async () => {
    const server = await serve();
    const model = await talk(server, {
      parameters: { topK: 'top_k' },
      maxTokensParameter: 'max_completion_tokens',
      body: { user: 'me' },
    });
    const sampling = {
      maxNewTokens: 9,
      temperature: 0,
      topP: 0.5,
      topK: 3,
      repetitionPenalty: 2,
      seed: 4,
      stop: ['x'],
    };
    await told(model, asked('hello', { sampling }));
    expect(bodyOf(server)).toMatchObject({
      model: 'tiny',
      user: 'me',
      max_completion_tokens: 9,
      temperature: 0,
      top_p: 0.5,
      top_k: 3,
      seed: 4,
      stop: ['x'],
    });
    expect(bodyOf(server)).not.toHaveProperty('repetition_penalty');
  });

  it('sends pictures as data URLs; what it drew itself goes before the next words of the user', async () => {
    const server = await serve();
    const pixels = { type: 'pixels', image: flat(8, 8) } as const;
    const request = asked('', {
      messages: [
        { role: 'user', parts: [pixels, { type: 'text', text: 'What is it?' }] },
        { role: 'assistant', parts: [{ type: 'text', text: 'Grey.' }, pixels] },
        { role: 'user', parts: [{ type: 'text', text: 'And now?' }] },
      ],
    });
    await told(await talk(server), request);
    const shown = { type: 'image_url', image_url: { url: expect.stringMatching(/^data:image\/png;base64,/) } };
    expect(bodyOf(server)['messages']).toEqual([
      { role: 'user', content: [shown, { type: 'text', text: 'What is it?' }] },
      { role: 'assistant', content: 'Grey.\n[You showed a picture here.]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Pictures that you showed before:' },
          shown,
          { type: 'text', text: 'And now?' },
        ],
      },
    ]);
    const blind = await told(await talk(server, { readsImages: false }), request);
    expect(blind).toMatchObject([{ type: 'error', code: 'CAPABILITY_MISSING' }]);
  });

  it('asks for a picture with a tool where one is offered, and never otherwise', async () => {
    const server = await serve();
    const model = await talk(server);
    expect(model).toMatchObject({ writes: null, asksForPictures: true });
    expect(await told(model, asked('draw a cat', { drawing: { edits: false } }))).toMatchObject([
      { type: 'drawing', prompt: 'draw a cat', edits: false },
      { type: 'end', reason: 'stop' },
    ]);
    const [change] = await told(model, asked('change it to green', { drawing: { edits: true } }));
    expect(change).toMatchObject({ type: 'drawing', edits: true });
    await told(model, asked('draw a cat'));
    expect(bodyOf(server)).not.toHaveProperty('tools');
  });

  it('offers pictures in words to a server that refuses tools, and reads the marks out of the stream', async () => {
    const logged: string[] = [];
    const server = await serve({
      tools: 'refused',
      says: () => 'Here: <draw>a green cat</draw> Do you like it? 1 < 2',
    });
    const model = await talk(server, {}, logged);
    for (let times = 0; times < 2; times += 1)
      expect(await told(model, asked('draw a cat', { drawing: { edits: true } }))).toMatchObject([
        { type: 'text', text: 'Here: ' },
        { type: 'drawing', prompt: 'a green cat', edits: false },
        { type: 'text', text: ' Do you like it? 1 < 2' },
        { type: 'end' },
      ]);
    expect(server.requests).toHaveLength(3);
    expect(bodyOf(server)['messages']).toMatchObject([
      { role: 'system', content: expect.stringContaining('<edit>') },
      {},
    ]);
    expect(logged).toEqual([expect.stringContaining('takes no tools')]);
  });

  it.each([{ streaming: 'refused' }, { streaming: 'ignored' }, { streamOptions: 'refused' }] as const)(
    'answers the same where the server has %j',
    async (options) => {
      const model = await talk(await serve({ ...options, says: () => 'one two' }));
      for (let times = 0; times < 2; times += 1)
        expect(await told(model, asked('hi'))).toMatchObject([
          { type: 'text', text: 'one two' },
          { type: 'end', reason: 'stop' },
        ]);
    },
  );

  it('fails a request alone, with a code, beside others that go on', async () => {
    const server = await serve({ contextLength: 10 });
    const model = await talk(server);
    const events: string[] = [];
    for await (const { index, event } of model.generate([asked('hello'), asked('word '.repeat(50))], {
      signal: new AbortController().signal,
    }))
      if (event.type !== 'text') events.push(`${index} ${event.type === 'error' ? event.code : event.type}`);
    expect(events.sort()).toEqual(['0 end', '1 PROMPT_TOO_LONG']);
  });

  it('does not send what cannot fit', async () => {
    const server = await serve();
    const model = await talk(server, { contextLength: 100 });
    expect(await told(model, asked('word '.repeat(1_000)))).toMatchObject([{ type: 'error', code: 'PROMPT_TOO_LONG' }]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['a dropped connection', cut, 'ENGINE_UNAVAILABLE'],
    ['garbage', garbage, 'ENGINE_ANSWER_INVALID'],
    ['a server that stays busy', busy('3600'), 'ENGINE_UNAVAILABLE'],
  ] as const)('tells of %s by its code', async (_, trouble, code) => {
    const server = await serve();
    server.trouble('completions', trouble);
    expect(await told(await talk(server), asked('hi'))).toMatchObject([{ type: 'error', code }]);
  });

  it('tells of a stream that breaks off after its first words', async () => {
    const server = await serve();
    server.trouble('completions', async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      await event(response, { choices: [{ delta: { content: 'half' } }] });
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.destroy();
      return true;
    });
    expect(await told(await talk(server), asked('hi'))).toMatchObject([
      { type: 'text', text: 'half' },
      { type: 'error', code: 'ENGINE_UNAVAILABLE' },
    ]);
    server.trouble('completions', async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"error": {"message": "out of memory"}}\n\n');
      return true;
    });
    expect(await told(await talk(server), asked('hi'))).toMatchObject([
      { type: 'error', code: 'ENGINE_FAILED', message: expect.stringContaining('out of memory') },
    ]);
  });

  it('takes its key from the environment alone', async () => {
    const server = await serve({ key: 'sesame' });
    expect(await told(await talk(server), asked('hi'))).toMatchObject([{ type: 'error', code: 'ENGINE_FORBIDDEN' }]);
    process.env['TEST_ENGINE_KEY'] = 'sesame';
    stops.push(async () => void delete process.env['TEST_ENGINE_KEY']);
    expect((await told(await talk(server, { apiKeyVariable: 'TEST_ENGINE_KEY' }), asked('hi'))).at(-1)).toMatchObject({
      type: 'end',
    });
    await expect(talk(server, { apiKeyVariable: 'TEST_NO_KEY' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('passEnv'),
    });
  });
});

describe('an image model behind an OpenAI-compatible server', () => {
  const wish = { maxSize: 16, view: 'x0' } as const;

  it('shows partial pictures as steps with previews, then the picture', async () => {
    const server = await serve();
    const events = await developed(await paint(server), drawn({ width: 64, height: 32 }), { wish });
    expect(
      events.map((each) =>
        each.type === 'step' ? [each.stepIndex, each.preview?.width] : [each.image.width, each.image.height],
      ),
    ).toEqual([
      [1, 16],
      [2, 16],
      [3, 16],
      [4, 16],
      [64, 32],
    ]);
    expect(bodyOf(server)).toMatchObject({ prompt: 'a red circle', size: '64x32', stream: true, partial_images: 3 });
    expect(bodyOf(server)).not.toHaveProperty('seed');
  });

  it.each(['refused', 'ignored'] as const)(
    'draws without them where streaming is %s, and asks a server that refused no more',
    async (streaming) => {
      const server = await serve({ streaming });
      const decoder = await paint(server);
      for (let times = 0; times < 2; times += 1)
        expect((await developed(decoder, drawn(), { wish })).map(({ type }) => type)).toEqual(['step', 'image']);
      expect(server.requests).toHaveLength(streaming === 'refused' ? 3 : 2);
    },
  );

  it('draws the same picture whether it streams or not', async () => {
    const [one, other] = [await serve(), await serve({ streaming: 'ignored' })];
    const last = async (server: ProtocolServer) => (await developed(await paint(server), drawn())).at(-1);
    const [first, second] = [await last(one), await last(other)];
    expect(first?.type === 'image' && first.image).toEqual(second?.type === 'image' && second.image);
  });

  it('edits with a form that holds picture, mask and words', async () => {
    const server = await serve();
    const decoder = await paint(server, { masks: true, model: 'brush' });
    expect(decoder).toMatchObject({
      reads: { condition: 'text', reference: 'pixels' },
      supports: { edit: true, mask: true },
    });
    const mask = { width: 64, height: 64, data: new Uint8Array(64 * 64).fill(255) };
    await developed(decoder, drawn({ reference: { type: 'pixels', image: flat(20, 20) }, mask }));
    expect(server.requests[0]?.path).toBe('/v1/images/edits');
    const form = formOf(server.requests[0] as never);
    expect(form).toMatchObject({ prompt: 'a red circle', model: 'brush', size: '64x64', stream: 'true' });
    expect([form['image'], form['mask']].map((file) => file?.slice(1, 4))).toEqual(['PNG', 'PNG']);
  });

  it('passes on what the server has names for', async () => {
    const server = await serve();
    const parameters = { seed: 'seed', numInferenceSteps: 'num_inference_steps', negativePrompt: 'negative_prompt' };
    await developed(await paint(server, { parameters, body: { quality: 'low' } }), drawn({ negativePrompt: 'blur' }));
    expect(bodyOf(server)).toMatchObject({ seed: 7, num_inference_steps: 4, negative_prompt: 'blur', quality: 'low' });
  });

  it('asks for the nearest of the sizes that the server has, and cuts the picture to what was wanted', async () => {
    const server = await serve();
    const events = await developed(
      await paint(server, { sizes: ['64x64', '96x64', '64x96'] }),
      drawn({ width: 128, height: 80 }),
    );
    expect(bodyOf(server)['size']).toBe('96x64');
    expect(events.at(-1)).toMatchObject({ image: { width: 128, height: 80 } });
  });

  it('fetches a picture that comes as an address of the same host, and from no other', async () => {
    const [server, other] = [await serve(), await serve()];
    const at = (url: string) => () =>
      server.trouble('generations', (_, response) => sendJson(response, 200, { data: [{ url }] }));
    server.trouble('cat.png', async (_, response) => {
      response.end(Buffer.from(await picture(64, 64, ['cat']), 'base64'));
      return true;
    });
    at(`${server.url}/files/cat.png`)();
    const decoder = await paint(server, { partialImages: 0 });
    expect((await developed(decoder, drawn())).at(-1)).toMatchObject({ type: 'image' });
    at(`${other.url}/files/cat.png`)();
    await expect(developed(decoder, drawn())).rejects.toMatchObject({ code: 'ENGINE_ADDRESS_REFUSED' });
    expect(other.requests).toEqual([]);
  });

  it('passes over partial pictures that come twice or late', async () => {
    const server = await serve();
    server.trouble('generations', async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const b64_json = await picture(64, 64, ['draft']);
      for (const index of [1, 0, 1])
        await event(response, { type: 'image_generation.partial_image', b64_json, partial_image_index: index });
      await event(response, { type: 'image_generation.something_new', b64_json });
      await event(response, { type: 'image_generation.completed', b64_json });
      response.end();
      return true;
    });
    const events = await developed(await paint(server), drawn());
    expect(events.map((each) => (each.type === 'step' ? each.stepIndex : each.type))).toEqual([2, 4, 'image']);
  });

  it.each([
    ['a stream without a picture', 'data: {"type":"image_generation.partial_image"}\n\n', 'ENGINE_ANSWER_INVALID'],
    [
      'a picture that is none',
      'data: {"type":"image_generation.completed","b64_json":"aGVsbG8="}\n\n',
      'ENGINE_ANSWER_INVALID',
    ],
    ['an error in the stream', 'event: error\ndata: {"error":{"message":"unsafe"}}\n\n', 'ENGINE_FAILED'],
  ])('tells of %s by its code', async (_, body, code) => {
    const server = await serve();
    server.trouble('generations', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body);
      return true;
    });
    await expect(developed(await paint(server), drawn())).rejects.toMatchObject({ code });
  });
});

const conforming: { server?: ProtocolServer } = {};
const options = { url: '', model: 'tiny', contextLength: 1000 };
beforeAll(async () => {
  conforming.server = await openAiServer({ contextLength: 1000 });
  options.url = `${conforming.server.url}/v1`;
  decoderOptions.url = options.url;
});
afterAll(() => conforming.server?.stop());
const decoderOptions = { url: '', limits: { minSide: 32, maxSide: 256 }, defaults: { width: 64, height: 64 } };
const kit = { describe, beforeAll, it };
describeConformance(kit, join(packageRoot, 'plugins/openai/language-model'), { options, timeoutMs: 240_000 });
describeConformance(kit, join(packageRoot, 'plugins/openai/image-decoder'), {
  options: decoderOptions,
  timeoutMs: 240_000,
});
