import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStorage } from '../../src/storage/index.js';
import type { ServerKind } from '../lib/reads-server.js';
import { type Bench, type Goal, milliseconds } from '../lib/result.js';
import { type Summary, quantile, summarize } from '../lib/statistics.js';

const IMAGES = 50;
const CONNECTIONS = 20;
const QUERY = `query Reads { images(first: ${IMAGES}) { edges { node { id width height byteSize sha256 mediaType origin thumbhash createdAt url } } } }`;
const KINDS: readonly ServerKind[] = ['darkroom', 'mercurius, same schema', 'mercurius, by hand'];
const BASELINE: ServerKind = 'mercurius, same schema';

interface Load {
  readonly kind: ServerKind;
  /** Of each round. */
  readonly perSecond: Summary;
  readonly latency: { readonly p50: number; readonly p99: number };
}

export const reads: Bench = {
  name: 'reads',
  title: `Reads: ${IMAGES} images of 10 fields`,
  explanation: `One query, \`images(first: ${IMAGES})\` with ten fields of each, over ${CONNECTIONS} connections that always have a request under way. All servers run in processes of their own,
over copies of one database and the same services. Darkroom's is its whole HTTP server, with limits and cost counted and compiled queries. Mercurius runs without jit, once with
Darkroom's own schema and once with resolvers that are written by hand for these fields alone. Rounds alternate between them; the client shares the machine's cores.`,

  async run({ isQuick }) {
    const [rounds, seconds] = isQuick ? [1, 0.5] : [7, 3];
    const servers = [];
    try {
      for (const kind of KINDS) servers.push(await startServer(kind));
      const answers = await Promise.all(servers.map(({ url }) => post(url, new Agent())));
      if (new Set(answers.map((answer) => answer.replaceAll(/http:[^"]*/g, '').trim())).size !== 1)
        throw new Error('The servers answer differently, so their speed cannot be compared.');
      // Compiled, and warm.
      for (const { url } of servers) await load(url, seconds / 2);

      const measured = new Map(
        servers.map(({ kind }) => [kind, { perSecond: [] as number[], latencies: [] as number[] }]),
      );
      for (let round = 0; round < rounds; round += 1) {
        for (const { kind, url } of servers) {
          const latencies = await load(url, seconds);
          measured.get(kind)?.perSecond.push(latencies.length / seconds);
          for (const latency of latencies) measured.get(kind)?.latencies.push(latency);
        }
      }
      return findings(
        [...measured].map(([kind, { perSecond, latencies }]) => ({
          kind,
          perSecond: summarize(perSecond),
          latency: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
        })),
      );
    } finally {
      for (const { stop } of servers) await stop();
    }
  },
};

function findings(loads: readonly Load[]) {
  const perSecondOf = (wanted: ServerKind) => loads.find(({ kind }) => kind === wanted)?.perSecond.median ?? 0;
  const [own, theirs, byHand] = [perSecondOf('darkroom'), perSecondOf(BASELINE), perSecondOf('mercurius, by hand')];
  const goal: Goal = {
    what: `requests a second for ${IMAGES} images of 10 fields`,
    wanted: `at least those of mercurius without jit, ${Math.round(theirs)}`,
    measured: String(Math.round(own)),
    isMet: own >= theirs,
  };
  return {
    tables: [
      {
        columns: ['', 'requests a second', 'middle half of the rounds', 'latency p50', 'p99'],
        rows: loads.map(({ kind, perSecond, latency }) => [
          kind,
          String(Math.round(perSecond.median)),
          `${Math.round(perSecond.lowerQuartile)} to ${Math.round(perSecond.upperQuartile)}`,
          milliseconds(latency.p50),
          milliseconds(latency.p99),
        ]),
      },
    ],
    goals: [goal],
    reading: [
      `${goal.what}: ${goal.isMet ? 'met' : '**not met**'}. Darkroom answers ${(own / theirs).toFixed(2)} times as many as mercurius with the same schema, and ${(own / byHand).toFixed(2)} times as many as mercurius with resolvers for these fields alone.`,
    ],
    figures: { loads },
  };
}

interface Server {
  readonly kind: ServerKind;
  readonly url: string;
  stop(): Promise<void>;
}

async function startServer(kind: ServerKind): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  await storeImages(folder);
  const child: ChildProcess = fork(new URL('../lib/reads-server.js', import.meta.url), [kind, folder]);
  const [url] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`The server "${kind}" did not start.`))),
  ])) as [string];
  return {
    ...{ kind, url },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same rows for every server: ids are made of their number. */
async function storeImages(dataDir: string): Promise<void> {
  const storage = await openStorage({ dataDir });
  await storage.db
    .insertInto('images')
    .values(
      Array.from({ length: 4 * IMAGES }, (_, number) => ({
        ...{ id: String(number).padStart(26, '0'), width: 512, height: 512, byte_size: 400_000 + number },
        ...{
          sha256: String(number).padStart(64, '0'),
          media_type: 'image/png',
          thumbhash: 'k9cFBYAPeId/h4iHiHiPh5l4Z5B2',
        },
        ...{ origin: 'GENERATED' as const, task_id: null, task_index: null, source_id: null, conversation_id: null },
        ...{ recipe: null, prompt: null, created_at: 1_750_000_000_000 + number },
      })),
    )
    .execute();
  await storage.close();
}

/** Milliseconds that each answered request took. */
async function load(url: string, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < until) {
        const startedAt = performance.now();
        await post(url, agent);
        latencies.push(performance.now() - startedAt);
      }
    }),
  );
  agent.destroy();
  return latencies;
}

const BODY = JSON.stringify({ query: QUERY });

function post(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
    const sent = request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200 && !text.startsWith('{"errors"')) resolve(text);
        else reject(new Error(`${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    sent.on('error', reject);
    sent.end(BODY);
  });
}
