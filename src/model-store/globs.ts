/**
 * Patterns that choose files of a repository. `*` and `?` stay inside one folder, `**` crosses folders, `[abc]` is one of these
 * characters, `{a,b}` one of these texts. A pattern without `/` is about the file's name in whatever folder; one that ends with
 * `/` is about everything below that folder.
 */
import { GatewayError } from '../errors/index.js';
import { printable } from './paths.js';

export interface FileChoice {
  /** Only files that match one of these; empty means all. */
  readonly include: readonly string[];
  /** Of those, no file that matches one of these. */
  readonly exclude: readonly string[];
}

/** @returns whether a file is wanted. @throws GatewayError BAD_INPUT for a pattern that cannot be read */
export function fileFilter({ include, exclude }: FileChoice): (path: string) => boolean {
  const wanted = include.map(matcher);
  const unwanted = exclude.map(matcher);
  return (path) =>
    (wanted.length === 0 || wanted.some((matches) => matches(path))) && !unwanted.some((matches) => matches(path));
}

function matcher(pattern: string): (path: string) => boolean {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const source = `^${whole.includes('/') ? '' : '(?:.*/)?'}${translate(whole)}$`;
  try {
    const expression = new RegExp(source, 'u');
    return (path) => expression.test(path);
  } catch (error) {
    throw new GatewayError(
      'BAD_INPUT',
      `The pattern "${printable(pattern)}" cannot be read. See that the ranges in [ ] go upwards, as in [0-9].`,
      { cause: error },
    );
  }
}

function translate(pattern: string): string {
  let expression = '';
  let isInBraces = false;
  for (let rest = pattern; rest !== ''; ) {
    const [token = ''] = /^(?:\*\*\/|\*\*|\[!?[^\]/]+\]|.)/su.exec(rest) ?? [];
    rest = rest.slice(token.length);
    if (token === '**/') expression += '(?:.*/)?';
    else if (token === '**') expression += '.*';
    else if (token === '*') expression += '[^/]*';
    else if (token === '?') expression += '[^/]';
    else if (token === '{' && !isInBraces) {
      isInBraces = true;
      expression += '(?:';
    } else if (token === '}' && isInBraces) {
      isInBraces = false;
      expression += ')';
    } else if (token === ',' && isInBraces) expression += '|';
    else if (token.length > 1 && token.startsWith('[')) {
      const isNegative = token.startsWith('[!');
      const characters = token.slice(isNegative ? 2 : 1, -1).replaceAll(/[\\^[]/g, String.raw`\$&`);
      expression += `[${isNegative ? '^' : ''}${characters}]`;
    } else expression += token.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
  }
  if (isInBraces) throw new GatewayError('BAD_INPUT', `The pattern "${pattern}" opens { and does not close it.`);
  return expression;
}
