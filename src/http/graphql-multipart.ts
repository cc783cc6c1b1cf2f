/**
 * Files in GraphQL requests: the GraphQL multipart request specification. `operations` is the request with null where a file belongs,
 * `map` says which file belongs where, then come the files. Each is received as it comes, as one at /uploads would be; the request is
 * executed when all are there. One that is refused is an error of the field that wants it.
 *
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

import { GatewayError, toGatewayError } from '../errors/index.js';
import { ReceivedFile } from '../graphql/scalars/upload.js';
import type { UploadService } from '../services/domain.js';

export interface GraphQLMultipartOptions {
  readonly uploads: UploadService;
  /** Bytes of `operations` and of `map`. */
  readonly maxBodyBytes: number;
  readonly maxUploadBytes: number;
}

const MAX_FILES = 16;
const operationSchema = z.record(z.string(), z.unknown());
const mapSchema = z.record(z.string(), z.array(z.string()).min(1));

/**
 * Whether a browser asks before it sends such a request from a foreign page. A form needs no such question, so files without one of
 * these headers are not even read; Apollo then refuses the request.
 */
export function hasPreflightHeader({ headers }: FastifyRequest): boolean {
  return Boolean(headers['apollo-require-preflight'] ?? headers['x-apollo-operation-name']);
}

/**
 * @returns the request as JSON would have brought it, with a ReceivedFile for each file
 * @throws  GatewayError BAD_INPUT, REQUEST_TOO_LARGE
 */
export async function readGraphQLMultipart(
  request: FastifyRequest,
  { uploads, maxBodyBytes, maxUploadBytes }: GraphQLMultipartOptions,
): Promise<Record<string, unknown>> {
  let operation: Record<string, unknown> | undefined;
  let places: Record<string, string[]> | undefined;
  const limits = { files: MAX_FILES, fields: 2, fieldSize: maxBodyBytes, fileSize: maxUploadBytes + 1 };
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type === 'file') {
        const paths = operation && places?.[part.fieldname];
        if (operation === undefined || places === undefined)
          throw new GatewayError('BAD_INPUT', 'The form must begin with `operations` and `map`; a file came before.');
        if (paths === undefined) part.file.resume();
        else place(operation, paths, await receive(uploads, part));
      } else if (part.valueTruncated) {
        throw new GatewayError('REQUEST_TOO_LARGE', `\`${part.fieldname}\` is larger than ${maxBodyBytes} bytes.`);
      } else if (part.fieldname === 'operations') {
        operation = parse('operations', part.value, operationSchema);
      } else if (part.fieldname === 'map') {
        places = parse('map', part.value, mapSchema);
      }
    }
  } catch (error) {
    // A client that is still sending would not see the answer.
    request.raw.unpipe().resume();
    throw error;
  }
  if (operation === undefined || places === undefined)
    throw new GatewayError('BAD_INPUT', 'The form must have the fields `operations` and `map`, then the files.');
  return operation;
}

async function receive(uploads: UploadService, { file }: MultipartFile): Promise<ReceivedFile> {
  try {
    return new ReceivedFile({ uploadId: (await uploads.receive(file)).uploadId });
  } catch (error) {
    file.resume();
    return new ReceivedFile({ error: toGatewayError(error) });
  }
}

function parse<Value>(field: string, text: unknown, schema: z.ZodType<Value>): Value {
  try {
    return schema.parse(JSON.parse(String(text)));
  } catch (error) {
    throw new GatewayError(
      'BAD_INPUT',
      `\`${field}\` of the form must be a JSON object, as the specification has it.`,
      {
        cause: error,
      },
    );
  }
}

/** Puts a file where the request has null. A place that the request does not have is none. */
function place(operation: Record<string, unknown>, paths: readonly string[], file: ReceivedFile): void {
  for (const path of paths) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let at: unknown = operation;
    for (const key of keys) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (keys[0] !== 'variables' || !isObject(at) || !Object.hasOwn(at, last) || at[last] !== null) {
      throw new GatewayError('BAD_INPUT', `\`map\` names the place "${path}"; \`operations\` must have null there.`);
    }
    at[last] = file;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
