/** GET of picture bytes, at the signed addresses that `Image.url` and `DenoisingPreview.url` give. */
import type { FastifyInstance } from 'fastify';

import { GatewayError } from '../errors/index.js';
import { type ByteRange, parseRange } from './range.js';
import type { EventService, ImageService, ImageVariant } from '../services/domain.js';

type Query = Readonly<Record<string, string | undefined>>;

/** Stored pictures never change, so a copy may be kept for good; it is somebody's, so by the browser alone. */
const KEEP = 'private, max-age=31536000, immutable';

export function serveImages(app: FastifyInstance, images: ImageService): void {
  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/images/:id',
    async ({ params: { id }, query, headers }, reply) => {
      const variant = images.verifyUrl(id, query);
      const etag = etagOf((await images.get(id)).sha256, variant);
      void reply.headers({
        etag,
        'cache-control': KEEP,
        'x-content-type-options': 'nosniff',
        'accept-ranges': 'bytes',
      });
      if (matches(headers['if-none-match'], etag)) return reply.code(304).send();

      const { bytes, mediaType } = await images.readBytes(id, variant);
      // A part of another version is of no use: then the whole is sent.
      const isSameVersion = headers['if-range'] === undefined || headers['if-range'] === etag;
      let range: ByteRange | undefined;
      try {
        range = isSameVersion ? parseRange(headers.range, bytes.byteLength) : undefined;
      } catch (error) {
        void reply.removeHeader('etag').header('content-range', `bytes */${bytes.byteLength}`);
        throw error;
      }
      void reply.type(mediaType);
      if (range === undefined) return reply.send(bytes);
      const { start, end } = range;
      return reply
        .code(206)
        .header('content-range', `bytes ${start}-${end}/${bytes.byteLength}`)
        .send(bytes.subarray(start, end + 1));
    },
  );
}

export function servePreviews(app: FastifyInstance, events: EventService): void {
  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/tasks/:id/preview',
    async ({ params: { id }, query }, reply) => {
      const { format, maxSize } = events.verifyPreviewUrl(id, query);
      const frame = events.latestPreview(id);
      if (!frame)
        throw new GatewayError(
          'NOT_FOUND',
          'There is no preview: the task has ended, has not drawn yet, or nobody asked for previews.',
        );

      const { bytes, mediaType } = await events.encodePreview({ ...frame, maxSize }, format);
      return reply
        .type(mediaType)
        .headers({
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          'darkroom-step-index': String(frame.stepIndex),
        })
        .send(bytes);
    },
  );
}

function etagOf(sha256: string, { width, height, format }: ImageVariant): string {
  return `"${sha256}-${width ?? ''}x${height ?? ''}-${format ?? ''}"`;
}

/** A client may know several versions, and proxies mark theirs weak. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((known) => known.trim().replace(/^W\//, '') === etag);
}
