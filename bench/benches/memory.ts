import { readFile } from 'node:fs/promises';

import { connectClient } from '../lib/api-client.js';
import { startGatewayProcess } from '../lib/gateway-process.js';
import { type Bench, megabytes } from '../lib/result.js';

const PICTURES = 5;

export const memory: Bench = {
  name: 'memory',
  title: 'Peak memory of each process',
  explanation: `The most memory that each process held resident at any time (VmHWM), from its start to the end of ${PICTURES} pictures, an edit and a question. Pages
of the program and of libraries that several processes map are counted in each, so the sum is more than what the machine gave. Linux only: read from /proc.`,

  async run(setting) {
    if (process.platform !== 'linux')
      return { tables: [], goals: [], reading: ['Not measured: this system has no /proc.'], figures: {} };
    const gateway = await startGatewayProcess(setting);
    try {
      const client = await connectClient(gateway.url, setting);
      const pictures = [];
      for (let run = 0; run < PICTURES; run += 1) pictures.push(await client.draw(setting.seed + run));
      const { imageId } = pictures[0] as (typeof pictures)[number];
      const canEdit = setting.bundle.manifest.decoders.editing !== null;
      if (canEdit) await client.edit(imageId, 'make the circle green', setting.seed);
      await client.ask(imageId, 'how many shapes are there?');
      await client.close();

      const processes = [
        { name: 'gateway', bytes: await peakBytes(gateway.pid) },
        ...(await Promise.all((await childrenOf(gateway.pid)).map(pluginProcess))).toSorted((left, right) =>
          left.name.localeCompare(right.name),
        ),
      ];
      const sum = processes.reduce((total, { bytes }) => total + bytes, 0);
      return {
        tables: [
          {
            columns: ['process', 'peak'],
            rows: [...processes.map(({ name, bytes }) => [name, megabytes(bytes)]), ['sum', megabytes(sum)]],
          },
        ],
        goals: [],
        reading: [
          `The peaks add up to ${megabytes(sum)}; they need not have come at the same time.${canEdit ? '' : ' The bundle has no editing decoder, so nothing was edited.'}`,
        ],
        figures: { peakBytes: Object.fromEntries(processes.map(({ name, bytes }) => [name, bytes])), sumBytes: sum },
      };
    } finally {
      await gateway.stop();
    }
  },
};

async function pluginProcess(pid: number): Promise<{ name: string; bytes: number }> {
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  const entry = args[args.indexOf('--entry') + 1] ?? '';
  // …/plugins/NAME/index.js
  return { name: entry.split('/').at(-2) ?? `process ${pid}`, bytes: await peakBytes(pid) };
}

async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

async function peakBytes(pid: number): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status does not tell VmHWM.`);
  return Number(kilobytes) * 1024;
}
