import { describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  collect,
  decodeRequest,
  decoderOf,
  fixture,
  isAlive,
  minimal,
  neverAborted,
  recordingLog,
  start,
  until,
} from './support.js';

// Each test starts processes, some of them several times in a row.
jest.setTimeout(120_000);

describe('starting a plugin', () => {
  it('tells what the plugin declares', async () => {
    const plugin = await start(minimal('decoder'));
    expect(plugin.state.type).toBe('READY');
    expect(plugin.introduction).toEqual({
      apiVersion: '1',
      name: 'minimal-decoder',
      version: '1.0.0',
      capabilities: {
        kind: 'image-decoder',
        reads: {
          condition: { id: 'minimal', dimension: 8, imageTokens: 4 },
          reference: { id: 'minimal', dimension: 8, imageTokens: 4 },
        },
        supports: { edit: true, mask: false, trueCfg: false, preview: 'image', batch: 1 },
        limits: { minWidth: 16, minHeight: 16, maxWidth: 1024, maxHeight: 1024, sizeMultiple: 16, maxSteps: 1000 },
        defaults: { width: 64, height: 64, numInferenceSteps: 8, guidanceScale: 1, trueCfgScale: 1 },
      },
    });
  });

  it('tells the memory of its process', async () => {
    const plugin = await start(minimal('decoder'));
    await until(() => plugin.memoryBytes !== undefined);
    expect(plugin.memoryBytes).toBeGreaterThan(20_000_000);
  });

  it('refuses options that do not hold at once, naming the field', async () => {
    const plugin = await start(minimal('decoder'), { options: { stepMs: 'fast' } });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'CONFIG_INVALID', plugin: 'subject' } });
    expect(plugin.lastError?.message).toMatch(/minimal-decoder do not hold: stepMs: .*number/);
    expect(plugin.restarts).toBe(0);
  });

  it('refuses a plugin of another API version, naming both versions', async () => {
    const plugin = await start(fixture('speaks-version-9'));
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'PLUGIN_VERSION' } });
    expect(plugin.lastError?.message).toContain(
      'The gateway speaks version 1 of the plugin API, plugin from-the-future version 9',
    );
  });

  it('gives a plugin up that crashes at import again and again, with what it last said', async () => {
    const plugin = await start(fixture('crashes-at-import'), { timing: { maxFailures: 2 } });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'PLUGIN_UNAVAILABLE' } });
    expect(plugin.lastError?.message).toMatch(
      /exit code 1; it last said: Error: There is no libdarkroom\.so here\., before it was ready/,
    );
    expect(plugin.restarts).toBe(2);
  });

  it('says what an entry without a plugin lacks', async () => {
    const plugin = await start(fixture('exports-nothing'), { timing: { maxFailures: 0 } });
    expect(plugin.lastError?.message).toContain('export default definePlugin');
  });

  it('ends a process that hangs in its import when the deadline passes', async () => {
    const plugin = await start(fixture('hangs-at-import'), { timing: { startDeadlineMs: 600, maxFailures: 0 } });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'PLUGIN_TIMEOUT' } });
    expect(plugin.lastError?.message).toContain('600 ms');
  });

  it('hands the process nothing but the environment it was given', async () => {
    process.env['DARKROOM_TEST_SECRET'] = 'the database password';
    const { log, lines } = recordingLog();
    await start(fixture('talks-and-tells'), { log, environment: { PATH: '/usr/bin', API_KEY: 'passed on' } });
    const told = lines.find(({ message }) => message === 'a message with fields');
    expect(told).toMatchObject({ level: 'warn', fields: { environment: ['API_KEY', 'PATH'], width: 32 } });
  });

  it('logs line by line what the plugin prints', async () => {
    const { log, lines } = recordingLog();
    const plugin = await start(fixture('talks-and-tells'), { log });
    await plugin.stop();
    expect(lines).toContainEqual({ level: 'info', message: 'a line on standard output' });
    expect(lines).toContainEqual({ level: 'warn', message: 'a line on standard error' });
    expect(lines).toContainEqual({ level: 'info', message: '{"level":"oops","message":"no such level"}' });
    expect(Math.max(...lines.map(({ message }) => message.length))).toBe(16_384);
  });
});

describe('stopping a plugin', () => {
  it('closes it, and ends its process', async () => {
    const { log, lines } = recordingLog();
    const plugin = await start(fixture('troubled-decoder'), { log });
    const { pid = 0 } = plugin;
    await plugin.stop();
    expect(lines).toContainEqual({ level: 'info', message: 'troubled is closed' });
    expect(isAlive(pid)).toBe(false);
    expect(plugin.state.type).toBe('STOPPED');
  });

  it('aborts what is running', async () => {
    const plugin = await start(minimal('decoder'), { options: { stepMs: 50 } });
    const drawing = collect(
      decoderOf(plugin).decode(decodeRequest({ numInferenceSteps: 500 }), { signal: neverAborted }),
    );
    await until(() => plugin.state.type === 'BUSY');
    await Promise.all([expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' }), plugin.stop()]);
  });

  it('kills a host that does not close in time', async () => {
    const { log, lines } = recordingLog();
    const plugin = await start(fixture('troubled-decoder'), { log, timing: { closeDeadlineMs: 300 } });
    const { pid = 0 } = plugin;
    const drawing = collect(
      decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'frozen' }), { signal: neverAborted }),
    );
    await until(() => lines.some(({ message }) => message === 'frozen'));
    await Promise.all([expect(drawing).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' }), plugin.stop()]);
    expect(isAlive(pid)).toBe(false);
  });

  it('refuses calls afterwards', async () => {
    const plugin = await start(minimal('decoder'));
    const decoder = decoderOf(plugin);
    await plugin.stop();
    await expect(collect(decoder.decode(decodeRequest(), { signal: neverAborted }))).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
    });
  });

  it('leaves no socket behind', async () => {
    const plugin = await start(minimal('decoder'));
    const socket = `${plugin.socketFolder}/0.sock`;
    expect((await stat(plugin.socketFolder ?? '')).mode & 0o777).toBe(0o700);
    expect((await stat(socket)).isSocket()).toBe(true);
    await plugin.stop();
    await expect(stat(socket)).rejects.toThrow('ENOENT');
  });
});

