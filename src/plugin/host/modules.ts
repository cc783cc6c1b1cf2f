/** `darkroom/…` for plugins that lie outside this package and have not installed it. */
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../package-root.js';

/**
 * Lets a plugin import `darkroom/plugin`, `darkroom/inference` and so on from the gateway that runs it, where the
 * plugin's own node_modules have no copy: so a plugin's folder works wherever it is put.
 *
 * @param entry the plugin's file
 */
export function preferGatewayModules(entry: string): void {
  try {
    createRequire(pathToFileURL(entry)).resolve('darkroom/plugin');
  } catch {
    register(hooksUrl(pathToFileURL(`${packageRoot}/package.json`).href));
  }
}

/** Node takes its hooks as a module of their own, which runs in another thread. */
function hooksUrl(parent: string): string {
  const code = `
    const parent = ${JSON.stringify(parent)};
    export function resolve(specifier, context, next) {
      return next(specifier, specifier.startsWith('darkroom/') ? { ...context, parentURL: parent } : context);
    }`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
