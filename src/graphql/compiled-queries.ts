/**
 * Queries that come again are compiled to functions by graphql-jit, which answers lists several times as fast as graphql-js: no walk over the
 * document for each item. Answers are the same, errors too; a test holds both to it.
 *
 * graphql-js keeps what does not gain, or what it alone does: mutations and subscriptions (one field and long work), introspection, `@defer` and
 * `@stream`, variables that are refused (for its messages), and a query that is seen for the first time, since compiling takes milliseconds of
 * the event loop and whoever sends a new text each time would have them all.
 */
import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  Source,
  type SourceLocation,
  getOperationAST,
  visit,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';

export interface CompilableRequest {
  /** Its text; what is kept is found by it. */
  readonly source: string;
  /** Valid, and within the limits. */
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly contextValue: unknown;
}

export interface CompiledQueries {
  /** Null when graphql-js has to answer. */
  answer(request: CompilableRequest): Promise<ExecutionResult | null>;
  /** How many queries are remembered. */
  readonly size: number;
}

/** A compiled query takes about 10 to 100 kB. */
const KEPT_QUERIES = 200;
const KEPT_CHARACTERS = 10_000;

type Known = CompiledQuery['query'] | 'seen once' | 'not for us';

/** @param kept how many queries are remembered; the one that was not asked for longest goes first */
export function compiledQueries(schema: GraphQLSchema, kept: number = KEPT_QUERIES): CompiledQueries {
  const known = new Map<string, Known>();

  const remember = (key: string, query: Known): void => {
    // A map has its keys in the order in which they came: the first is the one that was not asked for longest.
    known.delete(key);
    known.set(key, query);
    const [oldest] = known.keys();
    if (known.size > kept && oldest !== undefined) known.delete(oldest);
  };

  const compile = (document: DocumentNode, operationName: string | undefined): Known => {
    if (!isCompilable(document, operationName)) return 'not for us';
    const compiled = compileQuery(schema, document, operationName);
    return isCompiledQuery(compiled) ? compiled.query : 'not for us';
  };

  return {
    async answer({ source, document, operationName, variables, contextValue }) {
      if (source.length > KEPT_CHARACTERS) return null;
      const key = `${operationName ?? ''}\n${source}`;
      const before = known.get(key);
      const query = before === 'seen once' ? compile(document, operationName ?? undefined) : (before ?? 'seen once');
      remember(key, query);
      if (typeof query === 'string') return null;
      const result = await query(undefined, contextValue, { ...variables });
      // Variables were refused, and nothing was resolved yet.
      if (result.data === undefined) return null;
      const { data, errors } = result;
      return errors === undefined ? { data } : { data, errors: errors.map((error) => asGraphQLError(error, source)) };
    },
    get size() {
      return known.size;
    },
  };
}

function isCompilable(document: DocumentNode, operationName: string | undefined): boolean {
  if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.QUERY) return false;
  let isFit = true;
  const refuse = (): typeof BREAK => {
    isFit = false;
    return BREAK;
  };
  visit(document, {
    Field: ({ name: { value } }) => (value === '__schema' || value === '__type' ? refuse() : undefined),
    Directive: ({ name: { value } }) => (value === 'skip' || value === 'include' ? undefined : refuse()),
  });
  return isFit;
}

/** Errors of graphql-jit look like those of graphql-js but are not built by it: they lack what its type promises, such as `extensions`. */
function asGraphQLError({ message, path, locations, originalError }: GraphQLError, source: string): GraphQLError {
  return new GraphQLError(message, {
    ...(locations && { source: new Source(source), positions: locations.map((place) => positionOf(place, source)) }),
    ...(path && { path }),
    ...(originalError && { originalError }),
  });
}

function positionOf({ line, column }: SourceLocation, source: string): number {
  const ends = [...source.matchAll(/\r\n|[\n\r]/g)].map((end) => end.index + end[0].length);
  return (line === 1 ? 0 : (ends[line - 2] ?? 0)) + column - 1;
}
