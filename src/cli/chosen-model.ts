/** `--model`: one model of the configuration by its id, or any bundle by its name in the models folder or by its path. */
import { join, resolve } from 'node:path';

import { type Config, bundleModel } from '../config/index.js';
import { GatewayError } from '../errors/index.js';
// Not from inference/index.js: that would load onnxruntime.
import { MANIFEST_FILE, openBundle } from '../inference/bundle/open.js';
import { isBundle, listModels } from '../model-store/index.js';

/** For commander's `option`. */
export const MODEL_OPTION = [
  '--model <model>',
  "a model's id, a bundle's name in the models folder, or the folder of a bundle (default: the first model, see darkroom models)",
] as const;

/**
 * The configuration with one model and its plugins alone: nothing is loaded that the command does not use.
 *
 * @param chosen what `--model` says; the first model of the configuration without it
 * @throws GatewayError MODEL_NOT_FOUND naming what there is; BUNDLE_MISSING, BUNDLE_INVALID or BUNDLE_DAMAGED for a bundle that
 *   cannot be served
 */
export async function withChosenModel(config: Config, chosen: string | undefined): Promise<Config> {
  const configured = config.models.find(({ id }) => chosen === undefined || id === chosen);
  if (configured !== undefined) {
    const { encoder, languageModel, decoders } = configured;
    const names = new Set([encoder, languageModel, decoders.generation, decoders.editing]);
    return { ...config, models: [configured], plugins: config.plugins.filter(({ name }) => names.has(name)) };
  }
  const folder = chosen === undefined ? undefined : await bundleFolder(config, chosen);
  if (folder === undefined) throw await notFound(config, chosen);
  const { manifest } = await openBundle(folder);
  return { ...config, ...bundleModel(folder, { ...manifest, canEdit: manifest.decoders.editing !== null }) };
}

/** Where the bundle lies; undefined when there is none. @throws GatewayError BUNDLE_MISSING for a model that is no bundle */
async function bundleFolder({ modelsDir }: Config, chosen: string): Promise<string | undefined> {
  const stored = (await listModels(modelsDir)).filter(({ name }) => name === chosen);
  if (stored.some(({ kind }) => kind === 'bundle')) return join(modelsDir, chosen);
  const folder = resolve(chosen);
  if (await isBundle(folder)) return folder;
  if (stored.some(({ kind }) => kind === 'checkpoint'))
    throw missing(`${chosen} is a checkpoint, not a bundle; convert it first with darkroom-toolkit convert.`);
  if (stored.length > 0) throw missing(`${chosen} has not come whole; pull it again.`);
  if (/[\\/]/.test(chosen))
    throw missing(`There is no model bundle at ${folder}: it has no ${MANIFEST_FILE} of one. Check the path.`);
  return undefined;
}

function missing(message: string): GatewayError {
  return new GatewayError('BUNDLE_MISSING', message);
}

async function notFound({ models, modelsDir }: Config, chosen: string | undefined): Promise<GatewayError> {
  const ids = models.map(({ id }) => id).join(', ') || 'none';
  const bundles = (await listModels(modelsDir)).filter(({ kind }) => kind === 'bundle').map(({ name }) => name);
  return new GatewayError(
    'MODEL_NOT_FOUND',
    `There is no model${chosen === undefined ? '' : ` "${chosen}"`}: the configuration has ${ids}, the models folder ${modelsDir} has ${bundles.join(', ') || 'no bundles'}. Name one of these, or the folder of a bundle.`,
  );
}
