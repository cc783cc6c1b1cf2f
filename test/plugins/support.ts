/** Real hosts for the tests: from dist/, which `npm test` builds first. */
import { afterEach } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type {
  DecodeEvent,
  DecodeRequest,
  PluginLog,
  PreviewWishes,
  PreviewWishSource,
} from '../../src/plugin/contract.js';
import { type RemoteImageDecoder, remoteImageDecoder } from '../../src/plugin/client/image-decoder.js';
import type { PluginEndpoint } from '../../src/plugin/endpoint.js';
import { remoteLanguageModel } from '../../src/plugin/client/language-model.js';
import { remoteVisionEncoder } from '../../src/plugin/client/vision-encoder.js';
import { programOfFile } from '../../src/plugin/program.js';
import { PluginSupervisor, type SupervisorOptions } from '../../src/plugin/supervisor/supervisor.js';

/** The built entry of one of the minimal plugins. */
export const minimal = (name: 'encoder' | 'language-model' | 'decoder') =>
  fileURLToPath(new URL(`../../dist/plugins/minimal/${name}.js`, import.meta.url));

/** A plugin of test/fixtures/plugins. */
export const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/plugins/${name}.mjs`, import.meta.url));

/** Quick where a test waits for it, patient where a busy machine may need it. */
export const QUICK = {
  initialBackOffMs: 10,
  maxBackOffMs: 20,
  abortDeadlineMs: 1_000,
  healthIntervalMs: 50,
  callWaitMs: 60_000,
};

export const neverAborted = new AbortController().signal;

interface LogLine {
  readonly level: keyof PluginLog;
  readonly message: string;
  readonly fields?: Record<string, unknown> | undefined;
}

/** A log that keeps its lines. */
export function recordingLog(): { log: PluginLog; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof PluginLog) => (message: string, fields?: Record<string, unknown>) =>
    void lines.push({ level, message, fields });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

const started: PluginSupervisor[] = [];

/** A plugin whose host is started, and stopped after the test. */
export async function start(entry: string, options: Partial<SupervisorOptions> = {}): Promise<PluginSupervisor> {
  const supervisor = supervise(entry, options);
  started.push(supervisor);
  await supervisor.start();
  return supervisor;
}

/** A plugin that a file's tests share; whoever starts it stops it. */
export function supervise(entry: string, { timing, ...options }: Partial<SupervisorOptions> = {}): PluginSupervisor {
  const { log } = recordingLog();
  return new PluginSupervisor({
    name: 'subject',
    program: programOfFile(entry),
    log,
    ...options,
    timing: { ...QUICK, ...timing },
  });
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((supervisor) => supervisor.stop()));
});

export function decoderOf(supervisor: PluginEndpoint): RemoteImageDecoder {
  const declared = supervisor.introduction?.capabilities;
  if (declared?.kind !== 'image-decoder') throw new TypeError('This plugin is no image decoder.');
  return remoteImageDecoder(supervisor, declared);
}

export function languageModelOf(supervisor: PluginSupervisor) {
  const declared = supervisor.introduction?.capabilities;
  if (declared?.kind !== 'language-model') throw new TypeError('This plugin is no language model.');
  return remoteLanguageModel(supervisor, declared);
}

export function encoderOf(supervisor: PluginSupervisor) {
  const declared = supervisor.introduction?.capabilities;
  if (declared?.kind !== 'vision-encoder') throw new TypeError('This plugin is no vision encoder.');
  return remoteVisionEncoder(supervisor, declared);
}

export function decodeRequest(changes: Partial<DecodeRequest> = {}): DecodeRequest {
  const embeddings = { dims: [4, 8], data: Float32Array.from({ length: 32 }, (_, at) => at / 32) };
  return {
    condition: { type: 'embeddings', image: { space: 'minimal', embeddings, gridThw: [1, 4, 4] } },
    width: 32,
    height: 32,
    numInferenceSteps: 8,
    guidanceScale: 1,
    trueCfgScale: 1,
    negativePrompt: '',
    seed: 7,
    ...changes,
  };
}

/** Wishes that a test changes while a picture develops. */
export function changingWishes(first: PreviewWishes): PreviewWishSource & { change(wishes: PreviewWishes): void } {
  const listeners = new Set<() => void>();
  let current = first;
  return {
    get current() {
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change(wishes) {
      current = wishes;
      for (const listener of listeners) listener();
    },
  };
}

export async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

export function pictureOf(events: readonly DecodeEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'image') throw new Error('There is no picture among these events.');
  return last.image;
}

/** Whether a process with this id is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function until(holds: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`It did not come true within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
