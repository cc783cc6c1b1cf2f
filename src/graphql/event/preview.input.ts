import { Field, Float, InputType, Int } from 'type-graphql';

import { ImageFormat } from '../image/image.type.js';
import { PreviewView } from './event.type.js';

@InputType({
  description: 'What previews this subscriber wants. None are made that nobody wants, and none change the picture.',
})
export class PreviewInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: 1,
    description: 'Every n-th step, 1 or more; the last step always.',
  })
  everySteps?: number | null;

  @Field(() => Float, {
    nullable: true,
    defaultValue: 8,
    description: 'Most previews a second, above 0 to 60. Where they come faster, the newest wins.',
  })
  maxPerSecond?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 512, description: 'Longer side in pixels, at most; 16 to 2048.' })
  maxSize?: number | null;

  @Field(() => ImageFormat, {
    nullable: true,
    defaultValue: ImageFormat.JPEG,
    description: 'Of `dataUrl` and of what `url` serves.',
  })
  format?: ImageFormat | null;

  @Field(() => PreviewView, { nullable: true, defaultValue: PreviewView.X0, description: 'What the previews show.' })
  view?: PreviewView | null;
}
