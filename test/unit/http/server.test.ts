import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';

import { startHttpServer } from '../../../src/http/server.js';
import { createLog } from '../../../src/log.js';
import { ask, watch } from '../../support/client.js';
import {
  HTTP,
  type ServedServices,
  type ServedServicesOptions,
  servedServices,
} from '../../support/served-services.js';

let gateway: ServedServices;

afterEach(() => gateway.close());

async function serve(options?: ServedServicesOptions): Promise<string> {
  gateway = await servedServices(options);
  return gateway.url;
}

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/graphql`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

async function codeOf(response: Response): Promise<string | undefined> {
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code;
}

describe('GraphQL over HTTP', () => {
  it('answers POST and GET', async () => {
    const url = await serve();

    const posted = await post(url, JSON.stringify({ query: '{ status { version } }' }));
    const got = await fetch(`${url}/graphql?query={status{version}}`, { headers: { 'apollo-require-preflight': '1' } });

    expect(await posted.json()).toEqual({ data: { status: { version: '0.0.0-test' } } });
    expect(await got.json()).toEqual({ data: { status: { version: '0.0.0-test' } } });
  });

  it('refuses requests that a foreign page could send without asking', async () => {
    const url = await serve();

    const got = await fetch(`${url}/graphql?query={status{version}}`);
    const posted = await post(url, '{"query":"{ status { version } }"}', { 'content-type': 'text/plain' });

    expect([got.status, posted.status]).toEqual([400, 400]);
  });

  it.each([
    ['a query that cannot be parsed', '{ status', 400, 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', '{ nothing }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a query that is too deep',
      `{ images { edges { node ${'{ source '.repeat(12)} { id } ${'}'.repeat(12)} } } }`,
      400,
      'QUERY_TOO_COMPLEX',
    ],
    [
      'a query with too many aliases',
      `{ ${Array.from({ length: 11 }, (_, at) => `a${at}: status { version }`).join(' ')} }`,
      400,
      'QUERY_TOO_COMPLEX',
    ],
    ['a query with too many tokens', `{ ${'status { version } '.repeat(200)} }`, 400, 'QUERY_TOO_COMPLEX'],
    [
      'a query that costs too much',
      '{ images(first: 100) { edges { node { derivatives(first: 100) { totalCount } } } } }',
      400,
      'QUERY_TOO_COMPLEX',
    ],
    ['a page that is too long', '{ images(first: 101) { totalCount } }', 200, 'BAD_INPUT'],
    [
      'an unknown model',
      'mutation { createConversation(input: { model: "nobody" }) { conversation { id } } }',
      200,
      'MODEL_NOT_FOUND',
    ],
    ['an empty prompt', 'mutation { generateImage(input: { prompt: "  " }) { task { id } } }', 200, 'PROMPT_EMPTY'],
    [
      'a prompt that is too long',
      `mutation { generateImage(input: { prompt: "${'x'.repeat(1_001)}" }) { task { id } } }`,
      200,
      'PROMPT_TOO_LONG',
    ],
    [
      'a size beyond the limits',
      'mutation { generateImage(input: { prompt: "x", diffusion: { width: 100000 } }) { task { id } } }',
      200,
      'SIZE_OUT_OF_LIMITS',
    ],
    [
      'steps beyond the limits',
      'mutation { generateImage(input: { prompt: "x", diffusion: { numInferenceSteps: 0 } }) { task { id } } }',
      200,
      'STEPS_OUT_OF_LIMITS',
    ],
    [
      'an id that is none',
      'mutation { editImage(input: { sourceImageId: "x", instruction: "x" }) { task { id } } }',
      200,
      'BAD_INPUT',
    ],
    [
      'an image that does not exist',
      `mutation { editImage(input: { sourceImageId: "${Buffer.from('Image:x').toString('base64url')}", instruction: "x" }) { task { id } } }`,
      200,
      'NOT_FOUND',
    ],
    [
      'a message part that is two things',
      `mutation { sendMessage(input: { conversationId: "${Buffer.from('Conversation:x').toString('base64url')}", parts: [{}] }) { task { id } } }`,
      200,
      'BAD_INPUT',
    ],
  ])('tells %s by a stable code', async (_what, query, status, code) => {
    const response = await post(await serve(), JSON.stringify({ query }));

    expect([response.status, await codeOf(response)]).toEqual([status, code]);
  });

  it('answers the same when a query comes again and is compiled', async () => {
    const url = await serve();
    const query = 'query ($first: Int) { images(first: $first) { totalCount } status { version } }';
    const thrice = async (variables: Record<string, unknown>) => {
      const answers = [];
      for (let time = 0; time < 3; time += 1) answers.push(await ask(url, query, variables));
      return answers;
    };
    const [good, bad, wrong] = [
      await thrice({ first: 1 }),
      await thrice({ first: 101 }),
      await thrice({ first: 'many' }),
    ];

    expect(good[0]).toMatchObject({ status: 200, data: { images: { totalCount: 0 } }, errors: [] });
    expect(bad[0]).toMatchObject({
      status: 200,
      data: null,
      errors: [{ path: ['images'], extensions: { code: 'BAD_INPUT' } }],
    });
    expect(wrong[0]).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    for (const [first, ...more] of [good, bad, wrong]) expect(more).toEqual([first, first]);
  });

  it('tells a variable of the wrong type as a mistake of the caller', async () => {
    const { errors } = await ask(await serve(), 'query ($n: Int) { images(first: $n) { totalCount } }', { n: 'many' });

    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('refuses a body beyond the limit', async () => {
    const response = await post(await serve(), JSON.stringify({ query: `# ${'x'.repeat(30_000)}` }));

    expect([response.status, await codeOf(response)]).toEqual([413, 'REQUEST_TOO_LARGE']);
  });

  it('refuses a body that is no JSON', async () => {
    const response = await post(await serve(), '{"query":');

    expect([response.status, await codeOf(response)]).toEqual([400, 'BAD_INPUT']);
  });

  it('hides a fault from the caller, who gets the id that the log has', async () => {
    const url = await serve();
    gateway.services.models.list = () => {
      throw new Error('password=hunter2');
    };

    const response = await post(url, JSON.stringify({ query: '{ a: models { id } b: models { id } }' }));
    const text = await response.text();
    const id = response.headers.get('x-request-id');

    expect(JSON.parse(text)).toMatchObject({
      errors: [{ extensions: { code: 'INTERNAL', requestId: id } }],
    });
    expect(text).not.toContain('hunter2');
    expect(gateway.logged).toHaveLength(1);
    expect(JSON.parse(gateway.logged[0] ?? '')).toMatchObject({ requestId: id, err: { message: 'password=hunter2' } });
  });

  it('hides a broken storage from the caller, and logs it once', async () => {
    const url = await serve();
    await gateway.storage.close();

    const { errors } = await ask(url, '{ a: images { totalCount } }');

    expect(errors[0]?.message).not.toMatch(/driver|destroyed|database/i);
    expect(['INTERNAL', 'STORAGE_FAILED']).toContain(errors[0]?.extensions.code);
    expect(gateway.logged.length).toBeLessThanOrEqual(1);
  });
});

