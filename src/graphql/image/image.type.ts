import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';

import { connectionType } from '../connection/connection.type.js';
import { Node } from '../node/node.type.js';
import { DiffusionSettings } from '../task/settings.type.js';

export enum ImageOrigin {
  UPLOADED = 'UPLOADED',
  GENERATED = 'GENERATED',
  EDITED = 'EDITED',
}
registerEnumType(ImageOrigin, {
  name: 'ImageOrigin',
  description: 'Where a picture comes from.',
  valuesConfig: {
    UPLOADED: { description: 'A caller sent it.' },
    GENERATED: { description: 'A model drew it from words.' },
    EDITED: { description: 'A model changed another picture.' },
  },
});

export enum ImageFormat {
  PNG = 'PNG',
  JPEG = 'JPEG',
  WEBP = 'WEBP',
  AVIF = 'AVIF',
}
registerEnumType(ImageFormat, {
  name: 'ImageFormat',
  description: 'How the bytes of a picture are encoded.',
  valuesConfig: {
    PNG: { description: 'Without loss.' },
    JPEG: { description: 'Small and fast to encode.' },
    WEBP: { description: 'Smaller than JPEG.' },
    AVIF: { description: 'The smallest, and slow to encode: a third of a second for 512 x 512.' },
  },
});

@ObjectType({ description: 'How a picture was made: give it to `generateImage` or `editImage` to make it again.' })
export class ImageRecipe {
  @Field(() => String, { description: 'What to draw, or what to change.' })
  prompt!: string;

  @Field(() => ID, { description: 'Id of the model, perhaps of another gateway.' })
  modelId!: string;

  @Field(() => DiffusionSettings, { description: 'All settings of this one picture, with its seed.' })
  settings!: DiffusionSettings;
}

/** Plain fields are read as they are: a list has 50 x 10 of them. */
@ObjectType({ implements: Node, simpleResolvers: true, description: 'A stored picture.' })
export class Image {
  @Field(() => Int, { description: 'Pixels.' })
  width!: number;

  @Field(() => Int, { description: 'Pixels.' })
  height!: number;

  @Field(() => Int, { description: 'Bytes of the stored file.' })
  byteSize!: number;

  @Field(() => String, { description: 'Of the stored file, 64 hexadecimal digits.' })
  sha256!: string;

  @Field(() => String, { description: 'Of the stored file, for instance `image/png`.' })
  mediaType!: string;

  @Field(() => ImageOrigin, { description: 'Where it comes from.' })
  origin!: ImageOrigin;

  @Field(() => String, { description: 'A placeholder of about 25 bytes, base64, to show while the picture loads.' })
  thumbhash!: string;

  @Field(() => ImageRecipe, {
    nullable: true,
    description:
      'How it was made, also when its task is gone; of an upload, what the file of a Darkroom picture says. Null when nothing is known.',
  })
  recipe!: object | null;

  @Field(() => GraphQLDateTime, { description: 'When it was stored.' })
  createdAt!: Date;
}

export const ImageConnection = connectionType('Image', () => Image);

@InputType({ description: 'Which images; all conditions given must hold.' })
export class ImageFilter {
  @Field(() => ImageOrigin, { nullable: true, description: 'Only those that come from there.' })
  origin?: ImageOrigin | null;

  @Field(() => ID, { nullable: true, description: 'Only those made in the Conversation with this id.' })
  conversationId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only those made by the Task with this id.' })
  taskId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only those with this in the prompt or instruction that made them, whatever its case.',
  })
  search?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Only those stored after this.' })
  createdAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Only those stored before this.' })
  createdBefore?: Date | null;
}
