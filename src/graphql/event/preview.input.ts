import { Field, Float, InputType, Int } from 'type-graphql';

import { ImageFormat } from '../image/image.type.js';
import { PreviewView } from './event.type.js';

@InputType({
  description: 'What previews this subscriber wants. None are made that nobody wants, and none change the picture.',
})
export class PreviewInput {
  @Field(() => Int, {
    nullable: true,
    description: 'After every n-th step; 1 or more. Default: 1, unless the gateway is configured otherwise.',
  })
  everySteps?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Previews a second at most, above 0 to 1000. Where they come faster, the newest wins. Default: 8, as above.',
  })
  maxPerSecond?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Longer side in pixels, at most; 8 to 4096. Default: 512, as above.',
  })
  maxSize?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    description: 'Of `dataUrl` and of what `url` serves. Default: JPEG.',
  })
  format?: ImageFormat | null;

  @Field(() => PreviewView, { nullable: true, description: 'What the previews show. Default: X0, as above.' })
  view?: PreviewView | null;
}
