/**
 * A gateway that answers only operations it knows: those of a manifest, a JSON object from the sha256 of a document to its text, as GraphQL Code
 * Generator writes `persisted-documents.json`.
 *
 * A client names an operation by its id, or sends the text as ever. A text is known by what it asks for: order of definitions, white space,
 * comments and added `__typename` make no difference, so the same manifest serves clients that print documents each in its own way.
 */
import { createHash } from 'node:crypto';

import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  validate,
  visit,
} from 'graphql';

import { GatewayError } from '../errors/index.js';

/** From sha256, 64 hexadecimal digits, to the text of a document with all its fragments. */
export type OperationManifest = Readonly<Record<string, string>>;

/** How a request says what it wants: its text; or an id, as the specification's `documentId` or Apollo's `persistedQuery`. */
export interface OperationReference {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

export interface TrustedOperations {
  /**
   * The text to execute.
   *
   * @throws GatewayError OPERATION_NOT_TRUSTED
   */
  textOf(reference: OperationReference): string;
  readonly size: number;
}

/** Texts that were read and found known, besides those of the manifest. */
const KEPT_TEXTS = 200;

/** @param maxTokens of a text that is compared */
export function trustedOperations(manifest: OperationManifest, maxTokens: number): TrustedOperations {
  const texts = new Map(Object.entries(manifest));
  const known = new Set(texts.values());
  const meanings = new Set([...known].map((text) => meaningOf(parse(text))));
  const kept = new Set<string>();

  const isKnown = (text: string): boolean => {
    if (known.has(text) || kept.has(text)) return true;
    if (!meanings.has(parsedMeaning(text, maxTokens))) return false;
    kept.add(text);
    const [oldest] = kept;
    if (kept.size > KEPT_TEXTS && oldest !== undefined) kept.delete(oldest);
    return true;
  };

  return {
    size: texts.size,
    textOf(reference) {
      const id = idOf(reference);
      const { query } = reference;
      if (typeof query === 'string' && query !== '') {
        if (isKnown(query)) return query;
        throw notTrusted('The document of this request');
      }
      if (id === undefined) throw notTrusted('A request without a document or an id');
      const text = texts.get(id);
      if (text === undefined) throw notTrusted(`The operation ${id.slice(0, 80)}`);
      return text;
    },
  };
}

/** Operations of .graphql texts, each with the fragments it uses. @throws GatewayError BAD_INPUT for a text or a fragment that is not there */
export function manifestOf(sources: readonly string[]): OperationManifest {
  const definitions: DefinitionNode[] = sources.flatMap((source) => {
    try {
      return [...parse(source).definitions];
    } catch (error) {
      throw new GatewayError('BAD_INPUT', `A document cannot be read: ${String(error)}`, { cause: error });
    }
  });
  const fragments = new Map(
    definitions.flatMap((node): [string, FragmentDefinitionNode][] =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
    ),
  );
  const entries = definitions.flatMap((node): [string, string][] => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return [];
    const text = print({ kind: Kind.DOCUMENT, definitions: [node, ...fragmentsOf(node, fragments)] });
    return [[sha256(text), text]];
  });
  return Object.fromEntries(entries);
}

/**
 * What a manifest file holds, held against the schema.
 *
 * @param file its name, for messages
 * @throws GatewayError CONFIG_INVALID
 */
export function readManifest(content: string, file: string, schema: GraphQLSchema): OperationManifest {
  const invalid = (what: string): GatewayError =>
    new GatewayError('CONFIG_INVALID', `The operations of ${file} cannot be used: ${what}`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(content);
  } catch (cause) {
    throw invalid(`it is no JSON (${cause instanceof Error ? cause.message : String(cause)}).`);
  }
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest))
    throw invalid('it must be a JSON object from the sha256 of each document to its text.');
  for (const [id, text] of Object.entries(manifest)) {
    if (typeof text !== 'string') throw invalid(`${id} has no text.`);
    const wanted = sha256(text);
    if (id !== wanted)
      throw invalid(
        `${id} is not the sha256 of its document, which is ${wanted}. Code Generator wants \`hashAlgorithm: 'sha256'\`; \`darkroom operations\` writes such a file.`,
      );
    const [error] = errorsOf(text, schema);
    if (error !== undefined) throw invalid(`${id} is not valid here: ${error.message}`);
  }
  return manifest as OperationManifest;
}

function errorsOf(text: string, schema: GraphQLSchema): readonly GraphQLError[] {
  try {
    return validate(schema, parse(text));
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError(String(error))];
  }
}

function fragmentsOf(
  node: DefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentDefinitionNode[] {
  const used = new Map<string, FragmentDefinitionNode>();
  const collect = (from: DefinitionNode): void => {
    visit(from, {
      FragmentSpread({ name: { value } }) {
        if (used.has(value)) return;
        const fragment = fragments.get(value);
        if (fragment === undefined)
          throw new GatewayError('BAD_INPUT', `There is no fragment ${value} in these files.`);
        used.set(value, fragment);
        collect(fragment);
      },
    });
  };
  collect(node);
  return [...used.values()];
}

function parsedMeaning(text: string, maxTokens: number): string {
  try {
    return meaningOf(parse(text, { maxTokens, noLocation: true }));
  } catch {
    return '';
  }
}

/** Two documents that ask for the same have the same. */
function meaningOf(document: DocumentNode): string {
  const bare = visit(document, {
    Field: ({ name, alias, directives }) =>
      name.value === '__typename' && alias === undefined && directives?.length === 0 ? null : undefined,
  });
  return bare.definitions
    .map((definition) => print(definition))
    .toSorted()
    .join('\n');
}

function idOf({ documentId, extensions }: OperationReference): string | undefined {
  const { persistedQuery } = asObject(extensions);
  const id = documentId ?? asObject(persistedQuery)['sha256Hash'];
  return typeof id === 'string' ? id.replace(/^sha256:/, '') : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function notTrusted(what: string): GatewayError {
  return new GatewayError(
    'OPERATION_NOT_TRUSTED',
    `${what} is not among those that this gateway answers (\`darkroom serve --operations\`). Add it to the manifest.`,
  );
}
