import { Arg, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';

import { GatewayError } from '../../errors/index.js';
import type { ImageMatch as MatchRecord, ImageRecord } from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { rawIdOf } from '../global-id.js';
import { Image } from '../image/image.type.js';
import { ImageMatch } from './similarity.type.js';

const FIRST = { defaultValue: 10, description: 'How many at most; 0 to 100.' };

@Resolver(() => Image)
export class SimilarityResolver {
  @Query(() => [ImageMatch], {
    description:
      'Nearest images in the embedding space of the default model, nearest first: by an image, or (where the model can) by words.',
  })
  similarImages(
    @Arg('imageId', () => ID, { nullable: true, description: 'Images like this one, which is not among them.' })
    imageId: string | null,
    @Arg('text', () => String, {
      nullable: true,
      description: 'Images like the picture that the model imagines for these words.',
    })
    text: string | null,
    @Arg('first', () => Int, FIRST) first: number,
    @Ctx() { services: { similarity } }: GraphQLContext,
  ): Promise<MatchRecord[]> {
    const hasText = text !== null && text !== undefined;
    const hasImage = imageId !== null && imageId !== undefined;
    if (hasImage && !hasText) return similarity.byImage(rawIdOf('Image', imageId, 'imageId'), first);
    if (hasText && !hasImage) return similarity.byWords(text, first);
    throw new GatewayError('BAD_INPUT', `Give either \`imageId\` or \`text\`: ${hasText ? 'both' : 'neither'} came.`);
  }

  @FieldResolver(() => [ImageMatch], {
    description: 'Nearest images in the embedding space of the default model, nearest first.',
  })
  similar(
    @Root() { id }: ImageRecord,
    @Arg('first', () => Int, FIRST) first: number,
    @Ctx() { services: { similarity } }: GraphQLContext,
  ): Promise<MatchRecord[]> {
    return similarity.byImage(id, first);
  }
}
