import { describe, expect, it } from '@jest/globals';
import { GraphQLError, locatedError, parse } from 'graphql';

import { GatewayError } from '../../../src/errors/index.js';
import { createErrorFormatter } from '../../../src/graphql/format-error.js';
import { currentRequestId } from '../../../src/graphql/request-id.js';

function formatter() {
  const told: object[] = [];
  return { told, formatError: createErrorFormatter({ error: (fields) => told.push(fields) }) };
}

/** As GraphQL hands on what a resolver threw. */
const thrownAt = (error: unknown, path: string) => locatedError(error, undefined, [path]);

describe('an error that leaves the gateway', () => {
  it('of our own keeps code and message, and is no fault to log', () => {
    const { told, formatError } = formatter();

    const formatted = formatError(
      thrownAt(new GatewayError('PLUGIN_FAILED', 'It broke.', { plugin: 'acme' }), 'caption'),
    );

    expect(formatted).toEqual({
      message: 'It broke.',
      path: ['caption'],
      extensions: { code: 'PLUGIN_FAILED', retryable: true, plugin: 'acme' },
    });
    expect(told).toEqual([]);
  });

  it('of unknown kind tells the client nothing and the log all', () => {
    const { told, formatError } = formatter();
    const fault = new Error('password=hunter2');

    const formatted = currentRequestId.run('the-request', () => formatError(thrownAt(fault, 'status')));

    expect(formatted.extensions).toEqual({ code: 'INTERNAL', retryable: false, requestId: 'the-request' });
    expect(JSON.stringify(formatted)).not.toContain('hunter2');
    expect(told).toEqual([{ err: fault, path: ['status'], requestId: 'the-request' }]);
  });

  it('is logged once, however many fields it rejected', () => {
    const { told, formatError } = formatter();
    const fault = new Error('the loader failed');

    const answers = [formatError(thrownAt(fault, 'a')), formatError(thrownAt(fault, 'b'))];
    const ids = new Set(answers.map(({ extensions }) => extensions?.['requestId']));

    expect([...ids]).toEqual([expect.any(String)]);

    expect(told).toHaveLength(1);
  });

  it('of GraphQL itself keeps its message and standard code', () => {
    const { told, formatError } = formatter();
    const { definitions } = parse('{ nothing }');

    const withCode = formatError(
      new GraphQLError('Cannot query field.', { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
    );
    const withoutCode = formatError(new GraphQLError('Variable "$first" got invalid value.', { nodes: definitions }));

    expect(withCode.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    expect(withoutCode).toMatchObject({
      message: 'Variable "$first" got invalid value.',
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(told).toEqual([]);
  });
});
