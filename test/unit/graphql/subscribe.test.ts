import { describe, expect, it } from '@jest/globals';
import { type ExecutionResult, GraphQLInt, GraphQLObjectType, GraphQLSchema, parse } from 'graphql';

import { subscribeAfresh } from '../../../src/graphql/subscribe.js';

/** A schema of one subscription over a source of the test's own: what matters is how the source is treated. */
function subscriptionOver(source: AsyncIterableIterator<number>) {
  const numbers = { type: GraphQLInt, subscribe: () => source, resolve: (value: number) => value };
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLInt } } }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields: { numbers } }),
  });
  return subscribeAfresh({ schema, document: parse('subscription { numbers }') });
}

function isStream(
  result: AsyncIterableIterator<ExecutionResult> | ExecutionResult,
): result is AsyncIterableIterator<ExecutionResult> {
  return Symbol.asyncIterator in result;
}

async function streamOver(source: AsyncIterableIterator<number>) {
  const result = await subscriptionOver(source);
  if (!isStream(result)) throw new Error(JSON.stringify(result));
  return result;
}

function sourceOf(next: () => Promise<IteratorResult<number>>, onReturn = () => {}): AsyncIterableIterator<number> {
  return {
    next,
    return: async () => {
      onReturn();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

describe('a subscription', () => {
  it('lets its source go at once when it is left while waiting', async () => {
    let hasReturned = false;
    const never = new Promise<IteratorResult<number>>(() => {});
    const stream = await streamOver(
      sourceOf(
        () => never,
        () => (hasReturned = true),
      ),
    );
    void stream.next();

    await stream.return?.();

    expect(hasReturned).toBe(true);
  });

  it('ends with the error of a source that fails in the middle', async () => {
    let count = 0;
    const source = sourceOf(async () => {
      if (count === 1) throw new Error('the source broke');
      return { done: false, value: ++count };
    });
    const stream = await streamOver(source);

    expect(await stream.next()).toMatchObject({ value: { data: { numbers: 1 } } });
    const failed = await stream.next();
    expect(failed.value.errors[0].originalError.message).toBe('the source broke');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});
