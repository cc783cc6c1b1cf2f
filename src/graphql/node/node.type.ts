import { Field, ID, InterfaceType } from 'type-graphql';

/** A record together with what it is: records themselves don't say. */
export type NodeRecord = { readonly id: string; readonly __typename: string };

/** What the field `id` of every node says. */
export const GLOBAL_ID = {
  description: 'Global and opaque: pass it to `node`, or to any argument that asks for such an object.',
};

/** Field `id` is the record's raw id under way; each type's resolver makes it global. */
@InterfaceType({
  description: 'An object with an id that is unique in this gateway and stays valid after a restart.',
})
export abstract class Node {
  @Field(() => ID, GLOBAL_ID)
  id!: string;
}
