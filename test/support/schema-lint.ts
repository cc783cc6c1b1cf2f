/** What a reader of the schema may rely on, and what a client of the last release would notice. */
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  findBreakingChanges,
  findDangerousChanges,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';

interface Part {
  /** `Type`, `Type.field`, `Type.field(argument)`, `Enum.VALUE`. */
  readonly path: string;
  readonly name: string;
  readonly kind: 'type' | 'field' | 'argument' | 'input field' | 'enum value';
  readonly description: string;
  readonly deprecationReason: string | null | undefined;
  readonly isNumber: boolean;
}

const NAMES: Readonly<Record<Part['kind'], RegExp>> = {
  type: /^[A-Z][A-Za-z0-9]*$/,
  field: /^[a-z][A-Za-z0-9]*$/,
  argument: /^[a-z][A-Za-z0-9]*$/,
  'input field': /^[a-z][A-Za-z0-9]*$/,
  'enum value': /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
};

/** A number is of something, or lies somewhere. */
const UNITS =
  /\b(pixels?|bytes|milliseconds|seconds|tokens?|steps?|tasks|calls|requests|images|pictures|numbers|utf-16|a second)\b/i;
const RANGES =
  /-?\d+ to \S|\bfrom \d|\babove \d|\d or more|\bat most\b|\bhow (many|often)\b|length of the|in the unit/i;
const UNIT_IN_NAME = /(Ms|Bytes|Seconds|Pixels)$/;

/** @returns a sentence for each fault */
export function lintSchema(schema: GraphQLSchema): string[] {
  const faults: string[] = [];
  for (const part of partsOf(schema)) {
    const { path, name, kind, description, deprecationReason, isNumber } = part;
    if (!NAMES[kind].test(name))
      faults.push(`${path} is not what the name of ${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} looks like`);
    if (description === '') faults.push(`${path} has no description`);
    else if (!/^[A-Z0-9`]/.test(description) || !/[.:?!]$/.test(description))
      faults.push(`${path}: its description is no sentence: "${description}"`);
    if (
      isNumber &&
      description !== '' &&
      !UNITS.test(description) &&
      !RANGES.test(description) &&
      !UNIT_IN_NAME.test(name)
    )
      faults.push(`${path}: its description names neither unit nor range: "${description}"`);
    if (deprecationReason != null && (deprecationReason.length < 10 || deprecationReason === 'No longer supported'))
      faults.push(`${path} is deprecated without saying what to use instead`);
  }
  return [...faults, ...shapeFaults(schema)];
}

export function partsOf(schema: GraphQLSchema): Part[] {
  return ownTypes(schema).flatMap((type) => {
    const isRoot = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(
      type as never,
    );
    const own = part(type.name, type.name, 'type', type);
    return [...(isRoot ? [] : [own]), ...membersOf(type)];
  });
}

/** Lists that are long are connections, with all that those take; mutations take one input and answer with a payload of their own. */
function shapeFaults(schema: GraphQLSchema): string[] {
  const faults: string[] = [];
  for (const type of ownTypes(schema)) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const { name, type: fieldType, args } of Object.values(type.getFields())) {
      const takes = new Set(args.map((argument) => argument.name));
      const missing = ['first', 'after', 'last', 'before'].filter((argument) => !takes.has(argument));
      if (getNamedType(fieldType).name.endsWith('Connection') && missing.length > 0)
        faults.push(`${type.name}.${name} is a connection and does not take ${missing.join(', ')}`);
    }
  }
  for (const { name, type, args } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const [input, ...more] = args;
    if (input?.name !== 'input' || more.length > 0 || !getNamedType(input.type).name.endsWith('Input'))
      faults.push(`Mutation.${name} does not take one argument \`input\` of a type that ends with Input`);
    if (!getNamedType(type).name.endsWith('Payload')) faults.push(`Mutation.${name} does not answer with a Payload`);
  }
  return faults;
}

/** What a client that was written for `released` would notice, a sentence each. */
export function noticeableChanges(released: GraphQLSchema, now: GraphQLSchema): string[] {
  return [
    ...findBreakingChanges(released, now).map(({ description }) => `breaks: ${description}`),
    ...findDangerousChanges(released, now).map(({ description }) => `may surprise: ${description}`),
  ];
}

function ownTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
}

function membersOf(type: GraphQLNamedType): Part[] {
  if (isEnumType(type)) {
    return type.getValues().map((value) => part(`${type.name}.${value.name}`, value.name, 'enum value', value));
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map((field) =>
      part(`${type.name}.${field.name}`, field.name, 'input field', field),
    );
  }
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap((field) => [
    part(`${type.name}.${field.name}`, field.name, 'field', field),
    ...field.args.map((argument) =>
      part(`${type.name}.${field.name}(${argument.name})`, argument.name, 'argument', argument),
    ),
  ]);
}

type Described = {
  readonly description?: string | null | undefined;
  readonly deprecationReason?: string | null | undefined;
};

function part(
  path: string,
  name: string,
  kind: Part['kind'],
  node: Described & Partial<Pick<GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField, 'type'>>,
): Part {
  return {
    ...{ path, name, kind },
    description: node.description ?? '',
    deprecationReason: node.deprecationReason,
    isNumber: node.type !== undefined && ['Int', 'Float'].includes(getNamedType(node.type).name),
  };
}
