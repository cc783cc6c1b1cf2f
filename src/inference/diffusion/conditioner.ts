/** Embeddings of pictures to the rows that tell a denoiser what to draw. */
import type { EmbeddingSpace, ImageEmbeddings } from '../../plugin/contract.js';
import { GatewayError } from '../../errors/index.js';
import { RotaryTable } from '../autoregressive/mrope.js';
import type { DecoderManifest } from '../bundle/manifest.js';
import type { Bundle } from '../bundle/open.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import { asFloat32, concatenate, type Float32, float32 } from '../tensor/tensor.js';
import { mergerPositions } from './rope.js';

export interface Conditioner {
  /**
   * @param target    the picture to draw; its embeddings come from the language model
   * @param reference the picture to be edited; only a merger reads one
   * @returns float32 [1, L, C], target rows before reference rows
   */
  context(target: ImageEmbeddings, reference: ImageEmbeddings | undefined): Promise<Float32>;
  release(): Promise<void>;
}

/** The adapter of a generation decoder, or the merger of an editing one. @throws GatewayError as `GraphSession.load` */
export async function loadConditioner(
  bundle: Bundle,
  decoder: DecoderManifest,
  options: SessionOptions,
): Promise<Conditioner> {
  return decoder.kind === 'generation' ? loadAdapter(bundle, decoder, options) : loadMerger(bundle, decoder, options);
}

async function loadAdapter(bundle: Bundle, decoder: DecoderManifest, options: SessionOptions): Promise<Conditioner> {
  const adapter = await GraphSession.load(bundle, 'adapter', decoder.graphs.conditioner, options);
  return {
    async context(target) {
      const { context } = await adapter.run({ embeddings: stack([target], bundle.manifest.embeddingSpace) });
      return asFloat32(context, 'context'); // [1, L, C]
    },
    release: () => adapter.release(),
  };
}

async function loadMerger(bundle: Bundle, decoder: DecoderManifest, options: SessionOptions): Promise<Conditioner> {
  const { merger: shape } = decoder;
  if (shape === null)
    throw new GatewayError('BUNDLE_INVALID', `The editing decoder of ${bundle.manifest.id} has no merger.`);
  const merger = await GraphSession.load(bundle, 'merger', decoder.graphs.conditioner, options);
  const rotary = new RotaryTable({ headDim: shape.headDim, ropeTheta: shape.theta, mropeSection: shape.sections });
  const { image, embeddingSpace } = bundle.manifest;
  return {
    async context(target, reference) {
      const pictures = reference === undefined ? [target] : [target, reference];
      const positions = pictures.flatMap(({ gridThw }) => mergerPositions(gridThw, image.mergeSize, shape.baseGrid));
      const { context } = await merger.run({
        embeddings: stack(pictures, embeddingSpace),
        ...rotary.tables(positions),
      });
      return asFloat32(context, 'context'); // [1, L, C]
    },
    release: () => merger.release(),
  };
}

/** float32 [1, L, E]: the rows of all pictures, one behind the other. */
function stack(pictures: readonly ImageEmbeddings[], { dimension }: Pick<EmbeddingSpace, 'dimension'>): Float32 {
  const rows = concatenate(pictures.map(({ embeddings }) => embeddings.data));
  return float32([1, rows.length / dimension, dimension], rows);
}
