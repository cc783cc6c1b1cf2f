/**
 * GraphQL's `subscribe`, with two differences. Every event is executed with a context of its own: loaders remember rows,
 * and what an event tells of a row must be what the row says then. And a source that fails in the middle ends the
 * subscription with that error; else it would take all subscriptions of its socket with it.
 */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, createSourceEventStream, execute } from 'graphql';

import { GraphQLContext } from './context.js';

export async function subscribeAfresh(
  args: ExecutionArgs,
  /** Called with each event before its result is handed out. */
  onEvent: (event: unknown) => void = () => undefined,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;

  const events = source[Symbol.asyncIterator]();
  let hasFailed = false;
  // By hand: an async generator that waits for an event would notice `return` only after that event.
  const results: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      if (hasFailed) return { done: true, value: undefined };
      try {
        const event = await events.next();
        if (event.done) return { done: true, value: undefined };
        onEvent(event.value);
        return {
          done: false,
          value: await execute({ ...args, rootValue: event.value, contextValue: renewed(args.contextValue) }),
        };
      } catch (error) {
        hasFailed = true;
        const originalError = error instanceof Error ? error : new Error(String(error));
        return { done: false, value: { errors: [new GraphQLError(originalError.message, { originalError })] } };
      }
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

function renewed(context: unknown): unknown {
  return context instanceof GraphQLContext ? context.renewed() : context;
}
