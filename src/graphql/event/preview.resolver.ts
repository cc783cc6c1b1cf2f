import { Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';

import type { ImageFormat, PreviewFrame } from '../../services/domain.js';
import type { GraphQLContext } from '../context.js';
import { DenoisingPreview } from './event.type.js';

/** A frame, and how its reader wants it encoded. */
export type PreviewInFormat = PreviewFrame & { readonly type: 'DenoisingPreview'; readonly format: ImageFormat };

export function inFormat(frame: PreviewFrame, format: ImageFormat): PreviewInFormat {
  return { ...frame, type: 'DenoisingPreview', format };
}

/** Nothing is encoded for a reader that selects neither `dataUrl` nor fetches `url`. */
@Resolver(() => DenoisingPreview)
export class PreviewResolver {
  @FieldResolver(() => Int, { description: 'Pixels.' })
  width(@Root() preview: PreviewInFormat, @Ctx() { services }: GraphQLContext): number {
    return services.events.previewSize(preview).width;
  }

  @FieldResolver(() => Int, { description: 'Pixels.' })
  height(@Root() preview: PreviewInFormat, @Ctx() { services }: GraphQLContext): number {
    return services.events.previewSize(preview).height;
  }

  @FieldResolver(() => String, {
    description:
      'The picture itself, for small previews; or fetch it as bytes from `url`. Only what is selected is encoded.',
  })
  async dataUrl(@Root() preview: PreviewInFormat, @Ctx() { services }: GraphQLContext): Promise<string> {
    const { bytes, mediaType } = await services.events.encodePreview(preview, preview.format);
    return `data:${mediaType};base64,${bytes.toString('base64')}`;
  }

  @FieldResolver(() => String, {
    description:
      'Serves the newest preview of the task while it runs; the same address for all of them. Signed, expires.',
  })
  url(@Root() preview: PreviewInFormat, @Ctx() { services, origin }: GraphQLContext): string {
    return origin + services.events.previewUrl(preview.taskId, preview.format, preview.maxSize);
  }
}
