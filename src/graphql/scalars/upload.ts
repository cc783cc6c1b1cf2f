import { GraphQLError, GraphQLScalarType } from 'graphql';

import type { GatewayError } from '../../errors/index.js';

/** A file that came with a request, and what became of it: it was received whole before the request is executed. */
export class ReceivedFile {
  readonly #outcome: { readonly uploadId: string } | { readonly error: GatewayError };

  constructor(outcome: { readonly uploadId: string } | { readonly error: GatewayError }) {
    this.#outcome = outcome;
  }

  /** @throws GatewayError as UploadService.receive, at the field that wants the file */
  get uploadId(): string {
    if ('error' in this.#outcome) throw this.#outcome.error;
    return this.#outcome.uploadId;
  }
}

export const GraphQLUpload = new GraphQLScalarType<ReceivedFile, never>({
  name: 'Upload',
  description:
    'A file of a `multipart/form-data` request, as the GraphQL multipart request specification has it; see docs/api.md. Elsewhere use `POST /uploads`.',
  parseValue(value) {
    if (value instanceof ReceivedFile) return value;
    throw new GraphQLError('A file can only come as a part of a multipart request.');
  },
  parseLiteral() {
    throw new GraphQLError('A file can only come as a variable of a multipart request.');
  },
  serialize() {
    throw new GraphQLError('A file is never part of an answer.');
  },
});
