import { Field, Float, ObjectType } from 'type-graphql';

import { Image } from '../image/image.type.js';

@ObjectType({ description: 'An image that is like what was looked for.' })
export class ImageMatch {
  @Field(() => Image, { description: 'The image.' })
  image!: object;

  @Field(() => Float, { description: 'Cosine similarity, -1 to 1.' })
  score!: number;
}