describe('GraphQL over WebSocket', () => {
  it('answers queries too, and tells what is wrong with them as HTTP does', async () => {
    const url = await serve();

    expect(await watch(url, '{ status { version } }', {}).rest()).toEqual([{ status: { version: '0.0.0-test' } }]);
    await expect(watch(url, '{ nothing }', {}).rest()).rejects.toMatchObject({
      reason: [expect.objectContaining({ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } })],
    });
    await expect(watch(url, `{ ${'status { version } '.repeat(200)} }`, {}).rest()).rejects.toMatchObject({
      reason: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'QUERY_TOO_COMPLEX' }) })],
    });
  });

  it('closes a socket that sends a message beyond the limit with 1009', async () => {
    const socket = await open(await serve());
    socket.send('x'.repeat(30_000));

    const [code] = await once(socket, 'close');

    expect(code).toBe(1009);
  });

  it('refuses pages of other origins, unless they are allowed', async () => {
    const url = await serve({ http: { allowedOrigins: ['https://studio.example'] } });

    await expect(open(url, { origin: 'https://evil.example' })).rejects.toThrow('401');
    (await open(url, { origin: 'https://studio.example' })).close();
    (await open(url, { origin: url })).close();
  });

  it('closes its sockets with 1001 when the gateway stops', async () => {
    const socket = await open(await serve());
    const closed = once(socket, 'close');

    await gateway.close();

    expect((await closed)[0]).toBe(1001);
    gateway = await servedServices();
  });
});

describe('the page at /graphql', () => {
  it('is served to browsers and asks for nothing from elsewhere', async () => {
    const url = await serve();

    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address ?? '');
    const assets = await Promise.all(
      addresses.filter((address) => address.startsWith('/')).map((address) => fetch(url + address)),
    );

    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(html).not.toMatch(/https?:\/\//);
    expect(addresses.length).toBeGreaterThan(2);
    expect(addresses.every((address) => address.startsWith('/') || address === 'data:,')).toBe(true);
    expect(assets.map(({ status }) => status)).toEqual(assets.map(() => 200));
  });
});

describe('the server', () => {
  it('says how it does at /health', async () => {
    const response = await fetch(`${await serve()}/health`);

    expect(await response.json()).toMatchObject({ status: 'ok', queued: 0, running: 0 });
  });

  it('answers other addresses with 404 in the shape of all errors', async () => {
    const response = await fetch(`${await serve()}/nowhere`);

    expect([response.status, await response.json()]).toEqual([
      404,
      { error: expect.objectContaining({ code: 'NOT_FOUND' }) },
    ]);
  });

  it('says which port is taken, and what to do', async () => {
    const port = Number(new URL(await serve()).port);

    const second = startHttpServer(
      { ...HTTP, port },
      gateway.services,
      createLog({ level: 'silent', isPretty: false }),
    );

    await expect(second).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`--port ${port + 1}`),
    });
  });
});

async function open(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  await once(socket, 'open');
  return socket;
}
