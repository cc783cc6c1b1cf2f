/**
 * The embedding space of the minimal plugins. A picture is four tokens, one for each quarter: its mean colour, 0 to 1,
 * in the first three of eight numbers.
 */
import type { EmbeddingSpace, ImageEmbeddings } from 'darkroom/plugin';

export const SPACE: EmbeddingSpace = { id: 'minimal', dimension: 8, imageTokens: 4 };

export type Colour = readonly [red: number, green: number, blue: number];

/** @param quarters top left, top right, bottom left, bottom right */
export function embed(quarters: readonly Colour[]): ImageEmbeddings {
  const data = new Float32Array(SPACE.imageTokens * SPACE.dimension);
  quarters.forEach((colour, token) => data.set(colour, token * SPACE.dimension));
  // A patch for each half of a quarter: 4 x 4 patches, merged 2 x 2.
  return { space: SPACE.id, embeddings: { dims: [SPACE.imageTokens, SPACE.dimension], data }, gridThw: [1, 4, 4] };
}

/** The colour of a quarter; the inverse of `embed`. */
export function quarterOf({ embeddings }: ImageEmbeddings, token: number): Colour {
  const [red = 0, green = 0, blue = 0] = embeddings.data.subarray(token * SPACE.dimension);
  return [red, green, blue];
}

/** A number in [0, 1) for each 32-bit state, well mixed (the finisher of MurmurHash3). */
export function hash(state: number): number {
  let h = state | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
