import type { Services } from '../services/domain.js';
import { type Loaders, createLoaders } from './loaders/index.js';
import { PendingFields } from './pending-fields.js';

/**
 * What every resolver of one execution shares. Loaders remember rows, so a context lives as long as one request, or one
 * event of a subscription.
 */
export class GraphQLContext {
  readonly services: Services;
  /** Where the caller reached the gateway, for instance `http://127.0.0.1:4000`; addresses in answers begin with it. */
  readonly origin: string;
  readonly pendingFields = new PendingFields();
  readonly loaders: Loaders;
  /** The cursor that a reconnecting stream said it has seen; it is newer than any in its query. */
  readonly seenCursor: string | undefined;

  constructor(services: Services, origin: string, seenCursor?: string) {
    this.services = services;
    this.origin = origin;
    this.seenCursor = seenCursor;
    this.loaders = createLoaders(services, this.pendingFields);
  }

  /** The same for the next execution: nothing is remembered. */
  renewed(): GraphQLContext {
    return new GraphQLContext(this.services, this.origin);
  }
}
