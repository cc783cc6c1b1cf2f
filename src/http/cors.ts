/** Lets pages of the allowed origins read answers, as browsers ask for it (CORS). Everyone else gets no such header. */
import type { FastifyInstance } from 'fastify';

import type { OriginRules } from './origin.js';

/** For how long a browser remembers the answer to its question, in seconds. */
const MAX_AGE = 600;

export function allowPages(app: FastifyInstance, { allowedOrigins }: Pick<OriginRules, 'allowedOrigins'>): void {
  if (allowedOrigins.length === 0) return;
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    // On the response itself: event streams are written past fastify.
    reply.raw.setHeader('vary', 'origin');
    if (origin === undefined || !allowedOrigins.includes(origin)) return;
    reply.raw.setHeader('access-control-allow-origin', origin);
    reply.raw.setHeader('access-control-allow-credentials', 'true');
    reply.raw.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return;
    // The browser asks before it sends; what the request may do is decided when it comes.
    await reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '',
        'access-control-max-age': String(MAX_AGE),
      })
      .send();
  });
}
