import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';

import { DiffusionSettings } from '../task/settings.type.js';

export enum Capability {
  UNDERSTAND = 'UNDERSTAND',
  GENERATE = 'GENERATE',
  EDIT = 'EDIT',
}
registerEnumType(Capability, {
  name: 'Capability',
  description: 'What a model can do.',
  valuesConfig: {
    UNDERSTAND: { description: 'Answers questions about pictures.' },
    GENERATE: { description: 'Draws pictures from words.' },
    EDIT: { description: 'Changes pictures as told.' },
  },
});

export enum PluginKind {
  VISION_ENCODER = 'vision-encoder',
  LANGUAGE_MODEL = 'language-model',
  IMAGE_DECODER = 'image-decoder',
}
registerEnumType(PluginKind, {
  name: 'PluginKind',
  description: 'Which part of a model a plugin is.',
  valuesConfig: {
    VISION_ENCODER: { description: 'Turns pictures into embeddings.' },
    LANGUAGE_MODEL: { description: 'Reads and writes text and the embeddings of pictures.' },
    IMAGE_DECODER: { description: 'Turns embeddings, or words, into a picture.' },
  },
});

export enum PluginState {
  STARTING = 'STARTING',
  READY = 'READY',
  BUSY = 'BUSY',
  RESTARTING = 'RESTARTING',
  FAILED = 'FAILED',
  STOPPED = 'STOPPED',
}
registerEnumType(PluginState, {
  name: 'PluginState',
  description: 'How the process of a plugin does.',
  valuesConfig: {
    STARTING: { description: 'Has not answered yet.' },
    READY: { description: 'Waits for work.' },
    BUSY: { description: 'Works.' },
    RESTARTING: { description: 'Died and is being started again.' },
    FAILED: { description: 'Died too often, or cannot be used; see `lastError`.' },
    STOPPED: { description: 'Was stopped with the gateway.' },
  },
});

@ObjectType({ description: 'A number that a plugin counts or measures of itself.' })
export class PluginMetric {
  @Field(() => String, { description: 'For instance `gpu_memory_bytes`.' })
  name!: string;

  @Field(() => Float, { description: 'In the unit at the end of its name.' })
  value!: number;
}

@ObjectType({ description: 'What the gateway counts and measures of the calls of a plugin, since it was started.' })
export class PluginMetrics {
  @Field(() => Int, { description: 'Calls that have ended, well or not; 0 or more.' })
  calls!: number;

  @Field(() => Int, { description: 'Of these calls, those that failed.' })
  failedCalls!: number;

  @Field(() => Int, { description: 'Of these calls, those that were aborted.' })
  cancelledCalls!: number;

  @Field(() => Int, { description: 'Calls that run now.' })
  runningCalls!: number;

  @Field(() => Int, { description: 'Calls that wait for a process.' })
  waitingCalls!: number;

  @Field(() => Float, { nullable: true, description: 'Requests in a call, on average; null before the first.' })
  meanBatch!: number | null;

  @Field(() => Int, { description: 'Requests in a call, at most.' })
  largestBatch!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Half of the newest 256 calls that went well took no longer than this, milliseconds; null before the first.',
  })
  medianMs!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: '19 of 20 of them took no longer than this, milliseconds; null before the first.',
  })
  p95Ms!: number | null;

  @Field(() => [PluginMetric], { description: 'What the plugin counts and measures of itself.' })
  own!: PluginMetric[];
}

@ObjectType({ description: 'One of the places where a plugin runs elsewhere.' })
export class PluginAddress {
  @Field(() => String, { description: 'For instance `grpcs://gpu-1:7443`.' })
  address!: string;

  @Field(() => Boolean, { description: 'Whether calls go there; one that is away is tried again and again.' })
  isReady!: boolean;

  @Field(() => Int, { description: 'Calls that run there now.' })
  runningCalls!: number;

  @Field(() => String, { nullable: true, description: 'Why no calls go there; null while they do.' })
  lastError!: string | null;
}

@ObjectType({ description: 'A program of its own process that is one part of a model.' })
export class Plugin {
  @Field(() => String, { description: 'Unique in this gateway.' })
  name!: string;

  @Field(() => String, { description: 'Of the plugin.' })
  version!: string;

  @Field(() => PluginKind, { description: 'Which part of a model it is.' })
  kind!: PluginKind;

  @Field(() => String, { description: 'Version of the plugin contract that it speaks.' })
  apiVersion!: string;

  @Field(() => PluginState, { description: 'How its process does.' })
  state!: PluginState;

  @Field(() => Int, { description: 'How often its process was started again; 0 or more.' })
  restarts!: number;

  @Field(() => String, { nullable: true, description: 'What went wrong last; null when nothing did.' })
  lastError!: string | null;

  @Field(() => Float, { nullable: true, description: 'Resident memory of its process, bytes; null while unknown.' })
  memoryBytes!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Id of the space of its embeddings; null when it reads and writes words only.',
  })
  embeddingSpace!: string | null;

  @Field(() => [String], { description: 'What it says it can do.' })
  capabilities!: string[];

  @Field(() => [PluginAddress], { description: 'Where it runs; empty when the gateway has started it.' })
  addresses!: PluginAddress[];

  @Field(() => PluginMetrics, { description: 'Of its calls, and what it tells of itself.' })
  metrics!: PluginMetrics;
}

@ObjectType({
  description: 'The type that holds the parts of a model together; embeddings of two spaces are never mixed.',
})
export class EmbeddingSpace {
  @Field(() => String, { description: 'For instance `nexus-gen-v2`.' })
  id!: string;

  @Field(() => Int, { description: 'Numbers in an embedding; 1 or more.' })
  dimension!: number;

  @Field(() => Int, { description: 'Tokens of a generated image, e.g. 81.' })
  imageTokens!: number;
}

@ObjectType({ description: 'What a model can be asked for.' })
export class ModelLimits {
  @Field(() => Int, { description: 'Pixels.' })
  minWidth!: number;

  @Field(() => Int, { description: 'Pixels.' })
  minHeight!: number;

  @Field(() => Int, { description: 'Pixels.' })
  maxWidth!: number;

  @Field(() => Int, { description: 'Pixels.' })
  maxHeight!: number;

  @Field(() => Int, { description: 'Width and height are multiples of it, pixels.' })
  sizeMultiple!: number;

  @Field(() => Int, { description: 'Denoiser steps at most.' })
  maxSteps!: number;

  @Field(() => Int, { description: 'Pictures of one task at most.' })
  maxImages!: number;
}

/** Its plugins are found by the resolver; the record holds their names. */
@ObjectType({ description: 'A vision encoder, a language model and image decoders that share an embedding space.' })
export class Model {
  @Field(() => ID, { description: 'What inputs take as `model`, for instance `nexus-nano`.' })
  id!: string;

  @Field(() => String, { description: 'To show to people.' })
  name!: string;

  @Field(() => [Capability], { description: 'What it can do.' })
  capabilities!: Capability[];

  @Field(() => EmbeddingSpace, {
    nullable: true,
    description: 'What its parts share; null when they exchange words only.',
  })
  embeddingSpace!: EmbeddingSpace | null;

  @Field(() => DiffusionSettings, { description: 'What is used where a request leaves something out.' })
  defaults!: DiffusionSettings;

  @Field(() => ModelLimits, { description: 'What it can be asked for.' })
  limits!: ModelLimits;
}
