/**
 * What answering a query can cost: the number of fields that it can make the gateway answer. A field counts 1 and what
 * lies below it; what lies below a page counts as often as the page can have items. Counted with the values of variables
 * at hand: by the document alone, `first: $n` would cost nothing.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';

/** Items of a list that says neither `first` nor `last`: those of a page, see page.args.ts. */
const DEFAULT_ITEMS = 20;

export interface QueryRequest {
  readonly schema: GraphQLSchema;
  /** Valid: fragments have no cycles, fields exist. */
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName?: string | null | undefined;
}

export function queryCost({ schema, document, variables, operationName }: QueryRequest): number {
  const operation = getOperationAST(document, operationName);
  const root = operation && schema.getRootType(operation.operation);
  if (!operation || !root) return 0;
  const values = coerced(schema, operation, variables);
  // Each fragment is counted once: fragments that use each other twice would be counted 2^n times.
  const costOfFragment = new Map<string, number>();
  return costOf(operation.selectionSet, root);

  function costOf({ selections }: SelectionSetNode, type: GraphQLCompositeType): number {
    let cost = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) cost += costOfField(selection, type);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        cost += costOf(selection.selectionSet, conditionOf(selection.typeCondition?.name.value, type));
      else cost += costOfSpread(selection.name.value, type);
    }
    return cost;
  }

  function costOfField(node: FieldNode, type: GraphQLCompositeType): number {
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    // Introspection reads what is in memory.
    if (!field) return 0;
    const fieldType = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(fieldType)) return 1;
    return 1 + itemsOf(field, node) * costOf(node.selectionSet, fieldType);
  }

  function costOfSpread(name: string, type: GraphQLCompositeType): number {
    const known = costOfFragment.get(name);
    if (known !== undefined) return known;
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    );
    if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) return 0;
    const cost = costOf(fragment.selectionSet, conditionOf(fragment.typeCondition.name.value, type));
    costOfFragment.set(name, cost);
    return cost;
  }

  function conditionOf(name: string | undefined, type: GraphQLCompositeType): GraphQLCompositeType {
    const condition = name === undefined ? undefined : schema.getType(name);
    return isCompositeType(condition) ? condition : type;
  }

  function itemsOf(field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    if (!field.args.some(({ name }) => name === 'first')) return 1;
    const { first, last } = getArgumentValues(field, node, values);
    return Math.max(1, Number(first ?? last ?? DEFAULT_ITEMS));
  }
}

/** Variables as GraphQL will read them. Wrong ones are the executor's to refuse: then nothing is answered at all. */
function coerced(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: QueryRequest['variables'],
): Record<string, unknown> {
  const result = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variables });
  return result.coerced ?? {};
}
