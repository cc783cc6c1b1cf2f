import { describe, expect, it } from '@jest/globals';
import { type GraphQLError, getIntrospectionQuery, parse, specifiedRules, validate } from 'graphql';

import { costError, limitRules, toLimitError } from '../../../src/graphql/limits.js';
import { buildGatewaySchema } from '../../../src/graphql/schema.js';

const schema = buildGatewaySchema();
const limits = { maxDepth: 6, maxAliases: 3, maxDirectives: 3, maxTokens: 200, maxCost: 500 };

function validated(query: string, within = limits): readonly GraphQLError[] {
  return validate(schema, parse(query), [...specifiedRules, ...limitRules(within)]);
}

describe('a query', () => {
  it('that nests deeper than the limit is refused with both numbers', () => {
    const [error] = validated('{ images { edges { node { source { source { source { id } } } } } } }');

    expect(error?.extensions['code']).toBe('QUERY_TOO_COMPLEX');
    expect(error?.message).toBe(
      'The query has 7 levels of nested selections; at most 6 are allowed. Ask in several requests.',
    );
  });

  it('cannot hide depth in fragments', () => {
    const errors = validated(`
      { images { edges { node { ...Deep } } } }
      fragment Deep on Image { source { ...Deeper } }
      fragment Deeper on Image { source { source { id } } }`);

    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['QUERY_TOO_COMPLEX']);
  });

  it('with more aliases than the limit is refused with both numbers', () => {
    const [error] = validated(
      '{ a: status { version } b: status { version } c: status { version } d: status { version } }',
    );

    expect(error?.message).toBe('The query has 4 aliases; at most 3 are allowed. Ask in several requests.');
  });

  it('with more tokens than the limit is refused by the parser, with our code', () => {
    const source = `{ ${'status { version } '.repeat(60)} }`;
    let thrown: unknown;
    try {
      parse(source, { maxTokens: limits.maxTokens });
    } catch (error) {
      thrown = error;
    }

    const error = toLimitError(thrown as GraphQLError);

    expect(error?.extensions['code']).toBe('QUERY_TOO_COMPLEX');
    expect(error?.message).toContain('more than 200 tokens');
  });

  it('costs what its lists can hold, also where a variable says how many', () => {
    const document = parse(
      'query ($n: Int) { images(first: $n) { edges { node { id derivatives(first: $n) { edges { node { id } } } } } } }',
    );

    expect(costError(limits, { schema, document, variables: { n: 3 } })).toBeNull();
    expect(costError(limits, { schema, document, variables: { n: 100 } })?.message).toMatch(
      /^The query can answer \d+ fields; at most 500 are allowed\./,
    );
  });

  it('that says nothing of how many costs a page of 20', () => {
    const document = parse('{ conversations { edges { node { images { edges { node { id } } } } } } }');

    expect(costError({ ...limits, maxCost: 1_000 }, { schema, document })).not.toBeNull();
    expect(costError({ ...limits, maxCost: 2_000 }, { schema, document })).toBeNull();
  });

  it('that introspects stays within the default limits', () => {
    const introspection = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true });

    expect(validated(introspection, limits)).toEqual([]);
    expect(costError(limits, { schema, document: parse(introspection) })).toBeNull();
  });
});
