import { type ApiClient, connectClient, expectSamePixels, type TaskTimings } from '../lib/api-client.js';
import { openEngine } from '../lib/engine.js';
import { startGatewayProcess } from '../lib/gateway-process.js';
import { interleave } from '../lib/repeat.js';
import {
  atMostGoal,
  type Bench,
  DURATION_COLUMNS,
  durationRow,
  milliseconds,
  readRatio,
  type Table,
} from '../lib/result.js';
import { repetitions, type Setting } from '../lib/setting.js';
import { median, ratio, summarize } from '../lib/statistics.js';

const LIMIT = 1.05;

export const generateOverhead: Bench = {
  name: 'generate-overhead',
  title: 'A picture through the API against the bare engine',
  explanation: `Bare: language model and generation decoder in one process, called one after the other, from words to pixels in memory.
API: a gateway as \`darkroom serve\` starts it, its plugins in their own processes; timed from sending the mutation
\`generateImage\` to receiving \`TaskSucceeded\` on a WebSocket that was open before. The API's time holds everything that the
bare engine does not do: HTTP, GraphQL, the task and its events in the database, embeddings and pixels between processes, the
PNG file, both flushed to disk. Prompt, seed, steps, size and threads are the same; the two take turns, and each pair takes
the next seed. Both must give the same pixels, byte for byte.`,

  async run(setting) {
    const engine = await openEngine(setting);
    const gateway = await startGatewayProcess(setting);
    try {
      const client = await connectClient(gateway.url, setting);
      // The warm-up counts from below zero; seeds may not.
      const seedOf = (pair: number) => setting.seed + pair + 2;
      const pairs = await interleave(
        repetitions(setting, { warmUp: 2, atLeast: 7, atMost: 31, withinSeconds: 60 }),
        (pair) => engine.draw(seedOf(pair)),
        (pair) => client.draw(seedOf(pair)),
      );
      for (const { a, b } of pairs) expectSamePixels(a.image, await client.pixels(b), 'What engine and API drew');
      const stages = await stageTable(setting, pairs, client);
      await client.close();

      const bare = pairs.map(({ a }) => a.ms);
      const api = pairs.map(({ b }) => b.ms);
      const measured = ratio(api, bare);
      const goal = atMostGoal('API over bare engine', LIMIT, measured);
      const added = median(api.map((ms, pair) => ms - (bare[pair] ?? 0)));
      const enough = added / (LIMIT - 1);
      return {
        tables: [
          {
            columns: DURATION_COLUMNS,
            rows: [durationRow('bare engine', summarize(bare)), durationRow('API', summarize(api))],
          },
          stages.table,
        ],
        goals: [goal],
        reading: [
          readRatio(goal, LIMIT, measured),
          `The API adds ${milliseconds(added)} to a picture (median of the differences). That hardly grows with the model: it is 5 % of a picture of ${milliseconds(enough)}, and less of a slower one.`,
        ],
        figures: {
          bareMs: summarize(bare),
          apiMs: summarize(api),
          ratio: measured,
          addedMs: added,
          stagesMs: stages.figures,
        },
      };
    } finally {
      await gateway.stop();
      await engine.close();
    }
  },
};

type Pair = {
  readonly a: Awaited<ReturnType<Awaited<ReturnType<typeof openEngine>>['draw']>>;
  readonly b: Awaited<ReturnType<ApiClient['draw']>>;
};

/** Where the time goes: medians, stage by stage. */
async function stageTable(
  { steps }: Setting,
  pairs: readonly Pair[],
  client: ApiClient,
): Promise<{ table: Table; figures: Record<string, { bare: number | null; api: number }> }> {
  const tasks: { ms: number; timings: TaskTimings }[] = [];
  for (const { b } of pairs) tasks.push({ ms: b.ms, timings: await client.timings(b.taskId) });
  const ofTasks = (pick: (timings: TaskTimings, ms: number) => number) =>
    median(tasks.map(({ timings, ms }) => pick(timings, ms)));
  const ofEngine = (pick: (picture: Pair['a']) => number) => median(pairs.map(({ a }) => pick(a)));

  const inStages = ({ languageMs, denoiseMs, vaeMs }: TaskTimings) =>
    (languageMs ?? 0) + (denoiseMs ?? 0) + (vaeMs ?? 0);
  const rows: [string, number | null, number][] = [
    ['words to embeddings', ofEngine(({ languageMs }) => languageMs), ofTasks(({ languageMs }) => languageMs ?? 0)],
    [
      `denoising, ${steps} steps`,
      ofEngine(({ timings }) => timings.denoiseMs),
      ofTasks(({ denoiseMs }) => denoiseMs ?? 0),
    ],
    ['latents to pixels', ofEngine(({ timings }) => timings.vaeMs), ofTasks(({ vaeMs }) => vaeMs ?? 0)],
    [
      'between and behind the stages: streams, events, PNG, disk',
      null,
      ofTasks((timings) => (timings.totalMs ?? 0) - inStages(timings)),
    ],
    ['waiting for a turn', null, ofTasks(({ queuedMs }) => queuedMs ?? 0)],
    [
      'around the task: HTTP, mutation, subscription',
      null,
      ofTasks(({ totalMs, queuedMs }, ms) => ms - (totalMs ?? 0) - (queuedMs ?? 0)),
    ],
  ];
  return {
    table: {
      columns: ['stage (medians)', 'bare engine', 'API'],
      rows: rows.map(([stage, bare, api]) => [stage, bare === null ? '' : milliseconds(bare), milliseconds(api)]),
    },
    figures: Object.fromEntries(rows.map(([stage, bare, api]) => [stage, { bare, api }])),
  };
}
