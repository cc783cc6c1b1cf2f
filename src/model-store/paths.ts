/** Names of models, repositories and files, checked before any of them becomes part of a path or an address. */
import { GatewayError } from '../errors/index.js';

/** What `pull` was asked for. */
export interface RepositoryReference {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit; undefined means the hub's default branch. */
  readonly revision: string | undefined;
}

/** Characters that have no place in a name and could move a terminal's cursor. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/** Half of a pair: no file system could keep it, and no address name it. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

/** Reads `owner/name` or `owner/name@revision`. @throws GatewayError BAD_INPUT */
export function parseRepository(text: string): RepositoryReference {
  const at = text.indexOf('@');
  const repository = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? undefined : text.slice(at + 1);
  const parts = repository.split('/');
  if (parts.length !== 2 || !parts.every(isModelName))
    throw new GatewayError(
      'BAD_INPUT',
      `"${printable(text)}" names no repository of a hub; write owner/name or owner/name@revision.`,
    );
  if (revision !== undefined && (revision === '' || CONTROL.test(revision)))
    throw new GatewayError(
      'BAD_INPUT',
      `The revision after @ in "${printable(text)}" must be a branch, tag or commit.`,
    );
  return { repository, revision };
}

/** The name of a model's folder. @throws GatewayError BAD_INPUT */
export function checkModelName(name: string): string {
  if (isModelName(name)) return name;
  throw new GatewayError(
    'BAD_INPUT',
    `"${printable(name)}" cannot name a model; use up to 96 letters, digits, dots, dashes and underscores, a letter or digit first.`,
  );
}

/**
 * Why a file of a repository must not be written under its path, or null when it may. A hub is not trusted to keep to its own
 * repository: such a path could leave the model's folder.
 */
export function whyUnsafe(path: string): string | null {
  if (path === '') return 'it is empty';
  if (CONTROL.test(path)) return 'it has control characters';
  if (LONE_SURROGATE.test(path)) return 'it is not well-formed Unicode';
  if (path.includes('\\')) return 'it has a backslash';
  if (path.length > 1024) return 'it is longer than 1024 characters';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `it has a part "${part}"`;
    if (Buffer.byteLength(part) > 255) return 'a part is longer than 255 bytes';
  }
  return null;
}

/** Text of somebody else, made fit for one line of a message. */
export function printable(text: string): string {
  const line = text.replaceAll(new RegExp(CONTROL, 'g'), '?');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

export function isModelName(text: string): boolean {
  return NAME.test(text) && !text.includes('..');
}