describe('a host whose process dies', () => {
  it('fails its calls at once, as something that may be repeated, and serves the next one', async () => {
    const plugin = await start(minimal('decoder'), { options: { stepMs: 20 } });
    const decoder = decoderOf(plugin);
    const steps = decoder.decode(decodeRequest({ numInferenceSteps: 500 }), { signal: neverAborted });
    const others = collect(decoder.decode(decodeRequest({ numInferenceSteps: 500 }), { signal: neverAborted }));
    const iterator = steps[Symbol.asyncIterator]();
    await iterator.next();
    process.kill(plugin.pid ?? 0, 'SIGKILL');
    const killedAt = Date.now();
    const unavailable = { code: 'PLUGIN_UNAVAILABLE', retryable: true, plugin: 'subject' };
    await Promise.all([
      expect(others).rejects.toMatchObject(unavailable),
      expect(drain(iterator)).rejects.toMatchObject(unavailable),
    ]);
    expect(Date.now() - killedAt).toBeLessThan(1_000);

    const events = await collect(decoder.decode(decodeRequest(), { signal: neverAborted }));
    expect(events.at(-1)?.type).toBe('image');
    expect(plugin.restarts).toBe(1);
    expect(plugin.lastError?.message).toContain('SIGKILL');
  });

  it('says how it ended when the plugin itself exits in the middle of a call', async () => {
    const plugin = await start(fixture('troubled-decoder'));
    const exiting = collect(
      decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'exit' }), { signal: neverAborted }),
    );
    await expect(exiting).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    await until(() => plugin.state.type === 'READY' && plugin.restarts === 1);
    expect(plugin.lastError?.message).toContain('exit code 3');
  });

  it('is given up when it keeps dying without finishing a call, and its calls then fail with the reason', async () => {
    const plugin = await start(fixture('troubled-decoder'), { timing: { maxFailures: 2 } });
    const decoder = decoderOf(plugin);
    for (let death = 1; death <= 3; death += 1) {
      const exiting = collect(decoder.decode(decodeRequest({ negativePrompt: 'exit' }), { signal: neverAborted }));
      await expect(exiting).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    }
    await until(() => plugin.state.type === 'FAILED');
    const next = collect(decoder.decode(decodeRequest(), { signal: neverAborted }));
    await expect(next).rejects.toThrow('exit code 3');
  });

  it('is not given up as long as it finishes calls in between', async () => {
    const plugin = await start(fixture('troubled-decoder'), { timing: { maxFailures: 1 } });
    const decoder = decoderOf(plugin);
    for (let death = 1; death <= 3; death += 1) {
      await collect(decoder.decode(decodeRequest(), { signal: neverAborted }));
      const exiting = collect(decoder.decode(decodeRequest({ negativePrompt: 'exit' }), { signal: neverAborted }));
      await expect(exiting).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    }
    await collect(decoder.decode(decodeRequest(), { signal: neverAborted }));
    expect(plugin.restarts).toBe(3);
  });

  it('makes calls wait no longer than their deadline', async () => {
    const plugin = await start(fixture('troubled-decoder'), {
      timing: { initialBackOffMs: 60_000, maxBackOffMs: 60_000, callWaitMs: 200 },
    });
    process.kill(plugin.pid ?? 0, 'SIGKILL');
    await until(() => plugin.state.type === 'RESTARTING');
    const waiting = collect(decoderOf(plugin).decode(decodeRequest(), { signal: neverAborted }));
    await expect(waiting).rejects.toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: expect.stringContaining('still RESTARTING after 200 ms'),
    });
  });
});

describe('a host that goes silent', () => {
  it('is restarted when it works on nothing', async () => {
    const plugin = await start(minimal('decoder'), { timing: { idleSilenceMs: 300 } });
    process.kill(plugin.pid ?? 0, 'SIGSTOP');
    await until(() => plugin.restarts === 1 && plugin.state.type === 'READY');
    expect(plugin.lastError?.message).toContain('answered nothing for 300 ms');
  });

  it('is left in peace while a forward pass holds its event loop', async () => {
    const plugin = await start(fixture('troubled-decoder'), { timing: { idleSilenceMs: 200 } });
    const events = await collect(
      decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'blocking' }), { signal: neverAborted }),
    );
    expect(events).toHaveLength(9);
    expect(plugin.restarts).toBe(0);
  });

  it('is restarted when a forward pass takes longer than any may', async () => {
    const plugin = await start(fixture('troubled-decoder'), { timing: { idleSilenceMs: 200, busySilenceMs: 500 } });
    const frozen = collect(
      decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'frozen' }), { signal: neverAborted }),
    );
    await expect(frozen).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    expect(plugin.lastError?.message).toContain('answered nothing for 500 ms');
  });
});

it('a host ends itself when the process that started it dies', async () => {
  const program = fileURLToPath(new URL('../fixtures/plugins/start-and-tell.mjs', import.meta.url));
  const parent = spawn(process.execPath, [program, minimal('decoder')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

async function drain(iterator: AsyncIterator<unknown>): Promise<void> {
  while (!(await iterator.next()).done);
}
