import { Field, Float, ID, InputType, Int, registerEnumType } from 'type-graphql';

import type { SubmitOptions } from '../../services/domain.js';

export enum OnDisconnect {
  CONTINUE = 'CONTINUE',
  CANCEL = 'CANCEL',
}
registerEnumType(OnDisconnect, {
  name: 'OnDisconnect',
  description: 'What becomes of a task when nobody follows its events any more.',
  valuesConfig: {
    CONTINUE: { description: 'It goes on.' },
    CANCEL: { description: 'It is cancelled, unless somebody follows it again within some seconds.' },
  },
});

/** What every input that starts work has. Which model works is asked apart: a conversation has its own. */
@InputType()
export abstract class WorkInput {
  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input returns the first result; with another input it is an error.',
  })
  idempotencyKey?: string | null;

  @Field(() => Int, { nullable: true, description: 'Higher runs first; -100 to 100. Default: 0.' })
  priority?: number | null;

  @Field(() => OnDisconnect, {
    nullable: true,
    description: 'What becomes of the task when nobody follows its events any more. Default: CONTINUE.',
  })
  onDisconnect?: OnDisconnect | null;
}

/** The same, for work that belongs to no conversation. */
@InputType()
export abstract class ModelWorkInput extends WorkInput {
  @Field(() => ID, {
    nullable: true,
    description: 'Id of the model that works. Default: the default model of the gateway.',
  })
  model?: string | null;
}

export function workOptions(input: WorkInput | ModelWorkInput): SubmitOptions {
  return {
    modelId: ('model' in input ? input.model : undefined) ?? undefined,
    idempotencyKey: input.idempotencyKey ?? undefined,
    priority: input.priority ?? undefined,
    onDisconnect: input.onDisconnect ?? undefined,
  };
}

@InputType({ description: 'How pictures are drawn. What is left out is taken from the defaults of the model.' })
export class DiffusionInput {
  @Field(() => Int, {
    nullable: true,
    description: 'Pixels; within the limits of the model and a multiple of its `sizeMultiple`.',
  })
  width?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Pixels; within the limits of the model and a multiple of its `sizeMultiple`.',
  })
  height?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Denoiser steps, 1 to `maxSteps` of the model: more take longer and look better.',
  })
  numInferenceSteps?: number | null;

  @Field(() => Float, { nullable: true, description: 'Fed to a guidance-distilled denoiser; 0 or more.' })
  guidanceScale?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Classifier-free guidance with a second, negative pass; 1 is off, 1 or more.',
  })
  trueCfgScale?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'What the picture should not show; works where `trueCfgScale` is above 1.',
  })
  negativePrompt?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: '0 to 2147483647; the same seed and settings give the same picture. Default: drawn at random.',
  })
  seed?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Pictures to make, 1 to `maxImages` of the model; each takes the next seed.',
  })
  count?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Which of the image decoders of the model: `generation` or `editing`.',
  })
  decoder?: string | null;
}

@InputType({
  description: 'How the language model chooses its words. What is left out is taken from the defaults of the model.',
})
export class SamplingInput {
  @Field(() => Int, { nullable: true, description: 'Most tokens to write; 1 or more.' })
  maxNewTokens?: number | null;

  @Field(() => Float, { nullable: true, description: '0 or more: 0 takes the likeliest token, higher is more varied.' })
  temperature?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Chooses among the likeliest tokens that together have this probability; above 0 to 1.',
  })
  topP?: number | null;

  @Field(() => Int, { nullable: true, description: 'Chooses among this many of the likeliest tokens; 1 or more.' })
  topK?: number | null;

  @Field(() => Float, { nullable: true, description: 'Above 1 makes tokens that were used less likely.' })
  repetitionPenalty?: number | null;

  @Field(() => Int, { nullable: true, description: '0 to 2147483647; the same seed and settings give the same words.' })
  seed?: number | null;

  @Field(() => [String], { nullable: true, description: 'Texts that end the answer; they are left out of it.' })
  stop?: string[] | null;
}
