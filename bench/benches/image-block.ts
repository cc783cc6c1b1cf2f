import {
  type ImageBlock,
  type ImageBlockShape,
  imageBlock,
  imageBlockLength,
  imageInOnePass,
  imageRowByRow,
} from '../../src/inference/autoregressive/image-block.js';
import { KvCache } from '../../src/inference/autoregressive/kv-cache.js';
import { LanguageGraphs } from '../../src/inference/autoregressive/language-graphs.js';
import { promptPositions } from '../../src/inference/autoregressive/mrope.js';
import { buildChatPrompt } from '../../src/inference/tokenizer/chat-prompt.js';
import { loadTokenizer } from '../../src/inference/tokenizer/tokenizer.js';
import { interleave, timed } from '../lib/repeat.js';
import { type Bench, DURATION_COLUMNS, durationRow, type Goal } from '../lib/result.js';
import { repetitions, type Setting } from '../lib/setting.js';
import { ratio, summarize } from '../lib/statistics.js';

const LIMIT = 10;
/** Both ways add the same numbers in another order; more than this share of the largest embedding is an error. */
const TOLERANCE = 1e-3;

export const imageBlockBench: Bench = {
  name: 'image-block',
  title: 'The image block in one pass against step by step',
  explanation: `What the language model does to imagine a picture: its 81 embeddings, behind the prompt and the words that lead in to a picture, which are in
the cache already. One pass: all rows of the block at once, then the vision head once. Step by step: the reference's loop, one row after the other, each through
language model and vision head, with the same cache. The embeddings must agree.`,

  async run(setting) {
    const { graphs, shape, block, afterPrompt, promptRows } = await openBlock(setting);
    try {
      const pairs = await interleave(
        repetitions(setting, { warmUp: 1, atLeast: 5, atMost: 31, withinSeconds: 20 }),
        async () => {
          const cache = await afterPrompt();
          return timed(() => imageRowByRow(graphs, cache, block, shape));
        },
        async () => {
          const cache = await afterPrompt();
          return timed(() => imageInOnePass(graphs, cache, block, shape));
        },
      );
      const difference = Math.max(...pairs.map(({ a, b }) => relativeDifference(a.result.data, b.result.data)));
      if (!(difference <= TOLERANCE)) throw new Error(`The two ways differ by ${difference} of the largest embedding.`);

      const stepByStep = pairs.map(({ a }) => a.ms);
      const onePass = pairs.map(({ b }) => b.ms);
      const { ofMedians, ofPairs } = ratio(stepByStep, onePass);
      const goal: Goal = {
        what: 'image block, step by step over one pass',
        wanted: `at least ${LIMIT}`,
        measured: `${ofMedians.toFixed(1)} (middle half of pairs ${ofPairs.lowerQuartile.toFixed(1)} to ${ofPairs.upperQuartile.toFixed(1)})`,
        isMet: ofMedians >= LIMIT,
      };
      const rows = imageBlockLength(shape);
      return {
        tables: [
          {
            columns: DURATION_COLUMNS,
            rows: [
              durationRow(`step by step, ${rows} passes`, summarize(stepByStep)),
              durationRow(`one pass of ${rows} rows`, summarize(onePass)),
            ],
          },
        ],
        goals: [goal],
        reading: [
          `${goal.what}: ${goal.isMet ? 'met' : '**not met**'} (${ofMedians.toFixed(1)} times as fast, wanted ${LIMIT}). The greatest difference is ${difference.toExponential(1)} of the largest embedding, over a cache of ${promptRows} rows.`,
        ],
        figures: {
          stepByStepMs: summarize(stepByStep),
          onePassMs: summarize(onePass),
          ratio: { ofMedians, ofPairs },
          difference,
          promptRows,
        },
      };
    } finally {
      await graphs.release();
    }
  },
};

interface OpenBlock {
  readonly graphs: LanguageGraphs;
  readonly shape: ImageBlockShape;
  readonly block: ImageBlock;
  readonly promptRows: number;
  /** A cache of its own that holds prompt and lead-in. */
  afterPrompt(): Promise<KvCache>;
}

/** The block where it stands when a picture of the prompt is generated. */
async function openBlock({ bundle, threads, prompt }: Setting): Promise<OpenBlock> {
  const { manifest } = bundle;
  const { embeddingSpace, image, specialTokens, language } = manifest;
  const graphs = await LanguageGraphs.load(bundle, { threads });
  const message = { role: 'user', parts: [{ type: 'text', text: prompt }] } as const;
  const { ids, leadIn } = buildChatPrompt(
    { task: 'generate', messages: [message] },
    await loadTokenizer(bundle),
    manifest,
  );
  const rows = [...ids, ...leadIn];
  const { positions, next } = promptPositions(rows, [], specialTokens.imagePad, image.mergeSize);
  const shape: ImageBlockShape = {
    imageTokens: embeddingSpace.imageTokens,
    gridThw: embeddingSpace.grid,
    mergeSize: image.mergeSize,
    visionStart: specialTokens.visionStart,
    visionEnd: specialTokens.visionEnd,
    positionAfterImage: language.positionAfterImage,
  };
  return {
    graphs,
    shape,
    block: imageBlock(next, graphs.imagePrefillRows, shape),
    promptRows: rows.length,
    async afterPrompt() {
      const cache = new KvCache(graphs.shape, 1);
      await graphs.forward([{ rows, positions }], cache);
      return cache;
    },
  };
}

/** Greatest difference, as a share of the greatest magnitude. */
function relativeDifference(left: Float32Array, right: Float32Array): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  const largest = left.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = left.reduce((most, value, index) => Math.max(most, Math.abs(value - (right[index] ?? 0))), 0);
  return difference / largest;
}
