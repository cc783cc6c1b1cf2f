/** Writes a working plugin to begin with: the files of a language's templates, with the plugin's name put in. */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GatewayError } from '../errors/index.js';
import type { PluginKind } from './contract.js';
import { packageRoot } from './package-root.js';

export const PLUGIN_LANGUAGES = ['typescript', 'python'] as const;
export type PluginLanguage = (typeof PLUGIN_LANGUAGES)[number];

/** Each has `common/`, and a folder for each kind; a file `NAME.in` becomes `NAME`. */
const TEMPLATES: Readonly<Record<PluginLanguage, string>> = {
  typescript: join(packageRoot, 'sdk/typescript/templates'),
  python: join(packageRoot, 'sdk/python/darkroom_plugin/templates'),
};

/**
 * @returns the files that were written, absolute
 * @throws {GatewayError} BAD_INPUT when the folder holds something already or its name cannot name a plugin
 */
export async function newPlugin(folder: string, kind: PluginKind, language: PluginLanguage): Promise<string[]> {
  const target = resolve(folder);
  const name = basename(target)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (name === '') throw new GatewayError('BAD_INPUT', 'The name of a plugin has letters or digits.');
  const present = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new GatewayError('BAD_INPUT', `${target} is no folder.`, { cause: error });
  });
  if (present.length > 0)
    throw new GatewayError(
      'BAD_INPUT',
      `${target} holds something already. Name a folder that is not there, or is empty.`,
    );

  const words: Readonly<Record<string, string>> = {
    '{{name}}': name,
    '{{class}}': className(name),
    '{{kind}}': kind,
    '{{darkroom}}': packageRoot,
  };
  await mkdir(target, { recursive: true });
  const written: string[] = [];
  for (const source of [join(TEMPLATES[language], 'common'), join(TEMPLATES[language], kind)]) {
    for (const template of (await readdir(source)).filter((file) => file.endsWith('.in')).toSorted()) {
      const text = await readFile(join(source, template), 'utf8');
      const file = join(target, template.slice(0, -'.in'.length));
      await writeFile(
        file,
        text.replace(/\{\{\w+\}\}/g, (word) => words[word] ?? word),
      );
      written.push(file);
    }
  }
  return written;
}

/** `my-plugin` is MyPlugin; a name that begins with a digit gets a letter before it. */
function className(name: string): string {
  const joined = name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return /^[A-Z]/.test(joined) ? joined : `P${joined}`;
}
