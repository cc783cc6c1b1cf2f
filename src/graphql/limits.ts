/**
 * How large a query may be, before any of it runs. Depth, aliases and directives are counted by graphql-armor's rules,
 * tokens by GraphQL's parser, cost in cost.ts.
 */
import { ApolloArmor } from '@escape.tech/graphql-armor';
import { GraphQLError, type ValidationRule } from 'graphql';

import { type QueryRequest, queryCost } from './cost.js';

export interface QueryLimits {
  /** Nested selections. Introspection is not counted. */
  readonly maxDepth: number;
  readonly maxAliases: number;
  readonly maxDirectives: number;
  /** Of the document. */
  readonly maxTokens: number;
  /** Fields that can be answered, a list counting as often as it may have items. */
  readonly maxCost: number;
}

/** Rules to validate documents with, besides GraphQL's own. */
export function limitRules({ maxDepth, maxAliases, maxDirectives }: QueryLimits): ValidationRule[] {
  const armor = new ApolloArmor({
    maxDepth: {
      n: maxDepth,
      flattenFragments: true,
      ...report('levels of nested selections', 'Ask in several requests.'),
    },
    maxAliases: { n: maxAliases, ...report('aliases', 'Ask in several requests.') },
    maxDirectives: { n: maxDirectives, ...report('directives', 'Leave some out.') },
    // Cost: below. Tokens: by the parser. Suggestions of field names help, and the schema is no secret.
    costLimit: { enabled: false },
    maxTokens: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  });
  return armor.protect().validationRules;
}

/** What a rule of graphql-armor does when its limit is passed: its message holds the limit, then what was found. */
function report(what: string, advice: string) {
  const onReject = (context: { reportError(error: GraphQLError): void } | null, error: GraphQLError) => {
    const [limit, found] = error.message.match(/\d+/g) ?? [];
    context?.reportError(
      tooComplex(`The query has ${found ?? 'too many'} ${what}; at most ${limit ?? 'fewer'} are allowed. ${advice}`),
    );
  };
  return { propagateOnRejection: false, onReject: [onReject] };
}

/** @returns the error to answer with, null when the query costs little enough */
export function costError({ maxCost }: QueryLimits, request: QueryRequest): GraphQLError | null {
  const cost = queryCost(request);
  if (cost <= maxCost) return null;
  return tooComplex(
    `The query can answer ${cost} fields; at most ${maxCost} are allowed. Ask for fewer items, or fewer fields of each.`,
  );
}

/** GraphQL's parser counts tokens; its error gets our code here. Null for any other error. */
export function toLimitError(error: GraphQLError): GraphQLError | null {
  const tokens = /Document contains more tha[nt] (\d+) tokens/.exec(error.message);
  return (
    tokens && tooComplex(`The query has more than ${tokens[1]} tokens, which is the limit. Ask in several requests.`)
  );
}

function tooComplex(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'QUERY_TOO_COMPLEX', retryable: false, http: { status: 400 } },
  });
}
