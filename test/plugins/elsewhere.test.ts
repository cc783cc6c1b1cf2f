/** Plugins that `darkroom plugin serve` runs, in processes that the gateway did not start. */
import { afterEach, beforeAll, afterAll, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/plugin/package-root.js';
import { RemotePlugin, type RemotePluginOptions } from '../../src/plugin/remote/remote-plugin.js';
import {
  collect,
  decodeRequest,
  decoderOf,
  fixture,
  isAlive,
  minimal,
  neverAborted,
  pictureOf,
  QUICK,
  recordingLog,
  until,
} from './support.js';

jest.setTimeout(120_000);

const TOKEN = 'a token of this very test';
const PROGRAM = join(packageRoot, 'dist/src/cli/main.js');

let folder = '';
let certFile = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-elsewhere-'));
  for (const name of ['own', 'other']) makeCertificate(name);
  certFile = join(folder, 'own.pem');
});
afterAll(() => rm(folder, { recursive: true }));

function makeCertificate(name: string): void {
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...key, ...files, ...subject], { stdio: 'pipe' });
}

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()));
});

interface Served {
  readonly address: string;
  /** Of `darkroom plugin serve`. */
  readonly process: ChildProcess;
  /** Of the plugin's process that it started. */
  hostPid(): Promise<number>;
  errors(): string;
}

/** Runs the command, and waits until it says where the plugin is. */
async function serve(
  plugin: string,
  { port, tls = true, args = [] }: { port?: number; tls?: boolean; args?: readonly string[] } = {},
): Promise<Served> {
  const listen = `127.0.0.1:${port ?? (await freePort())}`;
  const files = tls ? ['--tls-cert', certFile, '--tls-key', join(folder, 'own.key')] : [];
  const child = spawn(process.execPath, [PROGRAM, 'plugin', 'serve', plugin, '--listen', listen, ...files, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], DARKROOM_PLUGIN_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ending.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
  const [line] = (await Promise.race([
    once(child.stdout.setEncoding('utf8'), 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`It did not serve: ${told}`))),
  ])) as [string];
  const address = / is at (\S+)/.exec(line)?.[1] ?? '';
  return { address, process: child, hostPid: () => childOf(child.pid ?? 0), errors: () => told };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function childOf(parent: number): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (Number(/\) \S (\d+)/.exec(stat)?.[1]) === parent) return Number(pid);
  }
  throw new Error(`Process ${parent} has no child.`);
}

async function connect(
  addresses: readonly string[],
  options: Partial<RemotePluginOptions> = {},
): Promise<RemotePlugin> {
  const plugin = new RemotePlugin({
    ...{ name: 'far', addresses, token: TOKEN, log: recordingLog().log, timing: QUICK },
    tls: { ca: await readFile(certFile) },
    ...options,
  });
  ending.unshift(() => plugin.stop());
  await plugin.start();
  return plugin;
}

function draw(plugin: RemotePlugin, changes: Parameters<typeof decodeRequest>[0] = {}) {
  return collect(decoderOf(plugin).decode(decodeRequest(changes), { signal: neverAborted }));
}

describe('a plugin elsewhere', () => {
  it('draws over TLS as it does here, and tells its memory', async () => {
    const { address } = await serve(minimal('decoder'), { args: ['--options', '{"stepMs": 1}'] });
    expect(address).toMatch(/^grpcs:/);
    const plugin = await connect([address]);
    expect(plugin.introduction).toMatchObject({ name: 'minimal-decoder', apiVersion: '1' });
    expect(pictureOf(await draw(plugin))).toMatchObject({ width: 32, height: 32 });
    await until(() => plugin.memoryBytes !== undefined);
    expect(plugin.callMetrics.snapshot()).toMatchObject({ calls: 1, failedCalls: 0, largestBatch: 1 });
  });

  it('may be reached without TLS on this machine', async () => {
    const { address } = await serve(minimal('decoder'), { tls: false });
    expect(address).toMatch(/^grpc:/);
    expect(pictureOf(await draw(await connect([address]))).width).toBe(32);
  });

  it('is not ended by a gateway that leaves', async () => {
    const served = await serve(minimal('decoder'));
    const pid = await served.hostPid();
    const first = await connect([served.address]);
    await first.stop();
    expect(isAlive(pid)).toBe(true);
    expect(pictureOf(await draw(await connect([served.address]))).width).toBe(32);
    expect(await served.hostPid()).toBe(pid);
  });

  it('refuses a wrong token, and says so', async () => {
    const { address } = await serve(minimal('decoder'));
    const plugin = await connect([address], { token: 'another token altogether' });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'PLUGIN_FORBIDDEN', plugin: 'far' } });
    await expect(plugin.acquire(neverAborted)).rejects.toMatchObject({ code: 'PLUGIN_FORBIDDEN' });
  });

  it('is not talked to when its certificate is not the one that is trusted', async () => {
    const { address } = await serve(minimal('decoder'));
    const plugin = await connect([address], { tls: { ca: await readFile(join(folder, 'other.pem')) } });
    expect(plugin.state).toMatchObject({ type: 'RESTARTING', reason: { code: 'PLUGIN_UNAVAILABLE' } });
    expect(plugin.lastError?.message).toMatch(/certificate/);
  });

  it('is not talked to in plain text where it wants TLS', async () => {
    const { address } = await serve(minimal('decoder'));
    const plugin = await connect([address.replace('grpcs:', 'grpc:')]);
    expect(plugin.state.type).toBe('RESTARTING');
  });

  it('is started again where it is, after its process was killed, and found again', async () => {
    const served = await serve(minimal('decoder'), { args: ['--options', '{"stepMs": 20}'] });
    const plugin = await connect([served.address]);
    const drawing = draw(plugin, { numInferenceSteps: 500 });
    await until(() => plugin.state.type === 'BUSY');
    process.kill(await served.hostPid(), 'SIGKILL');
    await expect(drawing).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE', retryable: true, plugin: 'far' });
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    expect(plugin.restarts).toBe(1);
  });

  it('that ignores an abort is killed where it is', async () => {
    const served = await serve(fixture('troubled-decoder'));
    const plugin = await connect([served.address]);
    const pid = await served.hostPid();
    const aborting = new AbortController();
    const drawing = (async () => {
      const call = { signal: aborting.signal };
      for await (const event of decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'deaf' }), call))
        if (event.type === 'step' && event.stepIndex === 2) aborting.abort();
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => !isAlive(pid), 30_000);
    await until(() => plugin.state.type !== 'READY');
    expect(pictureOf(await draw(plugin)).width).toBe(32);
  });

  it('that is away at first is taken when it comes', async () => {
    const port = await freePort();
    const plugin = await connect([`grpcs://127.0.0.1:${port}`]);
    expect(plugin.state.type).toBe('RESTARTING');
    await serve(minimal('decoder'), { port });
    await until(() => plugin.state.type === 'READY');
    expect(pictureOf(await draw(plugin)).width).toBe(32);
  });
});

