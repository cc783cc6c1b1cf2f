import type { PreviewInput } from '../../src/client/gql/graphql.js';
import { connectClient, expectSamePixels } from '../lib/api-client.js';
import { openEngine } from '../lib/engine.js';
import { startGatewayProcess } from '../lib/gateway-process.js';
import { interleave } from '../lib/repeat.js';
import {
  atMostGoal,
  type Bench,
  DURATION_COLUMNS,
  durationRow,
  type Findings,
  milliseconds,
  readRatio,
} from '../lib/result.js';
import { repetitions, type Setting } from '../lib/setting.js';
import { median, ratio, summarize } from '../lib/statistics.js';

const LIMIT = 1.05;
const MAX_SIZE = 512;
const REPETITIONS = { warmUp: 2, atLeast: 7, atMost: 31, withinSeconds: 40 };

/** Every step, and no pace: as many as one subscriber can get. */
export const EVERY_STEP: PreviewInput = { everySteps: 1, maxPerSecond: 1000, maxSize: MAX_SIZE };

export const previews: Bench = {
  name: 'previews',
  title: 'Previews of every step against none',
  explanation: `The same picture twice: nobody watches, and one watches every step (${MAX_SIZE} pixels at most, estimate of the finished picture, JPEG
as data URL, no limit on how many a second). Engine: both in one process, nothing is encoded. API: from mutation to \`TaskSucceeded\`; previews
cross from the decoder's process to the gateway, are encoded there and sent. The picture must be the same, byte for byte,
whether anybody looks or not.`,

  async run(setting) {
    const engine = await atTheEngine(setting);
    const api = await throughTheApi(setting);
    return {
      tables: [...engine.tables, ...api.tables],
      goals: [...engine.goals, ...api.goals],
      reading: [...engine.reading, ...api.reading],
      figures: { engine: engine.figures, api: api.figures },
    };
  },
};

async function atTheEngine(setting: Setting): Promise<Findings> {
  const engine = await openEngine(setting);
  try {
    const pairs = await interleave(
      repetitions(setting, REPETITIONS),
      () => engine.draw(setting.seed),
      () => engine.draw(setting.seed, { maxSize: MAX_SIZE, view: 'x0' }),
    );
    for (const { a, b } of pairs) expectSamePixels(a.image, b.image, 'Pictures without and with previews');
    const findings = compare('engine', setting, pairs);
    const previewMs = median(pairs.map(({ b }) => b.timings.previewMs / b.previews));
    const stepMs = median(pairs.map(({ a }) => a.timings.denoiseMs / setting.steps));
    return {
      ...findings,
      reading: [
        ...findings.reading,
        `engine: a preview takes ${milliseconds(previewMs)} beside a step of ${milliseconds(stepMs)}.`,
      ],
      figures: { ...findings.figures, previewMs, stepMs },
    };
  } finally {
    await engine.close();
  }
}

async function throughTheApi(setting: Setting): Promise<Findings> {
  const gateway = await startGatewayProcess(setting);
  try {
    const client = await connectClient(gateway.url, setting);
    const pairs = await interleave(
      repetitions(setting, REPETITIONS),
      () => client.draw(setting.seed),
      () => client.draw(setting.seed, EVERY_STEP),
    );
    for (const { a, b } of pairs)
      expectSamePixels(await client.pixels(a), await client.pixels(b), 'Pictures without and with previews');
    await client.close();
    return compare('API', setting, pairs);
  } finally {
    await gateway.stop();
  }
}

type Drawn = { readonly ms: number; readonly previews: number };

function compare(
  where: string,
  { steps }: Setting,
  pairs: readonly { readonly a: Drawn; readonly b: Drawn }[],
): Findings {
  const without = pairs.map(({ a }) => a.ms);
  const watched = pairs.map(({ b }) => b.ms);
  const measured = ratio(watched, without);
  const goal = atMostGoal(`previews over none, ${where}`, LIMIT, measured);
  const came = summarize(pairs.map(({ b }) => b.previews));
  return {
    tables: [
      {
        columns: DURATION_COLUMNS,
        rows: [
          durationRow(`${where}, no previews`, summarize(without)),
          durationRow(`${where}, previews`, summarize(watched)),
        ],
      },
    ],
    goals: [goal],
    reading: [
      readRatio(goal, LIMIT, measured),
      `${where}: of ${steps} steps, ${came.median} previews came (median; ${came.min} to ${came.max}).`,
    ],
    figures: { withoutMs: summarize(without), watchedMs: summarize(watched), ratio: measured, previews: came },
  };
}
