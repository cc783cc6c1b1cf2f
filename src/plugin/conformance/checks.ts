/** The checks, in the order in which they run. Their ids are stable. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.js';
import type { PluginCapabilities, RgbImage } from '../contract.js';
import type { PluginProgram } from '../program.js';
import { HostConnection } from '../supervisor/connection.js';
import { spawnHost } from '../supervisor/host-process.js';
import type { PluginSupervisor } from '../supervisor/supervisor.js';
import type { Exercise } from './exercise.js';

/** What a check works with. */
export interface Subject {
  readonly supervisor: PluginSupervisor;
  readonly declared: PluginCapabilities;
  readonly exercise: Exercise;
  /** A fresh process of the plugin shakes hands, and is gone afterwards. */
  handshakeAlone(options: unknown, apiVersions?: readonly string[]): Promise<unknown>;
  readonly options: unknown;
  /** Resident memory of the process now. */
  memoryBytes(): Promise<number>;
  readonly abortDeadlineMs: number;
}

export interface Check {
  readonly id: string;
  /** What a plugin has to do. */
  readonly title: string;
  /** Why this plugin need not be checked. */
  skip?(declared: PluginCapabilities, exercise: Exercise): string | undefined;
  /** The check without which this one says nothing. */
  readonly needs?: string;
  /** @throws when the plugin does not conform; the message says what was wanted and what came */
  run(subject: Subject): Promise<void>;
}

