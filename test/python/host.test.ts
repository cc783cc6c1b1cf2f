/** What the Python host does with a plugin's code; asked through its process. */
import { describe, expect, it, jest } from '@jest/globals';
import { programOfFile } from '../../src/plugin/program.js';
import type { SupervisorOptions } from '../../src/plugin/supervisor/supervisor.js';
import {
  changingWishes,
  collect,
  decodeRequest,
  decoderOf,
  neverAborted,
  pictureOf,
  recordingLog,
  start,
  until,
} from '../plugins/support.js';
import { command, pythonFixture } from './support.js';

jest.setTimeout(120_000);

const startFixture = (name: string, options: Partial<SupervisorOptions> = {}) =>
  start(pythonFixture(name), { program: programOfFile(pythonFixture(name), command), ...options });

const asked = (text: string) => decodeRequest({ condition: { type: 'text', text } });
const ask = async (supervisor: Awaited<ReturnType<typeof start>>, text: string) =>
  collect(decoderOf(supervisor).decode(asked(text), { signal: neverAborted }));

describe('an error', () => {
  it('with a code reaches the gateway as it is', async () => {
    const supervisor = await startFixture('troubled');
    await expect(ask(supervisor, 'code')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: 'This decoder takes no such words; use others.',
      plugin: 'subject',
    });
  });

  it('without a code says nothing but its class; the log has its traceback', async () => {
    const { log, lines } = recordingLog();
    const supervisor = await startFixture('troubled', { log });
    await expect(ask(supervisor, 'bug')).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: expect.not.stringContaining('secret'),
    });
    const find = () => lines.find(({ message }) => message === 'A call failed.');
    await until(() => find() !== undefined);
    const told = find();
    expect(told?.fields?.['error']).toContain('ValueError: the secret words of somebody');
    expect(pictureOf(await ask(supervisor, 'fine')).width).toBe(32);
  });

  it('names what decode has to yield when something else came', async () => {
    const supervisor = await startFixture('troubled');
    await expect(ask(supervisor, 'nonsense')).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: 'decode has to yield Step and Picture; str came.',
    });
  });
});

describe('plain code', () => {
  it('that computes leaves health checks answered', async () => {
    const timing = { healthIntervalMs: 50, busySilenceMs: 600, idleSilenceMs: 600 };
    const supervisor = await startFixture('troubled', { timing });
    await ask(supervisor, 'compute');
    expect(supervisor.restarts).toBe(0);
  });

  it('is ended at its next yield by an abort', async () => {
    const supervisor = await startFixture('troubled');
    const aborting = new AbortController();
    const events = decoderOf(supervisor).decode(
      { ...asked('slow'), numInferenceSteps: 100 },
      { signal: aborting.signal },
    );
    const drawing = collect(
      (async function* () {
        for await (const event of events) {
          aborting.abort();
          yield event;
        }
      })(),
    );
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(supervisor.restarts).toBe(0);
  });

  it('sees wishes for previews that change while a picture develops', async () => {
    const supervisor = await startFixture('troubled');
    const previewWishes = changingWishes({ everySteps: [], maxSize: 8, view: 'x0' });
    const previews: boolean[] = [];
    const request = { ...asked('slow'), numInferenceSteps: 60 };
    for await (const event of decoderOf(supervisor).decode(request, { signal: neverAborted, previewWishes })) {
      if (event.type !== 'step') continue;
      previews.push(event.preview !== undefined);
      if (event.stepIndex === 10) previewWishes.change({ everySteps: [1], maxSize: 8, view: 'x0' });
    }
    expect(previews.slice(0, 10)).not.toContain(true);
    expect(previews.slice(-10)).not.toContain(false);
  });
});

describe('async code', () => {
  it('is cancelled by an abort where it waits', async () => {
    const { log, lines } = recordingLog();
    const supervisor = await startFixture('troubled', { log, options: { waits: true } });
    const aborting = new AbortController();
    const drawing = (async () => {
      for await (const _ of decoderOf(supervisor).decode(asked('wait'), { signal: aborting.signal })) aborting.abort();
    })();
    await expect(drawing).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => lines.some(({ message }) => message === 'stopped waiting'));
    expect(pictureOf(await ask(supervisor, 'fine')).width).toBe(32);
    expect(supervisor.restarts).toBe(0);
  });
});

it('what a plugin prints, logs and counts arrives under its name', async () => {
  const { log, lines } = recordingLog();
  const supervisor = await startFixture('troubled', { log });
  await ask(supervisor, 'tell');
  await until(() => supervisor.ownMetrics.length === 2 && lines.some(({ message }) => message === 'a printed line'));
  expect(lines).toContainEqual({ level: 'info', message: 'a printed line', fields: undefined });
  expect(lines).toContainEqual({ level: 'warn', message: 'a warning of a library', fields: { logger: 'a.library' } });
  expect(lines).toContainEqual({ level: 'error', message: 'an own line', fields: { grey: 1 } });
  expect(supervisor.ownMetrics).toEqual([
    expect.objectContaining({ name: 'pictures', kind: 'METRIC_KIND_COUNTER', value: 1 }),
    expect.objectContaining({ name: 'gpu_memory_bytes', kind: 'METRIC_KIND_GAUGE', value: 5 }),
  ]);
});

describe('a plugin that cannot run is FAILED at once', () => {
  const reasonOf = async (name: string, options: Partial<SupervisorOptions> = {}) => {
    const { state } = await startFixture(name, options);
    return state.type === 'FAILED' ? state.reason : undefined;
  };

  it('for options that do not hold, with each field named', async () => {
    expect(await reasonOf('troubled', { options: { grey: 'light', gray: 1 } })).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^The options of plugin troubled do not hold: grey: .*; gray: Extra inputs/),
    });
  });

  it('for a missing module, with the command that installs it', async () => {
    expect(await reasonOf('needs_a_module')).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/needs the Python module a_module_that_nobody_has.*-m pip install a_module_that/),
    });
  });

  it('for a file without a plugin', async () => {
    expect(await reasonOf('defines_nothing')).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('plugin = define_plugin('),
    });
  });

  it.each([
    // Without its site-packages, every Python lacks the package.
    ['the package is missing', ['python3', '-S', '-m', 'darkroom_plugin'], /needs the Python package darkroom_plugin/],
    ['Python is missing', ['no-such-python', '-m', 'darkroom_plugin'], /needs Python 3.10 or newer; no-such-python/],
  ])('where %s, with the command that makes an environment', async (_what, wrong, message) => {
    const reason = await reasonOf('troubled', { program: programOfFile(pythonFixture('troubled'), wrong) });
    expect(reason).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(reason?.message).toMatch(/python3 -m venv \S+\/\.venv && \S+\/\.venv\/bin\/pip install \S+sdk\/python/);
  });
});
