/** The models and plugins that this gateway serves, as services need them. */
import { GatewayError } from '../errors/index.js';
import { decoderNames, type PipelineModel } from '../pipelines/index.js';
import type { Capability, ModelRecord, ModelService, PluginRecord } from './domain.js';

export interface ServedModel {
  readonly record: ModelRecord;
  /** What pipelines work with. */
  readonly parts: PipelineModel;
}

/** Where they come from: the plugin registry in a gateway. The first model is the default. */
export interface ModelSource {
  models(): readonly ServedModel[];
  plugins(): readonly PluginRecord[];
}

export interface Models extends ModelService {
  /** The model that a caller named, or the default. @throws GatewayError MODEL_NOT_FOUND */
  choose(id: string | undefined): ModelRecord;
  /** @throws GatewayError MODEL_NOT_FOUND */
  parts(id: string): PipelineModel;
}

export function createModels(source: ModelSource): Models {
  const find = (id: string): ServedModel => {
    const models = source.models();
    const model = models.find(({ record }) => record.id === id);
    if (model !== undefined) return model;
    const known = models.map(({ record }) => record.id).join(', ');
    throw new GatewayError(
      'MODEL_NOT_FOUND',
      `This gateway serves no model "${id}"; it serves ${known === '' ? 'none' : known}.`,
    );
  };
  const first = (): ModelRecord => {
    const [model] = source.models();
    if (model === undefined)
      throw new GatewayError(
        'MODEL_NOT_FOUND',
        'This gateway serves no model; name one under `models` in its configuration.',
      );
    return model.record;
  };
  return {
    list: () => source.models().map(({ record }) => record),
    get: (id) => find(id).record,
    default: first,
    choose: (id) => (id === undefined ? first() : find(id).record),
    parts: (id) => find(id).parts,
  };
}

/** What a model's parts together can do. */
export function capabilitiesOf({ encoder, languageModel, decoders }: PipelineModel): Capability[] {
  const capabilities: Capability[] = [];
  const readsPictures = languageModel.reads === 'pixels' || encoder != null;
  if (readsPictures) capabilities.push('UNDERSTAND');
  if (decoders.generation != null) capabilities.push('GENERATE');
  if (decoders.editing?.supports.edit === true && readsPictures) capabilities.push('EDIT');
  return capabilities;
}

export interface ModelNames {
  readonly name: string;
  /** Names of plugins. */
  readonly encoder: string | null;
  readonly languageModel: string;
  readonly imageDecoders: readonly string[];
  /** Pictures that one task may make. */
  readonly maxImages: number;
}

/** A model's record from its parts: defaults of its first decoder, limits that hold for at least one of them. */
export function describeModel(parts: PipelineModel, names: ModelNames): ModelRecord {
  const decoders = decoderNames(parts).flatMap((name) => {
    const decoder = parts.decoders[name];
    return decoder == null ? [] : [{ name, decoder }];
  });
  const limits = decoders.map(({ decoder }) => decoder.limits);
  const [first] = decoders;
  const { reads, writes } = parts.languageModel;
  return {
    id: parts.id,
    name: names.name,
    capabilities: capabilitiesOf(parts),
    embeddingSpace: parts.encoder?.space ?? writes ?? (reads === 'pixels' ? null : reads),
    encoder: names.encoder,
    languageModel: names.languageModel,
    imageDecoders: names.imageDecoders,
    defaults: {
      width: first?.decoder.defaults.width ?? 0,
      height: first?.decoder.defaults.height ?? 0,
      numInferenceSteps: first?.decoder.defaults.numInferenceSteps ?? 0,
      guidanceScale: first?.decoder.defaults.guidanceScale ?? 1,
      trueCfgScale: first?.decoder.defaults.trueCfgScale ?? 1,
      negativePrompt: '',
      seed: 0,
      count: 1,
      decoder: first?.name ?? '',
    },
    limits: {
      minWidth: smallest(limits.map(({ minWidth }) => minWidth)),
      minHeight: smallest(limits.map(({ minHeight }) => minHeight)),
      maxWidth: Math.max(0, ...limits.map(({ maxWidth }) => maxWidth)),
      maxHeight: Math.max(0, ...limits.map(({ maxHeight }) => maxHeight)),
      sizeMultiple: smallest(limits.map(({ sizeMultiple }) => sizeMultiple)),
      maxSteps: Math.max(0, ...limits.map(({ maxSteps }) => maxSteps)),
      maxImages: names.maxImages,
    },
  };
}

function smallest(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.min(...values);
}
