/** The same documents through graphql-js and through compiled queries, over the gateway's own schema and over one made of odd cases. */
import { describe, expect, it } from '@jest/globals';
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLObjectType,
  type GraphQLSchema,
  GraphQLScalarType,
  buildSchema,
  execute,
  parse,
  validate,
} from 'graphql';

import { compiledQueries } from '../../../src/graphql/compiled-queries.js';
import { GraphQLContext } from '../../../src/graphql/context.js';
import { createErrorFormatter } from '../../../src/graphql/format-error.js';
import { buildGatewaySchema } from '../../../src/graphql/schema.js';
import type { Services } from '../../../src/services/index.js';
import { scriptedModel } from '../../support/scripted-model.js';
import { ended, testServices } from '../../support/test-services.js';

type Variables = Readonly<Record<string, unknown>>;

/** What a client would see, in one order: errors of neighbours come as they happen. */
function seen({ data, errors }: ExecutionResult) {
  const format = createErrorFormatter({ error: () => undefined });
  const told = errors?.map((error) => {
    const { message, path, locations, extensions } = format(error);
    return { message, path, locations, code: extensions?.['code'] };
  });
  return {
    data: JSON.stringify(data),
    errors: told?.toSorted((one, other) => JSON.stringify(one.path).localeCompare(JSON.stringify(other.path))),
  };
}

async function both(schema: GraphQLSchema, source: string, variables: Variables, contextOf: () => unknown) {
  const document = parse(source);
  expect(validate(schema, document)).toEqual([]);
  const queries = compiledQueries(schema);
  const request = { source, document, variables };
  expect(await queries.answer({ ...request, contextValue: contextOf() })).toBeNull();
  const compiled = await queries.answer({ ...request, contextValue: contextOf() });
  const plain = await execute({ schema, document, variableValues: variables, contextValue: contextOf() });
  return { compiled: compiled === null ? null : seen(compiled), plain: seen(plain) };
}

describe('a compiled query of the gateway', () => {
  const schema = buildGatewaySchema();

  async function stored(): Promise<{ services: Services; ids: { image: string; task: string } }> {
    const { services } = await testServices({ models: [scriptedModel()] });
    const context = new GraphQLContext(services, 'http://gateway');
    const made = await execute({
      schema,
      document: parse(
        'mutation { a: generateImage(input: { prompt: "one", diffusion: { seed: 1, count: 2 } }) { task { id } } b: generateImage(input: { prompt: "two", diffusion: { seed: 2 } }) { task { id } } }',
      ),
      contextValue: context,
    });
    const { a } = made.data as { a: { task: { id: string } } };
    for (const { id } of (await services.tasks.list({ first: 10 }, {})).items) await ended(services, { id });
    const [image] = (await services.images.list({ first: 1 }, {})).items;
    return { services, ids: { image: Buffer.from(`Image:${image?.id}`).toString('base64url'), task: a.task.id } };
  }

  it.each<[string, string, (ids: { image: string; task: string }) => Variables]>([
    [
      'pages, lineage and tasks below a list',
      `query ($first: Int) { images(first: $first) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
         id width height byteSize sha256 mediaType origin thumbhash createdAt recipe { prompt settings { seed } }
         task { id status attempt named: __typename ... on GenerationTask { settings { seed width } images { id } } } source { id } derivatives(first: 1) { totalCount } } } } }`,
      () => ({ first: 2 }),
    ],
    [
      'aliases, fragments in fragments and __typename',
      `query ($image: ID!, $task: ID!) { one: node(id: $image) { ...Seen } two: node(id: $task) { ...Seen } none: node(id: "SW1hZ2U6bm9uZQ") { id } }
       fragment Seen on Node { __typename id ...Picture ... on Task { status } }
       fragment Picture on Image { wide: width tall: height task { ... on Node { id } ... on GenerationTask { images { width } } } }`,
      (ids) => ids,
    ],
    [
      'conditions',
      `query ($yes: Boolean!, $no: Boolean = false) { images(first: 1) @include(if: $yes) { edges @skip(if: $no) { node { id @skip(if: $yes) width @include(if: $no) height @include(if: $yes) } } }
         status @skip(if: $yes) { version } models { id @include(if: true) name @skip(if: true) } }`,
      () => ({ yes: true }),
    ],
    [
      'errors of single fields, with nulls up to where they may stand',
      `query ($bad: String!) { images(first: 2) { edges { node { id caption answer(question: $bad) } } } status { version } }`,
      () => ({ bad: '  ' }),
    ],
    [
      'an error of the root',
      'query ($first: Int) { images(first: $first) { totalCount } tasks { totalCount } }',
      () => ({ first: 101 }),
    ],
    [
      'an error beside answers',
      'query ($id: ID!) { broken: node(id: $id) { id } nodes(ids: [$id]) { id } images { totalCount } }',
      () => ({ id: 'nonsense' }),
    ],
    [
      'input objects, enums and dates as variables and as literals',
      `query ($filter: ImageFilter, $after: DateTime) { a: images(filter: $filter) { totalCount } b: images(filter: { origin: UPLOADED, createdAfter: $after }) { totalCount }
         c: tasks(filter: { kind: GENERATION }) { edges { node { __typename status } } } }`,
      () => ({ filter: { origin: 'GENERATED', search: 'ON' }, after: '2020-01-01T00:00:00Z' }),
    ],
  ])('answers %s as graphql-js does', async (_what, source, variables) => {
    const { services, ids } = await stored();

    const { compiled, plain } = await both(
      schema,
      source,
      variables(ids),
      () => new GraphQLContext(services, 'http://gateway'),
    );

    expect(compiled).not.toBeNull();
    expect(compiled?.data).toEqual(plain.data);
    expect(compiled?.errors).toEqual(plain.errors);
  });
});