export const CHECKS: readonly Check[] = [
  {
    id: 'handshake',
    title: 'declares limits that can be met',
    async run({ declared }) {
      const numbers = Object.entries(positiveNumbersOf(declared));
      const wrong = numbers.filter(([, value]) => !(value > 0)).map(([name, value]) => `${name} is ${value}`);
      expect(wrong.length === 0, `Declared numbers have to be above 0: ${wrong.join(', ')}.`);
    },
  },
  {
    id: 'handshake.version',
    title: 'refuses a gateway whose API version it does not speak, naming both',
    async run({ handshakeAlone, options }) {
      const error = await failureOf(handshakeAlone(options, ['999']));
      expectCode(error, ['PLUGIN_VERSION']);
      expect(
        error.message.includes('999') && error.message.includes('1'),
        `Both versions have to be named: ${error.message}`,
      );
    },
  },
  {
    id: 'options.refused',
    title: 'refuses options that are no object',
    async run({ handshakeAlone }) {
      expectCode(await failureOf(handshakeAlone('not an object')), ['CONFIG_INVALID']);
    },
  },
  {
    id: 'answers.schema',
    title: 'answers a call with what the contract asks for',
    async run({ exercise }) {
      await exercise.run();
    },
  },
  {
    id: 'determinism.same-seed',
    title: 'gives the same answer to the same request and seed',
    needs: 'answers.schema',
    async run({ exercise }) {
      expectSame(await exercise.run(), await exercise.run(), 'two calls with the same request');
    },
  },
  {
    id: 'previews.as-wished',
    title: 'makes the previews that were wished for, and no others',
    needs: 'answers.schema',
    skip: skipWithoutPreviews,
    async run({ exercise }) {
      const [every, maxSize] = [2, 24];
      await exercise.run({
        wishes: { everySteps: [every], maxSize, view: 'x0' },
        onAnswer({ stepIndex, preview }) {
          if (stepIndex === undefined) return;
          const isWished = stepIndex % every === 0;
          expect(
            isWished === (preview !== undefined),
            `Step ${stepIndex} came ${preview ? 'with' : 'without'} a preview.`,
          );
          if (preview)
            expect(
              longerSide(preview) <= maxSize,
              `A preview of ${longerSide(preview)} pixels came; ${maxSize} was the most.`,
            );
        },
      });
    },
  },
  {
    id: 'previews.on-equals-off',
    title: 'draws the same picture whether or not anybody watches',
    needs: 'determinism.same-seed',
    skip: skipWithoutPreviews,
    async run({ exercise }) {
      const watched = await exercise.run({ wishes: { everySteps: [1], maxSize: 64, view: 'x0' } });
      expectSame(await exercise.run(), watched, 'a picture without previews and one with them');
    },
  },
  {
    id: 'abort.within-one-step',
    title: 'stops within one step of an abort',
    needs: 'answers.schema',
    async run({ exercise, supervisor, declared, abortDeadlineMs }) {
      const { lastError } = supervisor;
      const aborting = new AbortController();
      let answersAfter = -1;
      // An encoder answers once, at its end: it is aborted while it works.
      if (declared.kind === 'vision-encoder') void setTimeout(1).then(() => aborting.abort());
      const outcome = await exercise
        .run({
          signal: aborting.signal,
          onAnswer() {
            answersAfter += 1;
            aborting.abort();
          },
        })
        .catch((error: unknown) => error);
      expect(
        supervisor.lastError === lastError,
        `It was still busy ${abortDeadlineMs} ms after the abort and had to be killed.`,
      );
      // A call may be over before the abort reaches it, if all its answers were under way.
      if (outcome instanceof Error) expectCode(outcome, ['CANCELLED']);
      else if (declared.kind === 'image-decoder')
        expect(answersAfter <= MAX_ANSWERS_UNDER_WAY, `${answersAfter} answers came after the abort.`);
    },
  },
  {
    id: 'calls.concurrent',
    title: 'answers calls at the same time as it answers them alone',
    needs: 'determinism.same-seed',
    async run({ exercise }) {
      const alone = await exercise.run();
      const together = await Promise.all([exercise.run(), exercise.run(), exercise.run()]);
      for (const digest of together) expectSame(alone, digest, 'a call alone and one of three at the same time');
    },
  },
  {
    id: 'calls.failure-stays-alone',
    title: 'fails a malformed call with a code, and its neighbours not at all',
    needs: 'determinism.same-seed',
    async run({ exercise, supervisor }) {
      const { lastError } = supervisor;
      const alone = await exercise.run();
      const [neighbour, error] = await Promise.all([exercise.run(), failureOf(exercise.runMalformed())]);
      expect(supervisor.lastError === lastError, 'The malformed call ended the process.');
      expectCoded(error, 'The malformed call');
      expectSame(alone, neighbour, 'a call alone and one beside a failing one');
    },
  },
  {
    id: 'inputs.wrong-shape',
    title: 'refuses tensors and pictures that are not as large as they say',
    needs: 'answers.schema',
    skip: ({ kind }, { runWrongShape }) =>
      runWrongShape ? undefined : `This ${kind} takes neither tensors nor pictures.`,
    async run(subject) {
      await expectRefusal(subject, subject.exercise.runWrongShape);
    },
  },
  {
    id: 'inputs.wrong-space',
    title: 'refuses embeddings of a space that it did not declare',
    needs: 'answers.schema',
    skip: ({ kind }, { runWrongSpace }) => (runWrongSpace ? undefined : `This ${kind} takes no embeddings.`),
    async run(subject) {
      await expectRefusal(subject, subject.exercise.runWrongSpace);
    },
  },
  {
    id: 'inputs.huge',
    title: 'answers a very large input, or refuses it with a code',
    needs: 'answers.schema',
    async run({ exercise, supervisor }) {
      const { lastError } = supervisor;
      const error = await exercise.runHuge().catch((thrown: unknown) => thrown);
      expect(supervisor.lastError === lastError, 'The large input ended the process.');
      if (error instanceof Error) expectCoded(error, 'The large input');
      await exercise.run();
    },
  },
  {
    id: 'memory.after-100-calls',
    title: 'holds no more memory after 100 calls than after 50',
    needs: 'answers.schema',
    async run({ exercise, memoryBytes }) {
      const callTimes = async (times: number) => {
        for (let call = 0; call < times; call += 1) await exercise.runSmallest();
        return memoryBytes();
      };
      const [early, late] = [await callTimes(50), await callTimes(50)];
      const grown = Math.round((late - early) / 1024 ** 2);
      expect(
        grown <= MAX_GROWTH_MIB,
        `Calls 51 to 100 made it grow by ${grown} MiB; ${MAX_GROWTH_MIB} are put up with.`,
      );
    },
  },
  {
    id: 'kill.restart',
    title: 'serves again after its process was killed in the middle of a call',
    needs: 'determinism.same-seed',
    async run({ exercise, supervisor }) {
      const before = await exercise.run();
      const { pid } = supervisor;
      const killed = failureOf(exercise.run());
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      expectCode(await killed, ['PLUGIN_UNAVAILABLE']);
      expectSame(before, await exercise.run(), 'a call before the kill and one after the restart');
    },
  },
];

