/**
 * Tells when a request has come to rest: when every field that is not waiting for the language model is resolved. Only
 * then are all of its captions and answers known, however deep they lie, and one batch can hold them all. (A DataLoader
 * on its own sends a batch when the microtasks of a tick are done, so images found one level deeper miss it.)
 *
 * Two states. BUSY: some field's promise is open. AT REST: none is, and a turn of the event loop has passed without a new
 * one. The turn matters: the promise of a parent settles before its children's resolvers run.
 */
import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';

export class PendingFields {
  #open = 0;
  #waiting: (() => void)[] = [];

  track(promise: PromiseLike<unknown>): void {
    this.#open++;
    const settled = () => {
      this.#open--;
      this.#callWhenAtRest();
    };
    promise.then(settled, settled);
  }

  /** Calls back once the request is at rest. */
  whenAtRest(callback: () => void): void {
    this.#waiting.push(callback);
    this.#callWhenAtRest();
  }

  #callWhenAtRest(): void {
    if (this.#open > 0 || this.#waiting.length === 0) return;
    setImmediate(() => {
      if (this.#open > 0) return;
      for (const callback of this.#waiting.splice(0)) callback();
    });
  }
}

/** Marks a field as one that waits for rest itself: `extensions: WAITS_FOR_REST`. */
export const WAITS_FOR_REST = { waitsForRest: true };

/** Makes the resolvers of a schema report their open promises to the context's `pendingFields`. */
export function trackPendingFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    // A subscription's root field starts an execution, it is not part of one.
    if (!isObjectType(type) || type.name.startsWith('__') || type === schema.getSubscriptionType()) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.resolve && field.extensions['waitsForRest'] !== true) field.resolve = tracked(field.resolve);
    }
  }
  return schema;
}

function tracked<Source, Context>(
  resolve: GraphQLFieldResolver<Source, Context>,
): GraphQLFieldResolver<Source, Context & { pendingFields?: PendingFields }> {
  return (source, args, context, info) => {
    const result = resolve(source, args, context, info);
    if (result instanceof Promise) context.pendingFields?.track(result);
    return result;
  };
}