describe('a compiled query', () => {
  const schema = oddSchema();

  it.each<[string, string, Variables?]>([
    ['null where null may be', '{ nothing soon list { name } }'],
    ['a null in a list that may have none: the list goes', '{ holes other: name }'],
    ['nulls in lists that may have them', '{ gaps }'],
    ['an error in an item: the item goes, its neighbours stay', '{ list { name failing } }'],
    ['an error in an item that must be: the whole goes', '{ strict { name mustFail } name }'],
    ['a null at the end of a chain that must be', '{ outer { inner { inner { never } } } name }'],
    ['errors thrown, rejected, returned and none at all', '{ thrown rejected returned odd }'],
    ['errors with codes of their own', '{ coded }'],
    ['values that a type does not take', '{ wrongInt wrongEnum wrongScalar wrongList }'],
    [
      'types of interfaces and unions',
      '{ things { __typename name ... on Dog { barks } ... on Cat { meows } } any { ... on Dog { name } ... on Cat { meows } } }',
    ],
    [
      'the same field twice, merged',
      '{ outer { name } outer { inner { name } } ...More } fragment More on Query { outer { inner { inner { name } } } }',
    ],
    ['defaults of arguments', '{ a: echo b: echo(text: "said", number: 2) c: echo(text: null) }'],
    ['defaults of variables', 'query ($text: String = "kept", $number: Int) { echo(text: $text, number: $number) }'],
    ['a null that overrides a default', 'query ($text: String = "kept") { echo(text: $text) }', { text: null }],
    ['one item where a list is wanted', 'query ($all: [Int!]) { sum(all: $all) other: sum(all: 3) }', { all: 4 }],
    [
      'input objects with defaults inside',
      'query ($in: Deep!) { deep(in: $in) more: deep(in: { one: "a" }) }',
      { in: { one: 'b', two: { one: 'c' } } },
    ],
    ['scalars of our own', 'query ($at: Even!) { even(at: $at) other: even(at: 8) }', { at: 2 }],
    ['big and broken numbers', '{ big float }'],
  ])('answers %s as graphql-js does', async (_what, source, variables = {}) => {
    const { compiled, plain } = await both(schema, source, variables, () => ({}));

    expect(compiled).not.toBeNull();
    expect(compiled).toEqual(plain);
  });

  it.each<[string, string, Variables]>([
    ['a variable that is missing', 'query ($at: Even!) { even(at: $at) }', {}],
    ['a variable of the wrong type', 'query ($number: Int) { echo(number: $number) }', { number: 'two' }],
    ['a scalar that is refused', 'query ($at: Even!) { even(at: $at) }', { at: 3 }],
    [
      'a field that an input object does not have',
      'query ($in: Deep!) { deep(in: $in) }',
      { in: { one: 'a', three: 1 } },
    ],
  ])('leaves %s to graphql-js, for its message', async (_what, source, variables) => {
    const { compiled, plain } = await both(schema, source, variables, () => ({}));

    expect(compiled).toBeNull();
    expect(plain.errors).toHaveLength(1);
  });

  it.each([
    ['introspection', '{ __schema { queryType { name } } }'],
    ['mutations', 'mutation { change }'],
    ['directives that stream', 'query @later { name }'],
  ])('is not made of %s', async (_what, source) => {
    expect((await both(schema, source, {}, () => ({}))).compiled).toBeNull();
  });

  it('is kept for each operation of a document', async () => {
    const queries = compiledQueries(schema);
    const source = 'query One { name } query Two { two: name }';
    const ask = (operationName: string) =>
      queries.answer({ source, document: parse(source), operationName, contextValue: {} });
    for (const name of ['One', 'Two']) await ask(name);

    expect((await ask('One'))?.data).toEqual({ name: 'odd' });
    expect((await ask('Two'))?.data).toEqual({ two: 'odd' });
  });

  it('is forgotten when more came since than are kept', async () => {
    const queries = compiledQueries(schema, 3);
    const ask = (source: string) => queries.answer({ source, document: parse(source), contextValue: {} });
    await ask('{ name }');
    expect(await ask('{ name }')).not.toBeNull();
    for (let at = 0; at < 10; at += 1) await ask(`{ alias${at}: name }`);

    expect(queries.size).toBe(3);
    expect(await ask('{ name }')).toBeNull();
    expect(await ask('{ name }')).not.toBeNull();
  });
});

