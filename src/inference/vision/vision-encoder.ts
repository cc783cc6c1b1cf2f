/** The vision tower as a plugin's engine: pictures to embeddings, several pictures in one pass. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { GatewayError } from '../../errors/index.js';
import type {
  Call,
  EncodePurpose,
  EncodeRequest,
  ImageEmbeddings,
  RgbImage,
  VisionEncoder,
} from '../../plugin/contract.js';
import type { Manifest } from '../bundle/manifest.js';
import type { Bundle } from '../bundle/open.js';
import { patchify, type Patches } from '../image/patchify.js';
import { resize } from '../image/resample.js';
import { smartResize } from '../image/smart-resize.js';
import { GraphSession, type SessionOptions } from '../session/graph-session.js';
import { asFloat32, concatenate, float32 } from '../tensor/tensor.js';
import { throwIfAborted } from '../abort.js';
import { embeddingSpaceOf } from '../embedding-space.js';
import { type VisionLayout, type VisionShape, visionLayout } from './layout.js';

/**
 * Patches in one pass at most, unless a single picture has more. Attention looks at every pair of patches, so pictures
 * that share a pass pay for each other; small ones gain more from sharing than that costs.
 */
const MAX_PATCHES_PER_RUN = 1536;

/** @throws GatewayError as `GraphSession.load` */
export async function createVisionEncoder(bundle: Bundle, options: SessionOptions = {}): Promise<VisionEncoder> {
  const { manifest } = bundle;
  const vision = await GraphSession.load(bundle, 'vision', 'vision', options);
  const shape: VisionShape = { ...manifest.vision, ...manifest.image };
  const layouts = new Map<string, VisionLayout>();
  const space = embeddingSpaceOf(manifest);

  /** One pass over pictures laid end to end; embeddings come back picture by picture, row by row. */
  async function encodeTogether(pictures: readonly Patches[]): Promise<ImageEmbeddings[]> {
    const grids = pictures.map((picture) => picture.gridThw);
    const patchCount = grids.reduce((sum, [t, h, w]) => sum + t * h * w, 0);
    const patchLength = pictures[0]?.patches.dims[1] ?? 0;
    const { embeddings } = await vision.run({
      patches: float32([patchCount, patchLength], concatenate(pictures.map((picture) => picture.patches.data))), // [N, patch]
      ...layoutOf(grids),
    });
    const all = asFloat32(embeddings, 'embeddings'); // [N / merge^2, E]

    let row = 0;
    return grids.map((gridThw) => {
      const tokens = (gridThw[0] * gridThw[1] * gridThw[2]) / shape.mergeSize ** 2;
      const data = all.data.slice(row * space.dimension, (row + tokens) * space.dimension);
      row += tokens;
      return { space: space.id, gridThw, embeddings: float32([tokens, space.dimension], data) }; // [tokens, E]
    });
  }

  /** Most calls see one of two grids, so the last layout of each combination seen lately is kept. */
  function layoutOf(grids: readonly (readonly [number, number, number])[]): VisionLayout {
    const key = grids.join(';');
    const layout = layouts.get(key) ?? visionLayout(grids, shape);
    layouts.delete(key);
    layouts.set(key, layout);
    const oldest = layouts.keys().next();
    if (layouts.size > 4 && oldest.done !== true) layouts.delete(oldest.value);
    return layout;
  }

  return {
    space,
    async encode(requests: readonly EncodeRequest[], call: Call): Promise<ImageEmbeddings[]> {
      const results: ImageEmbeddings[] = [];
      let waiting: Patches[] = [];
      let waitingPatches = 0;
      for (const request of requests) {
        throwIfAborted(call.signal);
        const picture = patchify(fitForPurpose(request.image, request.purpose, manifest), manifest.image);
        const count = picture.patches.dims[0] ?? 0;
        if (waiting.length > 0 && waitingPatches + count > MAX_PATCHES_PER_RUN) {
          results.push(...(await encodeTogether(waiting)));
          await yieldToEvents();
          [waiting, waitingPatches] = [[], 0];
        }
        waiting.push(picture);
        waitingPatches += count;
      }
      throwIfAborted(call.signal);
      if (waiting.length > 0) results.push(...(await encodeTogether(waiting)));
      return results;
    },
    close: () => vision.release(),
  };
}

/**
 * The picture at the size and with the filter that its use asks for (nexus-gen.md 3.2). A picture to be read keeps its
 * shape and is resized twice, first within the wide limit and then within the model's, as the reference does; targets
 * and references are squashed to their one grid.
 *
 * @throws GatewayError BAD_INPUT when the picture has no pixels, another number of bytes, or too long a side
 */
export function fitForPurpose(
  image: RgbImage,
  purpose: EncodePurpose,
  manifest: Pick<Manifest, 'image' | 'embeddingSpace'>,
): RgbImage {
  expectPixels(image);
  const { patchSize, mergeSize, minPixels, maxPixels, firstMaxPixels, filters } = manifest.image;
  if (purpose === 'read') {
    const factor = patchSize * mergeSize;
    const first = smartResize(image.height, image.width, { factor, minPixels, maxPixels: firstMaxPixels });
    const bound = smartResize(first.height, first.width, { factor, minPixels, maxPixels });
    return resize(resize(image, first.width, first.height, filters.read), bound.width, bound.height, filters.read);
  }
  const [, rows, columns] = purpose === 'target' ? manifest.embeddingSpace.grid : manifest.embeddingSpace.referenceGrid;
  return resize(image, columns * patchSize, rows * patchSize, filters[purpose]);
}

function expectPixels({ width, height, data }: RgbImage): void {
  if (
    Number.isInteger(width) &&
    Number.isInteger(height) &&
    width > 0 &&
    height > 0 &&
    data.length === width * height * 3
  )
    return;
  throw new GatewayError(
    'BAD_INPUT',
    `A picture of ${width} x ${height} pixels wants ${width * height * 3} bytes of RGB, but ${data.length} came.`,
  );
}
