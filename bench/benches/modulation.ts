import { Modulation } from '../../src/inference/diffusion/modulation.js';
import { sigmaSchedule } from '../../src/inference/diffusion/schedule.js';
import { GraphSession } from '../../src/inference/session/graph-session.js';
import { float32 } from '../../src/inference/tensor/tensor.js';
import { interleave, timed } from '../lib/repeat.js';
import { type Bench, DURATION_COLUMNS, durationRow, milliseconds } from '../lib/result.js';
import { repetitions } from '../lib/setting.js';
import { summarize } from '../lib/statistics.js';

export const modulation: Bench = {
  name: 'modulation',
  title: 'The modulation table against computing it at every step',
  explanation: `Every layer of the denoiser is told the noise level by vectors that depend on step and guidance alone. Step by step: their graph runs before
each denoiser call of a picture, as the published pipeline has it. Making the table: what the first picture with other steps or guidance pays; the graph is loaded,
runs once for all steps and is released. Table at hand: what every further picture pays.`,

  async run(setting) {
    const { bundle, threads, steps, guidanceScale } = setting;
    const decoder = bundle.manifest.decoders.generation;
    const sigmas = sigmaSchedule(steps, decoder.scheduler);
    const pooled = { name: decoder.constants.pooled, vector: await bundle.constant(decoder.constants.pooled) };
    const graph = await GraphSession.load(bundle, 'modulation', decoder.graphs.modulation, { threads });
    try {
      const stepByStep = async () => {
        for (const sigma of sigmas.subarray(0, -1))
          await graph.run({
            timestep: float32([1], Float32Array.of(sigma * decoder.scheduler.timestepScale)),
            guidance: float32([1], Float32Array.of(guidanceScale)),
            pooled: float32([1, pooled.vector.data.length], pooled.vector.data),
          });
      };
      const often = repetitions(setting, { warmUp: 1, atLeast: 5, atMost: 51, withinSeconds: 10 });
      const pairs = await interleave(
        often,
        () => timed(stepByStep),
        async () => {
          const fresh = new Modulation(bundle, decoder, { threads });
          const made = await timed(() => fresh.rows(sigmas, guidanceScale, pooled));
          return { made, kept: await timed(() => fresh.rows(sigmas, guidanceScale, pooled)) };
        },
      );
      const anew = summarize(pairs.map(({ a }) => a.ms));
      const made = summarize(pairs.map(({ b }) => b.made.ms));
      const kept = summarize(pairs.map(({ b }) => b.kept.ms));
      const tableBytes = (pairs[0]?.b.made.result ?? []).reduce((sum, { data }) => sum + data.byteLength, 0);
      const { file, weights } = bundle.graph(decoder.graphs.modulation);
      const graphBytes = [file, ...weights].reduce((sum, { bytes }) => sum + bytes, 0);
      return {
        tables: [
          {
            columns: DURATION_COLUMNS,
            rows: [
              durationRow(`step by step, ${steps} runs`, anew),
              durationRow('making the table', made),
              durationRow('table at hand', kept),
            ],
          },
          {
            columns: ['', 'bytes'],
            rows: [
              ['graph and weights, on the disk', graphBytes.toLocaleString('en')],
              [`table of ${steps} steps, in memory`, tableBytes.toLocaleString('en')],
            ],
          },
        ],
        goals: [],
        reading: [
          `A table at hand saves a picture ${milliseconds(anew.median - kept.median)} of ${steps} steps. It takes ${(tableBytes / graphBytes).toFixed(2)} times the bytes that the graph has on the disk, and the graph is not in memory while pictures are drawn.`,
        ],
        figures: { stepByStepMs: anew, makingMs: made, atHandMs: kept, tableBytes, graphBytes },
      };
    } finally {
      await graph.release();
    }
  },
};
