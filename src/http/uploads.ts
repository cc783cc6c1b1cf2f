/**
 * POST /uploads: one picture, as the body itself or as the first file of a multipart form. Streams to the upload service,
 * which looks at the content; the declared type is not believed.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';

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
      const upload = await uploads.receive(await pictureOf(request, maxUploadBytes));
      return await reply.code(201).send(upload);
    } catch (error) {
      // The rest of a refused body is read and forgotten: a client that is still sending would not see the answer.
      request.raw.unpipe().resume();
      throw error;
    }
  });
}

async function pictureOf(request: FastifyRequest, maxBytes: number): Promise<Readable> {
  const declaredBytes = Number(request.headers['content-length']);
  if (declaredBytes > maxBytes && !request.isMultipart()) {
    throw new GatewayError('UPLOAD_TOO_LARGE', `The upload has ${declaredBytes} bytes; the limit is ${maxBytes}.`);
  }
  if (!request.isMultipart()) return bodyOf(request.raw);
  const part = await request.file();
  if (!part) {
    throw new GatewayError(
      'BAD_INPUT',
      'The form has no file. Send one picture as a file of the form, or as the body itself.',
    );
  }
  return part.file;
}

/** The body as a stream that may be thrown away: destroying the request itself would take the answer's connection with it. */
function bodyOf(request: IncomingMessage): Readable {
  const body = new PassThrough();
  request.pipe(body);
  request.once('close', () => {
    if (!request.complete) body.destroy(new Error('The client left before the end.'));
  });
  return body;
}