describe('several addresses of one plugin', () => {
  it('share the calls', async () => {
    const args = ['--options', '{"stepMs": 20}'];
    const [one, two] = await Promise.all([serve(minimal('decoder'), { args }), serve(minimal('decoder'), { args })]);
    const plugin = await connect([one.address, two.address]);
    await until(() => plugin.addresses.every(({ isReady }) => isReady));
    const drawings = [1, 2, 3, 4].map((seed) => draw(plugin, { seed, numInferenceSteps: 40 }));
    await until(() => plugin.state.type === 'BUSY' && plugin.state.calls === 4);
    expect(plugin.addresses.map(({ runningCalls }) => runningCalls)).toEqual([2, 2]);
    await Promise.all(drawings);
  });

  it('go on without one that is dead, and take it back', async () => {
    const [one, two] = await Promise.all([serve(minimal('decoder')), serve(minimal('decoder'))]);
    const plugin = await connect([one.address, two.address]);
    await until(() => plugin.addresses.every(({ isReady }) => isReady));

    const pid = await one.hostPid();
    one.process.kill('SIGKILL');
    await until(() => !isAlive(pid));
    await until(() => plugin.addresses[0]?.isReady === false);
    for (let pictures = 0; pictures < 4; pictures += 1) expect(pictureOf(await draw(plugin)).width).toBe(32);
    expect(plugin.addresses).toMatchObject([{ isReady: false, lastError: expect.any(String) }, { isReady: true }]);

    await serve(minimal('decoder'), { port: Number(new URL(one.address).port) });
    await until(() => plugin.addresses.every(({ isReady }) => isReady));
    expect(plugin.restarts).toBe(1);
  });

  it('leave out one that serves another plugin', async () => {
    const [one, two] = await Promise.all([serve(minimal('decoder')), serve(fixture('troubled-decoder'))]);
    const plugin = await connect([one.address]);
    const both = await connect([one.address, two.address]);
    await until(() => both.addresses.filter(({ lastError }) => lastError !== null).length === 1);
    expect(plugin.state.type).toBe('READY');
    expect(both.addresses.filter(({ isReady }) => isReady)).toHaveLength(1);
    expect(both.lastError).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('all have to declare the same'),
    });
  });
});

describe('darkroom plugin serve', () => {
  it.each([
    ['on an address that others reach without TLS', ['--listen', '0.0.0.0:7443'], TOKEN, '--insecure'],
    ['without a token', ['--listen', '127.0.0.1:7443'], '', 'at least 16 characters'],
    ['without a port', ['--listen', '127.0.0.1'], TOKEN, 'HOST:PORT'],
  ])('refuses to serve %s', async (_what, args, token, message) => {
    const child = spawn(process.execPath, [PROGRAM, 'plugin', 'serve', minimal('decoder'), ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], DARKROOM_PLUGIN_TOKEN: token },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (told += text));
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(told).toContain(message);
  });

  it('says why a plugin cannot be served', async () => {
    await expect(serve(minimal('decoder'), { args: ['--options', '{"stepMs": "fast"}'] })).rejects.toThrow('stepMs');
  });
});