function oddSchema(): GraphQLSchema {
  const schema = buildSchema(`
    directive @later on QUERY
    scalar Even
    enum Size { SMALL LARGE }
    interface Thing { name: String! }
    type Dog implements Thing { name: String! barks: Boolean }
    type Cat implements Thing { name: String! meows: Int }
    union Any = Dog | Cat
    type Item { name: String failing: String mustFail: String! }
    type Box { name: String! inner: Box! never: String! }
    input Deep { one: String! two: Deeper size: Size = SMALL }
    input Deeper { one: String! many: [Int] = [1, 2] }
    type Mutation { change: Int }
    type Query {
      name: String! nothing: String soon: String list: [Item] strict: [Item!]! holes: [Int!] gaps: [Int]
      outer: Box thrown: String rejected: String returned: String odd: String coded: String!
      wrongInt: Int wrongEnum: Size wrongScalar: Even wrongList: [Int]
      things: [Thing!]! any: [Any]
      echo(text: String = "silence", number: Int = 1): String sum(all: [Int!]): Int deep(in: Deep!): String even(at: Even!): Even
      big: Int float: Float
    }
  `);
  const resolvers: Record<string, GraphQLFieldResolver<unknown, unknown>> = {
    'Query.name': () => 'odd',
    'Query.nothing': () => null,
    'Query.soon': async () => undefined,
    'Query.list': async () => [{ name: 'a' }, null, Promise.resolve({ name: 'b' })],
    'Query.strict': () => [{ name: 'a' }],
    'Item.failing': async () => Promise.reject(new Error('no')),
    'Item.mustFail': () => {
      throw new Error('never');
    },
    'Query.holes': () => [1, null, 3],
    'Query.gaps': async () => [1, null, Promise.resolve(3), undefined],
    'Query.outer': () => ({ name: 'box' }),
    'Box.inner': async () => ({ name: 'inner' }),
    'Query.thrown': () => {
      throw new GraphQLError('thrown');
    },
    'Query.rejected': () => Promise.reject(new TypeError('rejected')),
    'Query.returned': () => new Error('returned'),
    'Query.odd': () => ({ toString: null }),
    'Query.coded': () => Promise.reject(new GraphQLError('coded', { extensions: { code: 'MINE' } })),
    'Query.wrongInt': () => 'many',
    'Query.wrongEnum': () => 'HUGE',
    'Query.wrongScalar': () => 3,
    'Query.wrongList': () => 'no list',
    'Query.things': () => [
      { kind: 'Dog', name: 'd', barks: true },
      { kind: 'Cat', name: 'c', meows: 1 },
    ],
    'Query.any': () => [{ kind: 'Dog', name: 'd' }, null, { kind: 'Cat', meows: 2 }],
    'Query.echo': (_root, args) => JSON.stringify(args),
    'Query.sum': (_root, { all }: { all?: number[] }) => all?.reduce((sum, one) => sum + one, 0),
    'Query.deep': (_root, args) => JSON.stringify(args),
    'Query.even': (_root, { at }: { at: number }) => at,
    'Query.big': () => 2 ** 40,
    'Query.float': () => Number.NaN,
  };
  for (const [path, resolve] of Object.entries(resolvers)) {
    const [type = '', field = ''] = path.split('.');
    const found = schema.getType(type);
    if (found instanceof GraphQLObjectType) Object.assign(found.getFields()[field] ?? {}, { resolve });
  }
  for (const name of ['Thing', 'Any']) {
    Object.assign(schema.getType(name) ?? {}, { resolveType: ({ kind }: { kind: string }) => kind });
  }
  const even = (value: unknown): number => {
    if (typeof value !== 'number' || value % 2 !== 0) throw new GraphQLError(`${String(value)} is not even`);
    return value;
  };
  const scalar = schema.getType('Even');
  if (scalar instanceof GraphQLScalarType) {
    const parseLiteral: typeof scalar.parseLiteral = (node) =>
      even(node.kind === 'IntValue' ? Number(node.value) : null);
    Object.assign(scalar, { serialize: even, parseValue: even, parseLiteral });
  }
  return schema;
}
