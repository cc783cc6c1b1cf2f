import { ArgsType, Field, Int } from 'type-graphql';

import type { PageRequest } from '../../services/domain.js';

const MEANING = {
  first: 'How many to return from the start, or from `after`; 0 to 100. 20 when neither `first` nor `last` is given.',
  after: 'The cursor of an edge: what follows it is returned. Goes with `first`.',
  last: 'How many to return from the end, or up to `before`; 0 to 100.',
  before: 'The cursor of an edge: what precedes it is returned. Goes with `last`.',
};

const DEFAULT_FIRST = 20;

/** Arguments of every list, as the Relay specification has them. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: MEANING.first })
  first?: number | null;

  @Field(() => String, { nullable: true, description: MEANING.after })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: MEANING.last })
  last?: number | null;

  @Field(() => String, { nullable: true, description: MEANING.before })
  before?: string | null;
}

/** What a service is asked for. The default cannot stand in the schema: it would contradict `last`. */
export function pageOf({ first, after, last, before }: PageArgs): PageRequest {
  return { first: first ?? (last === null || last === undefined ? DEFAULT_FIRST : undefined), after, last, before };
}
