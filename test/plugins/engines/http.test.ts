import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { isPrivate } from '../../../plugins/lib/addresses.js';
import { HttpClient, type HttpClientOptions } from '../../../plugins/lib/http.js';
import { retryAfterMs, retryDelayMs } from '../../../plugins/lib/retry.js';
import {
  busy,
  cut,
  garbage,
  type ProtocolServer,
  protocolServer,
  redirect,
  sendJson,
} from '../../support/protocol-server.js';
import { neverAborted as signal } from './support.js';

const stops: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(): Promise<ProtocolServer> {
  const server = await protocolServer((_, response) => void sendJson(response, 200, { good: true }));
  stops.push(() => server.stop());
  return server;
}

function clientOf(url: string, changes: Partial<HttpClientOptions> = {}): HttpClient {
  const client = new HttpClient({
    configured: new URL(url),
    allowedHosts: [],
    allowPrivateAddresses: 'configured',
    secretHeaders: { authorization: 'Bearer secret' },
    timeouts: { connectMs: 5_000, answerMs: 5_000, idleMs: 5_000 },
    retries: 2,
    ...changes,
  });
  stops.push(() => client.close());
  return client;
}

const post = { method: 'POST', path: 'work', body: Buffer.from('{}'), signal } as const;

describe('a request', () => {
  it('goes over the connection of the one before it', async () => {
    const server = await serve();
    const client = clientOf(server.url);
    for (let times = 0; times < 5; times += 1) expect(await (await client.send(post)).json()).toEqual({ good: true });
    expect(server.connections()).toBe(1);
  });

  it('is sent again when the server is busy, after the time that it asks for', async () => {
    const server = await serve();
    server.trouble('work', busy('0'), 2);
    expect((await clientOf(server.url).send(post)).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  it('is given up when the server asks for too long a wait, or stays busy', async () => {
    const server = await serve();
    server.trouble('work', busy('3600'));
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('try again in 3600 s'),
    });
    expect(server.requests).toHaveLength(1);
    server.trouble('work', busy('0'), 9);
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', status: 429 });
    expect(server.requests).toHaveLength(4);
  });

  it('whose connection was cut is only sent again when doing it twice changes nothing', async () => {
    const server = await serve();
    server.trouble('work', cut, 2);
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(server.requests).toHaveLength(1);
    expect((await clientOf(server.url).send({ ...post, isIdempotent: true })).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  it('to a server that is not there says which', async () => {
    const server = await serve();
    await server.stop();
    stops.length = 0;
    await expect(clientOf(server.url, { retries: 0 }).send(post)).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`${new URL(server.url).host} cannot be reached \\(ECONNREFUSED\\)`)),
    });
  });

  it('that is not answered in time ends with a code', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    stops.push(() => void silent.close());
    const address = silent.address() as { port: number };
    const client = clientOf(`http://127.0.0.1:${address.port}`, {
      timeouts: { connectMs: 5_000, answerMs: 50, idleMs: 50 },
    });
    await expect(client.send(post)).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
  });

  it('whose answer breaks off, falls silent or is no JSON says so', async () => {
    const server = await serve();
    server.trouble('work', (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":', () => response.destroy());
      return true;
    });
    const client = clientOf(server.url, { timeouts: { connectMs: 5_000, answerMs: 5_000, idleMs: 100 } });
    const read = async () => (await client.send(post)).json();
    await expect(read()).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining('broke off'),
    });
    server.trouble('work', (_, response) => response.writeHead(200).write('{') || true);
    await expect(read()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    server.trouble('work', garbage);
    await expect(read()).rejects.toMatchObject({ code: 'ENGINE_ANSWER_INVALID' });
  });

  it('that is aborted is given up at once, and the server hears of it', async () => {
    const server = await serve();
    const aborting = new AbortController();
    server.trouble('work', () => {
      aborting.abort(new Error('enough'));
      return new Promise(() => {});
    });
    await expect(clientOf(server.url).send({ ...post, signal: aborting.signal })).rejects.toThrow('enough');
    while (server.abandoned() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it.each([
    [401, 'ENGINE_FORBIDDEN'],
    [400, 'ENGINE_REFUSED'],
    [500, 'ENGINE_FAILED'],
  ])('that is answered with %i fails with %s and the server’s own words', async (status, code) => {
    const server = await serve();
    server.trouble('work', (_, response) => sendJson(response, status, { error: { message: 'because of that' } }));
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('because of that'),
    });
  });
});

describe('a redirect', () => {
  it('within the configured host is followed, with the body again', async () => {
    const server = await serve();
    server.trouble('work', redirect('/elsewhere'));
    await clientOf(server.url).send(post);
    expect(server.requests.map(({ path, body }) => [path, String(body)])).toEqual([
      ['/work', '{}'],
      ['/elsewhere', '{}'],
    ]);
  });

  it('to another host is refused, unless it is named; the key stays behind even then', async () => {
    const [server, other] = [await serve(), await serve()];
    server.trouble('work', redirect(`${other.url}/trap`), 2);
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({ code: 'ENGINE_ADDRESS_REFUSED' });
    expect(other.requests).toEqual([]);
    const options = { allowedHosts: [new URL(other.url).host], allowPrivateAddresses: 'all' } as const;
    await clientOf(server.url, options).send(post);
    expect(server.requests.at(-1)?.headers.authorization).toBe('Bearer secret');
    expect(other.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('that never ends, and one that would turn a POST into a GET, are refused', async () => {
    const server = await serve();
    server.trouble('work', redirect('/work'), 99);
    await expect(clientOf(server.url).send(post)).rejects.toMatchObject({ code: 'ENGINE_ANSWER_INVALID' });
    server.trouble('other', redirect('/work', 302));
    await expect(clientOf(server.url).send({ ...post, path: 'other' })).rejects.toMatchObject({
      message: expect.stringContaining('302'),
    });
  });
});

describe('private addresses', () => {
  it('are those of this machine, of local networks and of nothing', () => {
    const all = [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '::1',
      'fd00::1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
    ];
    expect(all.filter((address) => !isPrivate(address))).toEqual([]);
    expect(['8.8.8.8', '172.32.0.1', '2606:4700::1111'].filter(isPrivate)).toEqual([]);
  });

  it('are refused by name and by number when none is allowed', async () => {
    const server = await serve();
    const { port } = new URL(server.url);
    for (const host of ['127.0.0.1', 'localhost'])
      await expect(
        clientOf(`http://${host}:${port}`, { allowPrivateAddresses: 'none' }).send(post),
      ).rejects.toMatchObject({ code: 'ENGINE_ADDRESS_REFUSED' });
    expect(server.requests).toEqual([]);
  });

  it('of a host that redirects may lead to stay refused when only the configured one may be private', async () => {
    const [server, other] = [await serve(), await serve()];
    server.trouble('work', redirect(`${other.url}/trap`));
    const client = clientOf(server.url, { allowedHosts: [new URL(other.url).host] });
    await expect(client.send(post)).rejects.toMatchObject({
      code: 'ENGINE_ADDRESS_REFUSED',
      message: expect.stringContaining('127.0.0.1'),
    });
  });
});

describe('the time before a repetition', () => {
  it('doubles, with up to half of it left to chance', () => {
    expect([0, 1, 2].map((attempt) => retryDelayMs(attempt, () => 0))).toEqual([250, 500, 1000]);
    expect(retryDelayMs(0, () => 1)).toBe(125);
    expect(retryDelayMs(30, () => 0)).toBe(8000);
  });

  it('is what Retry-After says in seconds or as a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('2', now)).toBe(2000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
    expect(retryAfterMs('soon', now)).toBeUndefined();
  });
});
