import { fileURLToPath } from 'node:url';

import { remoteImageDecoder } from '../../src/plugin/client/image-decoder.js';
import { remoteLanguageModel } from '../../src/plugin/client/language-model.js';
import type { DecodeRequest, ImageEmbeddings } from '../../src/plugin/contract.js';
import { programOfFile } from '../../src/plugin/program.js';
import { PluginSupervisor } from '../../src/plugin/supervisor/supervisor.js';
import { openEngine } from '../lib/engine.js';
import { interleave, timed } from '../lib/repeat.js';
import { type Bench, DURATION_COLUMNS, durationRow, type Goal, milliseconds } from '../lib/result.js';
import { repetitions, type Setting } from '../lib/setting.js';
import { median, summarize } from '../lib/statistics.js';

/** Share of a picture's time that a crossing may take. */
const LIMIT = 0.01;
const DIMENSION = 3584;
const STEPS = 20;
const REPETITIONS = { warmUp: 20, atLeast: 50, atMost: 300, withinSeconds: 10 };
const patient = { signal: new AbortController().signal };
const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const pluginBoundary: Bench = {
  name: 'plugin-boundary',
  title: 'Tensors and previews across the boundary to a plugin',
  explanation: `Embeddings go to a plugin's process and come back unchanged: one call, both ways, checked and copied as always, against a call that carries none.
Previews of 1024 x 1024 (3.1 MB) come one way: a picture of ${STEPS} steps with one of each, against the same without, divided by the steps. Both plugins do no work. The
goal compares with a whole picture of the bundle, drawn by the bare engine just before.`,

  async run(setting) {
    const pictureMs = await pictureTime(setting);
    const [generated, reference] = [await roundTrips(setting, 81), await roundTrips(setting, 405)];
    const preview = await previewTimes(setting);
    const goals = [
      goal(`embeddings 81 x ${DIMENSION} there and back`, median(generated.loaded), pictureMs),
      goal(`embeddings 405 x ${DIMENSION} there and back`, median(reference.loaded), pictureMs),
      goal('a preview of 1024 x 1024', median(preview), pictureMs),
    ];
    return {
      tables: [
        {
          columns: DURATION_COLUMNS,
          rows: [
            durationRow('a call that carries nothing', summarize(generated.empty)),
            durationRow(`81 x ${DIMENSION} float32 (1.2 MB) there and back`, summarize(generated.loaded)),
            durationRow(`405 x ${DIMENSION} float32 (5.8 MB) there and back`, summarize(reference.loaded)),
            durationRow('a preview of 1024 x 1024 (3.1 MB)', summarize(preview)),
          ],
        },
      ],
      goals,
      reading: goals.map(
        ({ what, measured, isMet }) =>
          `${what}: ${isMet ? 'met' : '**not met**'} (${measured} of a picture of ${milliseconds(pictureMs)}).`,
      ),
      figures: {
        pictureMs,
        emptyCallMs: summarize(generated.empty),
        generatedMs: summarize(generated.loaded),
        referenceMs: summarize(reference.loaded),
        previewMs: summarize(preview),
      },
    };
  },
};

function goal(what: string, ms: number, pictureMs: number): Goal {
  const share = ms / pictureMs;
  const percent = (value: number) => `${(value * 100).toFixed(2)} %`;
  return { what, wanted: `at most ${percent(LIMIT)} of a picture`, measured: percent(share), isMet: share <= LIMIT };
}

async function pictureTime(setting: Setting): Promise<number> {
  const engine = await openEngine(setting);
  try {
    const times: number[] = [];
    for (let run = -1; run < 5; run += 1) {
      const { ms } = await engine.draw(setting.seed);
      if (run >= 0) times.push(ms);
    }
    return median(times);
  } finally {
    await engine.close();
  }
}

async function roundTrips(setting: Setting, tokens: number): Promise<{ empty: number[]; loaded: number[] }> {
  const plugin = await startPlugin('echo-model', { dimension: DIMENSION, imageTokens: tokens });
  try {
    const declared = plugin.introduction?.capabilities;
    if (declared?.kind !== 'language-model') throw new TypeError('The echo is no language model.');
    const model = remoteLanguageModel(plugin, declared);
    const data = Float32Array.from({ length: tokens * DIMENSION }, (_, at) => Math.sin(at));
    const side = 2 * Math.floor(Math.sqrt(tokens));
    const image: ImageEmbeddings = {
      space: 'echo',
      embeddings: { dims: [tokens, DIMENSION], data },
      gridThw: [1, side, side],
    };
    const ask = async (images: readonly ImageEmbeddings[]) => {
      const parts = images.map((each) => ({ type: 'image', image: each }) as const);
      let back: Float32Array | undefined;
      for await (const { event } of model.generate(
        [{ task: 'understand', messages: [{ role: 'user', parts }] }],
        patient,
      ))
        if (event.type === 'image') back = event.image.embeddings.data;
      return back;
    };
    const pairs = await interleave(
      repetitions(setting, REPETITIONS),
      () => timed(() => ask([])),
      () => timed(() => ask([image])),
    );
    if (pairs.some(({ b }) => Buffer.compare(bytesOf(b.result ?? new Float32Array()), bytesOf(data)) !== 0))
      throw new Error('The embeddings came back changed.');
    return { empty: pairs.map(({ a }) => a.ms), loaded: pairs.map(({ b }) => b.ms) };
  } finally {
    await plugin.stop();
  }
}

/** @returns milliseconds that each preview adds */
async function previewTimes(setting: Setting): Promise<number[]> {
  const plugin = await startPlugin('preview-decoder', {});
  try {
    const declared = plugin.introduction?.capabilities;
    if (declared?.kind !== 'image-decoder') throw new TypeError('This is no image decoder.');
    const decoder = remoteImageDecoder(plugin, declared);
    const request: DecodeRequest = {
      ...declared.defaults,
      ...{ condition: { type: 'text', text: '' }, numInferenceSteps: STEPS, negativePrompt: '', seed: 1 },
    };
    const draw = async (everySteps: number[]) => {
      const previewWishes = { current: { everySteps, maxSize: 1024, view: 'x0' as const }, onChange: () => () => {} };
      let previews = 0;
      for await (const event of decoder.decode(request, { ...patient, previewWishes }))
        if (event.type === 'step' && event.preview) previews += 1;
      if (previews !== everySteps.length * STEPS) throw new Error(`${previews} previews came.`);
    };
    const pairs = await interleave(
      repetitions(setting, { ...REPETITIONS, warmUp: 3, atLeast: 10, atMost: 60 }),
      () => timed(() => draw([])),
      () => timed(() => draw([1])),
    );
    return pairs.map(({ a, b }) => (b.ms - a.ms) / STEPS);
  } finally {
    await plugin.stop();
  }
}

async function startPlugin(name: string, options: unknown): Promise<PluginSupervisor> {
  const entry = fileURLToPath(new URL(`../lib/${name}.js`, import.meta.url));
  const plugin = new PluginSupervisor({ name, program: programOfFile(entry), options, log: silent });
  await plugin.start();
  if (plugin.state.type === 'FAILED') throw plugin.state.reason;
  return plugin;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