/** What a garbage collector may leave lying about. */
const MAX_GROWTH_MIB = 48;

/** Answers that may be on their way when an abort is sent: a stream's buffer on either side. */
const MAX_ANSWERS_UNDER_WAY = 32;

/** A process of its own for one handshake. */
export async function handshakeAlone(
  program: PluginProgram,
  environment: Readonly<Record<string, string>>,
  options: unknown,
  deadlineMs: number,
  apiVersions?: readonly string[],
): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-'));
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const socketPath = join(folder, 'host.sock');
  const host = spawnHost({ program, socketPath, folder, environment, log: silent });
  const connection = new HostConnection({ socketPath });
  try {
    const ended = host.exited.then((how) => Promise.reject(new Error(`The process ${how}.`)));
    return await Promise.race([
      connection.handshake('plugin', {
        options: { options },
        deadline: new Date(Date.now() + deadlineMs),
        ...(apiVersions && { apiVersions }),
      }),
      ended,
    ]);
  } finally {
    connection.dispose();
    host.kill();
    await host.exited;
    await rm(folder, { recursive: true, force: true });
  }
}

function positiveNumbersOf(declared: PluginCapabilities): Record<string, number> {
  switch (declared.kind) {
    case 'vision-encoder':
      return { dimension: declared.space.dimension, imageTokens: declared.space.imageTokens };
    case 'language-model':
      return { ...declared.limits };
    case 'image-decoder': {
      const { width, height, numInferenceSteps } = declared.defaults;
      return { ...declared.limits, batch: declared.supports.batch, width, height, numInferenceSteps };
    }
  }
}

async function expectRefusal(
  { exercise, supervisor }: Subject,
  send: (() => Promise<void>) | undefined,
): Promise<void> {
  const { lastError } = supervisor;
  const error = await failureOf(send?.() ?? Promise.resolve());
  expect(supervisor.lastError === lastError, 'The call ended the process.');
  expectCoded(error, 'The call');
  await exercise.run();
}

function expectCoded(error: Error, what: string): void {
  const isCoded =
    error instanceof GatewayError && error.code !== 'PLUGIN_FAILED' && error.code !== 'PLUGIN_UNAVAILABLE';
  expect(isCoded, `${what} failed without a code: ${error.message}`);
}

function skipWithoutPreviews(declared: PluginCapabilities): string | undefined {
  if (declared.kind !== 'image-decoder') return 'Only image decoders make previews.';
  return declared.supports.preview === 'none' ? 'It declares that it makes no previews.' : undefined;
}

function longerSide({ width, height }: RgbImage): number {
  return Math.max(width, height);
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const outcome = await work.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (outcome instanceof Error) return outcome;
  throw new Error('The call had to fail; it succeeded.');
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function expectSame(wanted: string, came: string, what: string): void {
  expect(
    wanted === came,
    `The outcome of ${what} has to be the same; the digests are ${wanted.slice(0, 12)} and ${came.slice(0, 12)}.`,
  );
}

function expectCode(error: Error, codes: readonly string[]): void {
  const code = error instanceof GatewayError ? error.code : 'no code';
  expect(
    codes.includes(code),
    `The failure had to have the code ${codes.join(' or ')}; it has ${code}: ${error.message}`,
  );
}
