import { GatewayError } from '../errors/index.js';
import type { EmbeddingSpace, ImageEmbeddings } from '../plugin/contract.js';
import type { Manifest } from './bundle/manifest.js';

export function embeddingSpaceOf({ embeddingSpace }: Pick<Manifest, 'embeddingSpace'>): EmbeddingSpace {
  return { id: embeddingSpace.id, dimension: embeddingSpace.dimension, imageTokens: embeddingSpace.imageTokens };
}

/**
 * @param what for the message, for instance `The reference picture`
 * @throws GatewayError SPACE_MISMATCH when the embeddings are of another space; SHAPE_MISMATCH when rows and grid disagree
 */
export function expectEmbeddings(
  image: ImageEmbeddings,
  manifest: Pick<Manifest, 'embeddingSpace' | 'image'>,
  what: string,
): void {
  const { embeddingSpace } = manifest;
  if (image.space !== embeddingSpace.id) {
    throw new GatewayError(
      'SPACE_MISMATCH',
      `${what} should be embeddings of ${embeddingSpace.id}, but they are of ${image.space}; pair plugins of one space.`,
    );
  }
  const [t, h, w] = image.gridThw;
  const wanted = [(t * h * w) / manifest.image.mergeSize ** 2, embeddingSpace.dimension];
  const { dims, data } = image.embeddings;
  if (dims.join() === wanted.join() && data.length === (wanted[0] ?? 0) * (wanted[1] ?? 0)) return;
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `${what} should be [${wanted.join(', ')}] for the grid ${image.gridThw.join(' x ')}, but it is [${dims.join(', ')}] of ${data.length} numbers.`,
  );
}
