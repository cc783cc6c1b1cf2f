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
    description: 'After every n-th step; 1 or more.',
  })
  everySteps?: number | null;

  @Field(() => Float, {
    nullable: true,
    defaultValue: 8,
    description: 'Previews a second at most, above 0 to 1000. Where they come faster, the newest wins.',
  })
  maxPerSecond?: number | null;

  @Field(() => Int, { nullable: true, defaultValue: 512, description: 'Longer side in pixels, at most; 8 to 4096.' })
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
