/** What a plugin says of itself in the handshake. */
import type {
  DecoderReads,
  DecoderSupport,
  DefinedPlugin,
  ImageDecoder,
  LanguageModel,
  PluginCapabilities,
  PluginKind,
  PluginOfKind,
} from '../contract.js';
import type * as wire from './messages.js';
import { required, spaceFromWire, wordOf } from './values.js';

const PREVIEW_KINDS = {
  none: 'PREVIEW_KIND_NONE',
  latent: 'PREVIEW_KIND_LATENT',
  image: 'PREVIEW_KIND_IMAGE',
} as const satisfies Record<DecoderSupport['preview'], wire.PreviewKind>;

/** A running plugin with its kind, so that the kind tells which of the three it is. */
export type PluginInstance = { [Kind in PluginKind]: { kind: Kind; plugin: PluginOfKind[Kind] } }[PluginKind];

export type Identity = Pick<DefinedPlugin, 'name' | 'version'> & { readonly apiVersion: string };

export interface Introduction extends Identity {
  readonly capabilities: PluginCapabilities;
}

export function welcomeToWire({ apiVersion, name, version }: Identity, instance: PluginInstance): wire.WelcomeInput {
  const identity = { apiVersion, name, version };
  switch (instance.kind) {
    case 'vision-encoder':
      return { ...identity, visionEncoder: { space: instance.plugin.space } };
    case 'language-model':
      return { ...identity, languageModel: languageModelToWire(instance.plugin) };
    case 'image-decoder':
      return { ...identity, imageDecoder: imageDecoderToWire(instance.plugin) };
  }
}

/** @throws {GatewayError} PLUGIN_INVALID when something that the contract asks for is missing */
export function welcomeFromWire(welcome: wire.Welcome): Introduction {
  const { apiVersion, name, version } = welcome;
  return { apiVersion, name, version, capabilities: capabilitiesFromWire(welcome) };
}

function capabilitiesFromWire({ visionEncoder, languageModel, imageDecoder }: wire.Welcome): PluginCapabilities {
  if (visionEncoder) return { kind: 'vision-encoder', space: spaceFromWire(required(visionEncoder.space, 'space')) };
  if (languageModel) return { kind: 'language-model', ...languageModelFromWire(languageModel) };
  return { kind: 'image-decoder', ...imageDecoderFromWire(required(imageDecoder, 'capabilities')) };
}

function languageModelToWire({
  reads,
  writes,
  limits,
  asksForPictures = false,
}: LanguageModel): wire.LanguageModelCapabilitiesInput {
  return { ...(reads === 'pixels' ? { pixels: {} } : { space: reads }), writes, limits, asksForPictures };
}

function languageModelFromWire(
  capabilities: wire.LanguageModelCapabilities,
): Pick<LanguageModel, 'reads' | 'writes' | 'limits' | 'asksForPictures'> {
  const { contextLength, batch } = required(capabilities.limits, 'limits');
  return {
    reads: capabilities.pixels ? 'pixels' : spaceFromWire(required(capabilities.space, 'reads')),
    writes: capabilities.writes ? spaceFromWire(capabilities.writes) : null,
    limits: { contextLength, batch },
    ...(capabilities.asksForPictures && { asksForPictures: true }),
  };
}

function imageDecoderToWire({ reads, supports, limits, defaults }: ImageDecoder): wire.ImageDecoderCapabilitiesInput {
  const { edit, mask, trueCfg, preview, batch } = supports;
  return {
    ...(reads.condition === 'text' ? { conditionText: {} } : { conditionSpace: reads.condition }),
    ...(reads.reference === 'pixels' && { referencePixels: {} }),
    ...(typeof reads.reference === 'object' && { referenceSpace: reads.reference }),
    supports: { edit, mask, trueCfg, preview: PREVIEW_KINDS[preview], batch },
    limits,
    defaults,
  };
}

function imageDecoderFromWire(
  capabilities: wire.ImageDecoderCapabilities,
): Pick<ImageDecoder, 'reads' | 'supports' | 'limits' | 'defaults'> {
  const { edit, mask, trueCfg, preview, batch } = required(capabilities.supports, 'supports');
  const { minWidth, minHeight, maxWidth, maxHeight, sizeMultiple, maxSteps } = required(capabilities.limits, 'limits');
  const defaults = required(capabilities.defaults, 'defaults');
  return {
    reads: readsFromWire(capabilities),
    supports: { edit, mask, trueCfg, preview: wordOf(PREVIEW_KINDS, preview), batch },
    limits: { minWidth, minHeight, maxWidth, maxHeight, sizeMultiple, maxSteps },
    defaults: {
      width: defaults.width,
      height: defaults.height,
      numInferenceSteps: defaults.numInferenceSteps,
      guidanceScale: defaults.guidanceScale,
      trueCfgScale: defaults.trueCfgScale,
    },
  };
}

function readsFromWire(capabilities: wire.ImageDecoderCapabilities): DecoderReads {
  const { conditionText, conditionSpace, referencePixels, referenceSpace } = capabilities;
  return {
    condition: conditionText ? 'text' : spaceFromWire(required(conditionSpace, 'condition')),
    ...(referencePixels && { reference: 'pixels' }),
    ...(referenceSpace && { reference: spaceFromWire(referenceSpace) }),
  };
}
