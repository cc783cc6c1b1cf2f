/** Documents that carry the types of their variables and results, as GraphQL Code Generator makes them. */

/** A string with types (`documentMode: string`) or a parsed document with types (`TypedDocumentNode`). */
export interface TypedDocument<Result, Variables> {
  /** Is never there: it only carries the types. */
  readonly __apiType?: ((variables: Variables) => Result) | undefined;
}

/** Plain text says nothing of its types: name them yourself. */
export type AnyDocument<Result, Variables> = TypedDocument<Result, Variables> | string;

/** Turns a parsed document into text: `print` of the package `graphql`. */
export type PrintDocument<Node = object> = (document: Node) => string;

/** @throws TypeError for a parsed document without a printer */
export function textOf(document: object | string, print: PrintDocument | undefined): string {
  if (typeof document === 'string' || !('kind' in document)) return document.toString();
  if (print) return print(document);
  throw new TypeError(
    'This document is not text. Generate documents with `documentMode: string`, or hand `print` of the package `graphql` to createClient.',
  );
}
