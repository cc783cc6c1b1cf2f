import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'How pictures are drawn.' })
export class DiffusionSettings {
  @Field(() => Int, { description: 'Pixels.' })
  width!: number;

  @Field(() => Int, { description: 'Pixels.' })
  height!: number;

  @Field(() => Int, { description: 'Denoiser steps, 1 or more.' })
  numInferenceSteps!: number;

  @Field(() => Float, { description: 'Fed to a guidance-distilled denoiser; 0 or more.' })
  guidanceScale!: number;

  @Field(() => Float, { description: 'Classifier-free guidance with a second, negative pass; 1 is off.' })
  trueCfgScale!: number;

  @Field(() => String, { description: 'What the picture should not show; may be empty.' })
  negativePrompt!: string;

  @Field(() => Int, { description: '0 to 2147483647, of the first picture; each further one takes the next seed.' })
  seed!: number;

  @Field(() => Int, { description: 'Pictures to make; 1 or more.' })
  count!: number;

  @Field(() => String, { description: 'Which of the image decoders of the model: `generation` or `editing`.' })
  decoder!: string;
}
