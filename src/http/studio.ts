/**
 * The studio: the page for people at `/`, from dist/web. It is built from web/ and speaks to the public API alone; its content
 * security policy holds the browser to that.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';

import { packageRoot } from '../plugin/package-root.js';

/** Addresses that the page itself tells apart. What is not here stays an address of the API, or nothing. */
const ROUTES = ['/', '/c/:id', '/gallery', '/image/:id', '/activity'];

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Placeholders and previews are data, pictures that are about to be uploaded are blobs.
  "img-src 'self' data: blob:",
  // Older browsers do not count a WebSocket to the same host as 'self'.
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  // It names the files of this build: asked for anew each time.
  'cache-control': 'no-cache',
};

export interface StudioOptions {
  /** Where the built page lies. */
  readonly folder?: string;
}

export function serveStudio(
  app: FastifyInstance,
  { folder = join(packageRoot, 'dist/web') }: StudioOptions = {},
): void {
  const sendPage = async (reply: FastifyReply): Promise<FastifyReply> => {
    void reply.type('text/html; charset=utf-8').headers(HEADERS);
    // Read each time: a build beside a running gateway replaces it.
    const page = await readFile(join(folder, 'index.html')).catch(() => undefined);
    return page === undefined ? reply.code(503).send(NOT_BUILT) : reply.send(page);
  };
  for (const route of ROUTES) app.get(route, (_request, reply) => sendPage(reply));

  void app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true });
  // Their names hold a hash of their content.
  app.get<{ Params: { '*': string } }>('/assets/*', (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
    return reply.sendFile(`assets/${request.params['*']}`, { maxAge: '365d', immutable: true });
  });
  // Pages elsewhere load the element: cors.ts lets those through that the configuration names.
  for (const name of ['theme.js', 'favicon.svg', 'darkroom-image.js']) {
    app.get(`/${name}`, (_request, reply) => reply.sendFile(name, { cacheControl: false }));
  }
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Darkroom</title>
  </head>
  <body>
    <h1>The studio was not built</h1>
    <p>The gateway runs, and its page is missing. Run <code>npm run build</code> in the folder of Darkroom, then load this page again.</p>
    <p>Until then: <a href="/graphql">the query page</a>.</p>
  </body>
</html>
`;
