import { Field, ID, InputType, ObjectType } from 'type-graphql';

import { Image } from './image.type.js';

@InputType({ description: 'A finished upload.' })
export class CreateImageInput {
  @Field(() => ID, { description: 'As `POST /uploads` answered it.' })
  uploadId!: string;
}

@ObjectType({ description: 'The new image.' })
export class CreateImagePayload {
  @Field(() => Image, { description: 'As it was stored; the same for the same upload.' })
  image!: object;
}
