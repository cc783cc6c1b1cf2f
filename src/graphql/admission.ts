/** Lets only trusted operations through, by whatever way over HTTP they come: the request goes on with the text of the operation it names. */
import type { FastifyRequest } from 'fastify';

import type { OperationReference, TrustedOperations } from './trusted-operations.js';

/** @throws GatewayError OPERATION_NOT_TRUSTED */
export function admitted(request: FastifyRequest, trusted: TrustedOperations | undefined): FastifyRequest {
  if (trusted === undefined) return request;
  const { url } = request;
  if (request.method === 'GET') {
    const search = new URLSearchParams(url.split('?')[1]);
    search.set('query', trusted.textOf(fromSearch(search)));
    // Apollo would look for the id itself.
    search.delete('extensions');
    return Object.create(request, {
      url: { value: `${url.split('?')[0]}?${search.toString()}` },
      query: { value: Object.fromEntries(search) },
    }) as FastifyRequest;
  }
  const { body } = request;
  const reference: OperationReference = typeof body === 'object' && body !== null ? body : {};
  const query = trusted.textOf(reference);
  return Object.create(request, { body: { value: { ...reference, query, extensions: {} } } }) as FastifyRequest;
}

function fromSearch(search: URLSearchParams): OperationReference {
  return {
    query: search.get('query'),
    documentId: search.get('documentId') ?? undefined,
    extensions: parsed(search.get('extensions')),
  };
}

function parsed(json: string | null): unknown {
  try {
    return json === null ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}
