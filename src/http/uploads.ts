/**
 * POST /uploads: one picture, as the body itself or as the first file of a multipart form. Streams to the upload service,
 * which looks at the content; the declared type is not believed.
 */
import type { Readable } from 'node:stream';

import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { GatewayError } from '../errors/index.js';
import type { UploadService } from '../services/domain.js';

export interface UploadRouteOptions {
  readonly uploads: UploadService;
  /** Bytes; the service has the same limit and tells it better. */
  readonly maxUploadBytes: number;
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean;
}

export async function serveUploads(
  app: FastifyInstance,
  { uploads, maxUploadBytes, allowsOrigin }: UploadRouteOptions,
): Promise<void> {
  await app.register(multipart, {
    limits: { files: 1, fields: 10, fileSize: maxUploadBytes + 1 },
    throwFileSizeLimit: false,
  });
  // Any other body is the picture: the stream is passed on as it comes.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));

  app.post('/uploads', async (request, reply) => {
    // A form on a foreign page may be sent here without asking first.
    if (!allowsOrigin(request.headers.origin, request.headers.host)) {
      throw new GatewayError('ORIGIN_REFUSED', `Pages of ${request.headers.origin} may not upload to this gateway.`);
    }
    try {
      const upload = await uploads.receive(await pictureOf(request));
      return await reply.code(201).send(upload);
    } catch (error) {
      // The rest of a refused body is read and forgotten: a client that is still sending would not see the answer.
      request.raw.resume();
      throw error;
    }
  });
}

async function pictureOf(request: FastifyRequest): Promise<Readable> {
  if (!request.isMultipart()) return request.raw;
  const part = await request.file();
  if (!part)
    throw new GatewayError(
      'BAD_INPUT',
      'The form has no file. Send one picture as a file of the form, or as the body itself.',
    );
  return part.file;
}
