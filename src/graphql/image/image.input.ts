import { Field, ID, InputType, ObjectType } from 'type-graphql';

import { GraphQLUpload, type ReceivedFile } from '../scalars/upload.js';
import { Image } from './image.type.js';

@InputType({ description: 'A picture: either a finished upload or a file of this request.' })
export class CreateImageInput {
  @Field(() => ID, { nullable: true, description: 'As `POST /uploads` answered it.' })
  uploadId?: string | null;

  @Field(() => GraphQLUpload, { nullable: true, description: 'The picture itself, in a multipart request.' })
  file?: ReceivedFile | null;
}

@ObjectType({ description: 'The new image.' })
export class CreateImagePayload {
  @Field(() => Image, { description: 'As it was stored; the same for the same upload.' })
  image!: object;
}
