/** The schema as it is read, and as it was promised with the last release (docs/api.md#changes-of-the-schema). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from '@jest/globals';
import { buildSchema } from 'graphql';

import { buildGatewaySchema } from '../../../src/graphql/schema.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import { lintSchema, noticeableChanges, partsOf } from '../../support/schema-lint.js';

const read = (name: string) => readFileSync(join(packageRoot, 'schema', name), 'utf8');
const schema = buildGatewaySchema();

describe('the schema', () => {
  it('is described, named and shaped alike everywhere', () => {
    expect(partsOf(schema).length).toBeGreaterThan(300);
    expect(lintSchema(schema)).toEqual([]);
  });

  it('keeps what the last release promised, but for what was accepted in schema/accepted-changes.json', () => {
    const accepted = JSON.parse(read('accepted-changes.json')) as Record<string, string>;
    const changes = noticeableChanges(buildSchema(read('released.graphql')), schema);

    expect(changes).toEqual(expect.arrayContaining(Object.keys(accepted)));
    expect(changes.filter((change) => !Object.hasOwn(accepted, change))).toEqual([]);
    expect(Object.values(accepted).filter((reason) => reason.length < 10)).toEqual([]);
  });
});

const GOOD = `
  "What it is about." type Thing { "Pixels." width: Int! "When." at("Which, from 0." index: Int): String }
  "How." enum Way { "So." LEFT_WAY "Or so." RIGHT }
  "What to do." input DoInput { "At most 10 characters." text: String "How." way: Way = LEFT_WAY "Steps." count: Int }
  "What came of it." type DoPayload { "It." thing: Thing! }
  type Query { "The thing." thing("How." way: Way): Thing }
  type Mutation { "Does it." do("What." input: DoInput!): DoPayload! }
`;

describe('a fault is found', () => {
  const faultsAfter = (from: string, to: string): string[] => {
    expect(GOOD).toContain(from);
    return lintSchema(buildSchema(GOOD.replace(from, to)));
  };

  it('and none where there is none', () => expect(lintSchema(buildSchema(GOOD))).toEqual([]));

  it.each<[string, string, string, RegExp]>([
    ['a type without a description', '"How." enum', 'enum', /^Way has no description/],
    ['an argument without one', '"Which, from 0." index', 'index', /^Thing\.at\(index\) has no description/],
    ['a value without one', '"So." LEFT_WAY', 'LEFT_WAY', /^Way\.LEFT_WAY has no description/],
    ['a description that is no sentence', '"It."', '"the thing"', /^DoPayload\.thing: its description is no sentence/],
    [
      'a number without unit and range',
      '"Pixels." width',
      '"Its width." width',
      /^Thing\.width: .* neither unit nor range/,
    ],
    [
      'a field in snake case',
      'thing: Thing!',
      'the_thing: Thing!',
      /^DoPayload\.the_thing is not what the name of a field/,
    ],
    ['a value in lower case', 'RIGHT', 'right', /^Way\.right is not what the name of an enum value/],
    [
      'a deprecation without a reason',
      'thing: Thing!',
      'thing: Thing! @deprecated',
      /^DoPayload\.thing is deprecated without/,
    ],
    [
      'a mutation of loose arguments',
      'do("What." input: DoInput!)',
      'do("What." text: String)',
      /^Mutation\.do does not take one argument/,
    ],
    [
      'a mutation that answers with anything',
      '): DoPayload!',
      '): Thing',
      /^Mutation\.do does not answer with a Payload/,
    ],
  ])('%s', (_what, from, to, fault) => {
    const faults = faultsAfter(from, to);

    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(fault);
  });
});

describe('a change that clients of the last release would notice is found', () => {
  it.each<[string, string, string, RegExp]>([
    ['a field taken out', '"It." thing: Thing!', '"It." other: Thing!', /^breaks: DoPayload\.thing was removed/],
    ['a field that may be null now', 'thing: Thing!', 'thing: Thing', /^breaks: DoPayload\.thing changed type/],
    [
      'an argument that has to be given now',
      '("How." way: Way)',
      '("How." way: Way!)',
      /^breaks: Query\.thing arg way has changed type/,
    ],
    ['a value taken out', '"Or so." RIGHT', '', /^breaks: RIGHT was removed from enum type Way/],
    ['a value more', 'RIGHT', 'RIGHT "Up." UP', /^may surprise: UP was added to enum type Way/],
    [
      'an input that is wanted now',
      '"Steps." count: Int',
      '"Steps." count: Int!',
      /^breaks: DoInput\.count changed type/,
    ],
  ])('%s', (_what, from, to, change) => {
    const changes = noticeableChanges(buildSchema(GOOD), buildSchema(GOOD.replace(from, to)));

    expect(changes).toEqual([expect.stringMatching(change)]);
  });
});
