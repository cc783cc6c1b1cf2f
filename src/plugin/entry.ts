/** Where a plugin's code is. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GatewayError } from '../errors/index.js';
import { API_VERSIONS } from './contract.js';

/**
 * The JavaScript file that a plugin's host imports.
 *
 * @param path the file itself, or a folder whose package.json says `"darkroom": { "apiVersion": "1", "kind": …, "entry": … }`
 * @throws {GatewayError} CONFIG_INVALID when there is nothing of the kind; PLUGIN_VERSION when package.json names a
 * version of the plugin API that this gateway does not speak
 */
export async function resolvePluginEntry(path: string): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return absolute;
  if (!found?.isDirectory())
    throw new GatewayError(
      'CONFIG_INVALID',
      `There is no plugin at ${absolute}: name its folder or its JavaScript file.`,
    );

  const { apiVersion, entry } = await readDeclaration(join(absolute, 'package.json'));
  if (!API_VERSIONS.includes(apiVersion)) {
    throw new GatewayError(
      'PLUGIN_VERSION',
      `The gateway speaks version ${API_VERSIONS.join(', ')} of the plugin API; the package.json in ${absolute} names ${apiVersion}. Update the older of the two.`,
    );
  }
  return resolvePluginEntryFile(join(absolute, entry), absolute);
}

async function resolvePluginEntryFile(file: string, folder: string): Promise<string> {
  if ((await stat(file).catch(() => undefined))?.isFile()) return file;
  throw new GatewayError(
    'CONFIG_INVALID',
    `The plugin in ${folder} names ${file} as its entry, which is not there. Has it been built?`,
  );
}

async function readDeclaration(path: string): Promise<{ apiVersion: string; entry: string }> {
  try {
    const { darkroom }: { darkroom?: { apiVersion?: unknown; entry?: unknown } } = JSON.parse(
      await readFile(path, 'utf8'),
    );
    if (typeof darkroom?.apiVersion === 'string' && typeof darkroom.entry === 'string') {
      return { apiVersion: darkroom.apiVersion, entry: darkroom.entry };
    }
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `${path} cannot be read as a plugin's package.json.`, { cause });
  }
  throw new GatewayError('CONFIG_INVALID', `${path} has no "darkroom": { "apiVersion": "1", "kind": …, "entry": … }.`);
}
