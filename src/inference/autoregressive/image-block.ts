/**
 * The block of rows that makes a picture: `<|vision_start|>`, the learned rows 0 to n - 1, `<|vision_end|>`.
 *
 * The reference feeds them one by one, 82 dependent calls for 81 embeddings. But no row depends on what came out of
 * another: they are constants at constant positions. Attention is causal and all else works row by row, so one pass over
 * the whole block gives the same embeddings (nexus-gen.md 2.6, with the proof). Embedding k is read at the row *before*
 * learned row k: the first one at `<|vision_start|>`; the last learned row and `<|vision_end|>` only serve the text behind.
 */
import type { Float32 } from '../tensor/tensor.js';
import { float32 } from '../tensor/tensor.js';
import type { KvCache } from './kv-cache.js';
import type { LanguageGraphs, RowRun } from './language-graphs.js';
import { type GridThw, imageExtent, imagePositions, textPosition } from './mrope.js';

export interface ImageBlockShape {
  /** Learned rows of a picture, and embeddings that it has. */
  readonly imageTokens: number;
  readonly gridThw: GridThw;
  readonly mergeSize: number;
  readonly visionStart: number;
  readonly visionEnd: number;
  /**
   * Where text behind the picture stands. `sequence`: as if the picture were text, one position a row, which is what the
   * reference samples with. `grid`: behind the picture's longer side, which is how training lays rows out.
   */
  readonly positionAfterImage: 'sequence' | 'grid';
}

export interface ImageBlock extends RowRun {
  /** Position of the first row of text behind the block. */
  readonly next: number;
}

/** Rows of a block, `<|vision_start|>` and `<|vision_end|>` with them. */
export function imageBlockLength({ imageTokens }: Pick<ImageBlockShape, 'imageTokens'>): number {
  return imageTokens + 2;
}

/**
 * @param start       position of `<|vision_start|>`
 * @param prefillRows float32 [imageTokens, D]
 */
export function imageBlock(start: number, prefillRows: Float32, shape: ImageBlockShape): ImageBlock {
  const { imageTokens, gridThw, mergeSize, visionStart, visionEnd, positionAfterImage } = shape;
  const width = prefillRows.dims[1] ?? 0;
  const learned = Array.from({ length: imageTokens }, (_, k) => prefillRows.data.subarray(k * width, (k + 1) * width));
  const end = start + 1 + (positionAfterImage === 'sequence' ? imageTokens : imageExtent(gridThw, mergeSize));
  return {
    rows: [visionStart, ...learned, visionEnd],
    positions: [textPosition(start), ...imagePositions(start + 1, gridThw, mergeSize), textPosition(end)],
    next: end + 1,
  };
}

/** float32 [imageTokens, E] of a picture behind what the cache holds of its one sequence, in one pass. */
export async function imageInOnePass(
  graphs: LanguageGraphs,
  cache: KvCache,
  block: ImageBlock,
  shape: ImageBlockShape,
): Promise<Float32> {
  const [hidden = []] = await graphs.forward([block], cache);
  return graphs.imageEmbeddings(hidden.slice(0, shape.imageTokens));
}

/** The same row by row, as the reference does it: what `imageInOnePass` is held against. */
export async function imageRowByRow(
  graphs: LanguageGraphs,
  cache: KvCache,
  block: ImageBlock,
  shape: ImageBlockShape,
): Promise<Float32> {
  const parts: Float32Array[] = [];
  for (const [index, row] of block.rows.entries()) {
    const [hidden = []] = await graphs.forward(
      [{ rows: [row], positions: block.positions.slice(index, index + 1) }],
      cache,
    );
    if (index < shape.imageTokens) parts.push((await graphs.imageEmbeddings(hidden)).data);
  }
  const dimension = parts[0]?.length ?? 0;
  const embeddings = float32([shape.imageTokens, dimension]);
  parts.forEach((part, index) => {
    embeddings.data.set(part, index * dimension);
  });
  return embeddings;
}
