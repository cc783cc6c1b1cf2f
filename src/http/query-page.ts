/**
 * The page for people at /graphql: GraphiQL with subscriptions, served from the package alone. Its content security
 * policy holds the browser to that.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const ASSET_PATH = '/graphql/page';

/** Asset of the page -> export of the package that holds it. */
const ASSETS = {
  'graphiql.js': { holds: 'js', mediaType: 'text/javascript; charset=utf-8' },
  'graphiql.css': { holds: 'css', mediaType: 'text/css; charset=utf-8' },
  'editor.worker.js': { holds: 'editorWorkerService', mediaType: 'text/javascript; charset=utf-8' },
  'graphql.worker.js': { holds: 'graphqlWorker', mediaType: 'text/javascript; charset=utf-8' },
  'json.worker.js': { holds: 'jsonWorker', mediaType: 'text/javascript; charset=utf-8' },
} as const;

type AssetName = keyof typeof ASSETS;

interface Asset {
  readonly gzipped: Buffer;
  readonly etag: string;
}

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The editor writes its themes and positions into style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self'",
  "connect-src 'self' ws: wss:",
].join('; ');

/** A first query to paste, and what the page opens with. */
export const FIRST_QUERY = `mutation Draw {
  generateImage(input: { prompt: "a red circle above a small blue square", diffusion: { seed: 7 } }) {
    task {
      id
      status
    }
  }
}

# Then watch it develop, with the id from above:
#
# subscription Watch {
#   taskEvents(taskId: "…", preview: { maxSize: 128 }) {
#     __typename
#     cursor
#     ... on DenoisingPreview { stepIndex numInferenceSteps dataUrl }
#     ... on ImageFinished { image { url } }
#   }
# }
`;

/** Whether a person opened /graphql in a browser, rather than a program asking a question. */
export function wantsPage({ method, headers, query }: FastifyRequest): boolean {
  if (method !== 'GET' || hasOwnQuery(query)) return false;
  return (headers.accept ?? '').split(',').some((type) => type.trim().startsWith('text/html'));
}

export function sendPage(reply: FastifyReply): FastifyReply {
  return reply
    .type('text/html; charset=utf-8')
    .headers({ 'content-security-policy': POLICY, 'cache-control': 'no-cache' })
    .send(HTML);
}

export function serveQueryPageAssets(app: FastifyInstance): void {
  // Read on the first visit: most gateways never show the page, and its 9 MB would stay in memory.
  let assets: Promise<Map<string, Asset>> | undefined;

  app.get<{ Params: { name: string } }>(`${ASSET_PATH}/:name`, async ({ params: { name }, headers }, reply) => {
    if (name === 'start.js')
      return reply.type('text/javascript; charset=utf-8').header('cache-control', 'no-cache').send(START_SCRIPT);
    assets ??= readAssets();
    const asset = (await assets).get(name);
    if (!asset || !isAssetName(name)) return reply.callNotFound();

    void reply.headers({ etag: asset.etag, 'cache-control': 'no-cache', 'content-encoding': 'gzip' });
    if (headers['if-none-match'] === asset.etag) return reply.code(304).send();
    return reply.type(ASSETS[name].mediaType).send(asset.gzipped);
  });
}

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Darkroom</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${ASSET_PATH}/graphiql.css">
  </head>
  <body class="no-focus-outline">
    <noscript>The query page needs JavaScript.</noscript>
    <div id="root"></div>
    <script src="${ASSET_PATH}/graphiql.js"></script>
    <script src="${ASSET_PATH}/start.js"></script>
  </body>
</html>
`;

const START_SCRIPT = `const workers = { editorWorkerService: 'editor.worker.js', graphql: 'graphql.worker.js', json: 'json.worker.js' };
self.MonacoEnvironment = { globalAPI: false, getWorkerUrl: (_id, label) => '${ASSET_PATH}/' + (workers[label] ?? workers.editorWorkerService) };
YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), {
  endpoint: '/graphql',
  title: 'Darkroom',
  subscriptionsProtocol: 'WS',
  defaultQuery: ${JSON.stringify(FIRST_QUERY)},
});
`;

/**
 * Reading and compressing the package takes half a second of work, and this process must not stand still that long while
 * it serves: a thread does it, and ends. (Threads are refused only where onnxruntime is, see docs/architecture.md.)
 */
function readAssets(): Promise<Map<string, Asset>> {
  const packageFile = createRequire(import.meta.url).resolve('@graphql-yoga/render-graphiql/graphiql');
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { gzipSync } = require('node:zlib');
     const content = require(workerData.packageFile);
     for (const [name, { holds }] of Object.entries(workerData.assets)) parentPort.postMessage([name, gzipSync(content[holds])]);`,
    { eval: true, workerData: { packageFile, assets: ASSETS } },
  );
  return new Promise((resolve, reject) => {
    const assets = new Map<string, Asset>();
    worker.on('message', ([name, gzipped]: [string, Uint8Array]) => {
      const bytes = Buffer.from(gzipped);
      assets.set(name, { gzipped: bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` });
    });
    worker.on('error', reject);
    worker.on('exit', () => resolve(assets));
  });
}

function hasOwnQuery(query: unknown): boolean {
  return typeof query === 'object' && query !== null && 'query' in query;
}

function isAssetName(name: string): name is AssetName {
  return name in ASSETS;
}
