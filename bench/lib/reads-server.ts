/**
 * One server over a data folder, in a process of its own: `node reads-server.js KIND FOLDER`. Tells its parent where it listens. Darkroom's is
 * its whole HTTP server; mercurius gets the same services and database, once behind Darkroom's own schema and once behind resolvers as one would
 * write them for it by hand.
 */
import fastify from 'fastify';
import mercurius from 'mercurius';

import { GraphQLContext } from '../../src/graphql/context.js';
import { toGlobalId } from '../../src/graphql/global-id.js';
import { buildGatewaySchema } from '../../src/graphql/schema.js';
import { startHttpServer } from '../../src/http/server.js';
import { createLog, plainLog } from '../../src/log.js';
import { type Services, createServices } from '../../src/services/index.js';
import { openStorage } from '../../src/storage/index.js';

export type ServerKind = 'darkroom' | 'mercurius, same schema' | 'mercurius, by hand';

const log = createLog({ level: 'error', isPretty: false });
const [, , kind, dataDir = ''] = process.argv;
const storage = await openStorage({ dataDir });
const { services } = await createServices({
  ...{ storage, dataDir, log: plainLog(log), version: 'bench', concurrency: 1, compareImages: false },
  source: { models: () => [], plugins: () => [] },
  urlSecret: 'a secret of at least thirty-two characters',
  urlTtlSeconds: 3_600,
  limits: { uploadBytes: 1e6, uploadPixels: 1e6, promptChars: 1_000, variantCacheBytes: 0 },
  deadlines: { drainMs: 1_000, leaseMs: 30_000, disconnectMs: 5_000, answerMs: 10_000 },
});
process.send?.(
  kind === 'darkroom' ? await serveDarkroom(services) : await serveMercurius(services, kind === 'mercurius, by hand'),
);
process.once('disconnect', () => process.exit());

async function serveDarkroom(served: Services): Promise<string> {
  const options = {
    ...{ host: '127.0.0.1', port: 0, allowedOrigins: [], drainMs: 1_000, requestTimeoutMs: 10_000 },
    ...{ maxBodyBytes: 1e6, maxMessageBytes: 1e6, maxUploadBytes: 1e6 },
    queryLimits: { maxDepth: 14, maxAliases: 100, maxDirectives: 50, maxTokens: 4_000, maxCost: 25_000 },
  };
  return (await startHttpServer(options, served, log)).url;
}

async function serveMercurius(served: Services, isByHand: boolean): Promise<string> {
  const app = fastify();
  await app.register(
    mercurius,
    isByHand
      ? { ...byHand(served), path: '/graphql' }
      : { schema: buildGatewaySchema(), context: () => new GraphQLContext(served, origin()), path: '/graphql' },
  );
  return app.listen({ host: '127.0.0.1', port: 0 });

  function origin(): string {
    return app.listeningOrigin;
  }
}

/** The part of the API that is read, without classes, limits, loaders and errors with codes. */
function byHand({ images }: Services) {
  const schema = `
    scalar DateTime
    type Query { images(first: Int): ImageConnection! }
    type ImageConnection { edges: [ImageEdge!]! }
    type ImageEdge { node: Image! }
    type Image {
      id: ID! width: Int! height: Int! byteSize: Int! sha256: String! mediaType: String! origin: String! thumbhash: String!
      createdAt: DateTime! url: String!
    }`;
  const resolvers = {
    Query: {
      images: async (_root: unknown, { first }: { first?: number }) => ({
        edges: (await images.list({ first }, {})).items.map((node) => ({ node })),
      }),
    },
    Image: {
      id: ({ id }: { id: string }) => toGlobalId('Image', id),
      createdAt: ({ createdAt }: { createdAt: Date }) => createdAt.toISOString(),
      url: ({ id }: { id: string }) => `http://127.0.0.1${images.signedUrl(id, {})}`,
    },
  };
  return { schema, resolvers };
}
