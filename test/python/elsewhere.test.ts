/** Python plugins in processes that the gateway did not start. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/plugin/package-root.js';
import { RemotePlugin } from '../../src/plugin/remote/remote-plugin.js';
import { collect, decodeRequest, decoderOf, neverAborted, pictureOf, QUICK, recordingLog } from '../plugins/support.js';
import { minimalPython, python } from './support.js';

jest.setTimeout(120_000);

const TOKEN = 'a token of this very test';
let folder = '';
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-python-'));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = ['-keyout', file('own.key'), '-out', file('own.pem')];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'pipe' });
});
afterAll(() => rm(folder, { recursive: true }));

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end();
});

const darkroom = [process.execPath, join(packageRoot, 'dist/src/cli/main.js'), 'plugin'];
const alone = [python, '-m', 'darkroom_plugin'];

async function serve([program = '', ...first]: readonly string[], args: readonly string[] = []): Promise<string> {
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, [...first, 'serve', ...args, '--listen', listen], {
    cwd: folder,
    // `darkroom plugin serve` finds the interpreter by PATH.
    env: { PATH: `${join(python, '..')}:${process.env['PATH']}`, DARKROOM_PLUGIN_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ending.push(() => end(child));
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const gone = once(child, 'exit').then(() => Promise.reject(new Error(told)));
  const [line] = (await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), gone])) as [string];
  return / is at (grpcs?:\/\/[\d.:]+)/.exec(line)?.[1] ?? '';
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

async function connect(address: string, token = TOKEN): Promise<RemotePlugin> {
  const plugin = new RemotePlugin({
    name: 'subject',
    addresses: [address],
    token,
    ...(address.startsWith('grpcs') && { tls: { ca: await readFile(file('own.pem')) } }),
    log: recordingLog().log,
    timing: QUICK,
  });
  ending.push(() => plugin.stop());
  await plugin.start();
  return plugin;
}

describe.each([
  ['darkroom plugin serve', darkroom],
  ['python -m darkroom_plugin serve', alone],
])('%s', (_what, program) => {
  const tls = () => ['--tls-cert', file('own.pem'), '--tls-key', file('own.key')];

  it('serves a Python plugin with TLS to those who bring the token', async () => {
    const address = await serve(program, [minimalPython('decoder'), ...tls()]);
    expect(address).toMatch(/^grpcs:/);
    const plugin = await connect(address);
    expect(plugin.introduction).toMatchObject({ name: 'minimal-decoder', version: '1.0.0' });
    const drawing = decoderOf(plugin).decode(decodeRequest(), { signal: neverAborted });
    expect(pictureOf(await collect(drawing)).width).toBe(32);

    const stranger = await connect(address, 'the token of somebody else');
    expect(stranger.lastError).toMatchObject({ code: 'PLUGIN_FORBIDDEN' });
  });

  it('refuses options that do not hold', async () => {
    const serving = serve(program, [minimalPython('decoder'), '--options', '{"stepMs": "fast"}']);
    await expect(serving).rejects.toThrow('stepMs');
  });
});

it.each([
  ['on an address that others reach without TLS', ['0.0.0.0:7443'], TOKEN, '--insecure'],
  ['without a token', ['127.0.0.1:7443'], '', 'at least 16 characters'],
])('python -m darkroom_plugin refuses to serve %s', async (_what, [listen = ''], token, message) => {
  const child = spawn(python, ['-m', 'darkroom_plugin', 'serve', minimalPython('decoder'), '--listen', listen], {
    env: { DARKROOM_PLUGIN_TOKEN: token },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(told).toContain(message);
});
