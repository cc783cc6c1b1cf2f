/** Each way in which a plugin can go wrong, with a plugin that really does; a neighbour draws meanwhile and lives on. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { PluginSupervisor } from '../../src/plugin/supervisor/supervisor.js';
import {
  collect,
  decodeRequest,
  decoderOf,
  fixture,
  isAlive,
  minimal,
  neverAborted,
  pictureOf,
  recordingLog,
  start,
  supervise,
  until,
} from './support.js';

jest.setTimeout(120_000);

const signal = neverAborted;
const neighbour = supervise(minimal('decoder'), { name: 'neighbour' });
let neighboursPid: number | undefined;

beforeAll(async () => {
  await neighbour.start();
  neighboursPid = neighbour.pid;
});
afterAll(() => neighbour.stop());

/** The neighbour is the same process as before, and serves. */
async function expectNeighbourUntouched(): Promise<void> {
  expect(pictureOf(await draw(neighbour)).width).toBe(32);
  expect(neighbour.pid).toBe(neighboursPid);
}

const draw = (plugin: PluginSupervisor, trouble = '') =>
  collect(decoderOf(plugin).decode(decodeRequest({ negativePrompt: trouble }), { signal }));

describe('a plugin that', () => {
  it('crashes at import is given up with its last words', async () => {
    const plugin = await start(fixture('crashes-at-import'), { timing: { maxFailures: 1 } });
    expect(plugin.state).toMatchObject({
      type: 'FAILED',
      reason: { message: expect.stringContaining('There is no libdarkroom.so here.') },
    });
    await expectNeighbourUntouched();
  });

  it('hangs at start is ended at the deadline', async () => {
    const plugin = await start(fixture('hangs-at-import'), { timing: { startDeadlineMs: 500, maxFailures: 0 } });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { code: 'PLUGIN_TIMEOUT' } });
    await expectNeighbourUntouched();
  });

  it('answers garbage instead of the protocol is given up', async () => {
    const program = { entry: null, command: [process.execPath, fixture('garbage-host')] };
    const plugin = await start('', { program, timing: { startDeadlineMs: 1_500, maxFailures: 1 } });
    expect(plugin.state).toMatchObject({ type: 'FAILED', reason: { plugin: 'subject' } });
    expect(plugin.restarts).toBe(1);
    await expectNeighbourUntouched();
  });

  it('answers a picture of another size fails that call alone, by its name', async () => {
    const plugin = await start(fixture('paints-too-small'));
    await expect(draw(plugin)).rejects.toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'subject' });
    expect(plugin.state.type).toBe('READY');
    await expectNeighbourUntouched();
  });

  it('floods its output draws on, and the log says what was left out', async () => {
    const { log, lines } = recordingLog();
    const plugin = await start(fixture('flood'), { log });
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    await plugin.stop();
    expect(lines.some(({ message }) => message.includes('lines were left out'))).toBe(true);
    // 66 MB were printed.
    expect(lines.reduce((sum, { message }) => sum + message.length, 0)).toBeLessThan(30_000_000);
    await expectNeighbourUntouched();
  });

  it('holds more memory than it may is killed, although it answers nothing, and started again', async () => {
    const plugin = await start(fixture('swells'), { memoryLimitBytes: 300 * 1024 ** 2 });
    await expect(draw(plugin, 'swell')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE', retryable: true });
    expect(plugin.lastError?.message).toMatch(/held \d+ MiB of memory, more than its limit of 300 MiB/);
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    await expectNeighbourUntouched();
  });

  it('blocks its event loop for longer than any forward pass may take is started again', async () => {
    const plugin = await start(fixture('troubled-decoder'), { timing: { idleSilenceMs: 200, busySilenceMs: 500 } });
    await expect(draw(plugin, 'frozen')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE' });
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    expect(plugin.restarts).toBe(1);
    await expectNeighbourUntouched();
  });

  it('exits in the middle of a call fails it as something that may be repeated', async () => {
    const plugin = await start(fixture('troubled-decoder'));
    await expect(draw(plugin, 'exit')).rejects.toMatchObject({ code: 'PLUGIN_UNAVAILABLE', retryable: true });
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    await expectNeighbourUntouched();
  });

  it('ignores an abort is killed after the deadline', async () => {
    const plugin = await start(fixture('troubled-decoder'));
    const pid = plugin.pid ?? 0;
    const aborting = new AbortController();
    const drawing = (async () => {
      const call = { signal: aborting.signal };
      for await (const event of decoderOf(plugin).decode(decodeRequest({ negativePrompt: 'deaf' }), call))
        if (event.type === 'step' && event.stepIndex === 2) aborting.abort();
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => !isAlive(pid));
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    await expectNeighbourUntouched();
  });

  it('answers twice fails that call alone, by its name', async () => {
    const plugin = await start(fixture('answers-twice'));
    await expect(draw(plugin, 'twice')).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'Plugin subject sent something after its picture.',
    });
    expect(pictureOf(await draw(plugin)).width).toBe(32);
    expect(plugin.restarts).toBe(0);
    await expectNeighbourUntouched();
  });
});
