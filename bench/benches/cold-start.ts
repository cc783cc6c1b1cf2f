import { connectClient } from '../lib/api-client.js';
import { startGatewayProcess } from '../lib/gateway-process.js';
import { type Bench, DURATION_COLUMNS, durationRow } from '../lib/result.js';
import { summarize } from '../lib/statistics.js';

const RUNS = 3;

export const coldStart: Bench = {
  name: 'cold-start',
  title: 'Cold start to the first served picture',
  explanation: `From starting the process \`darkroom serve\` over an empty data folder to the line with its address, at which every plugin has
verified and loaded its graphs, and on to the bytes of a first picture that a client asked for at once. The files of program and bundle are in the
system's cache, as after a first start; a start from a slow disk takes longer.`,

  async run(setting) {
    const runs: { readonly addressMs: number; readonly pictureMs: number }[] = [];
    for (let run = 0; run < (setting.isQuick ? 1 : RUNS); run += 1) {
      const startedAt = performance.now();
      const gateway = await startGatewayProcess(setting);
      try {
        const client = await connectClient(gateway.url, setting);
        await client.pixels(await client.draw(setting.seed));
        runs.push({ addressMs: gateway.startMs, pictureMs: performance.now() - startedAt });
        await client.close();
      } finally {
        await gateway.stop();
      }
    }
    const address = summarize(runs.map(({ addressMs }) => addressMs));
    const picture = summarize(runs.map(({ pictureMs }) => pictureMs));
    return {
      tables: [
        {
          columns: DURATION_COLUMNS,
          rows: [durationRow('to the address', address), durationRow('to the first picture', picture)],
        },
      ],
      goals: [],
      reading: [
        `The first picture is there ${(picture.median / 1000).toFixed(1)} s after the start (median of ${picture.runs}).`,
      ],
      figures: { addressMs: address, pictureMs: picture },
    };
  },
};
