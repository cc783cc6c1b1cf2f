/**
 * The smallest image decoder: from noise to four coloured quarters, a straight line from sigma 1 to 0. No weights; the
 * same request and seed give the same picture, whoever watches.
 */
import { definePlugin, GatewayError, type PreviewWish, type RgbImage } from 'darkroom/plugin';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { hash, quarterOf, SPACE } from './space.js';

const options = z.strictObject({
  /** Milliseconds that each step takes, for tests of waiting and aborting. */
  stepMs: z.number().int().nonnegative().default(0),
});

/** How much of the noise stays in the picture, so that the seed shows. */
const GRAIN = 0.05;

export default definePlugin({
  kind: 'image-decoder',
  name: 'minimal-decoder',
  version: '1.0.0',
  options,
  async create({ stepMs }) {
    return {
      reads: { condition: SPACE, reference: SPACE },
      supports: { edit: true, mask: false, trueCfg: false, preview: 'image', batch: 1 },
      limits: { minWidth: 16, minHeight: 16, maxWidth: 1024, maxHeight: 1024, sizeMultiple: 16, maxSteps: 1000 },
      defaults: { width: 64, height: 64, numInferenceSteps: 8, guidanceScale: 1, trueCfgScale: 1 },

      async *decode({ condition, reference, width, height, numInferenceSteps, seed }, { signal, wantsPreview }) {
        if (condition.type !== 'embeddings')
          throw new GatewayError('CAPABILITY_MISSING', 'This decoder draws from embeddings.');
        const startedAt = performance.now();
        let previewMs = 0;

        // 1. Where the line begins and ends: noise from the seed, and the picture.
        const noise = Float32Array.from({ length: width * height * 3 }, (_, at) => hash(seed + at * 0x9e3779b1));
        const clean = noise.map((grain, at) => {
          const [pixel, channel] = [Math.floor(at / 3), at % 3];
          const [x, y] = [pixel % width, Math.floor(pixel / width)];
          const quarter = (y * 2 < height ? 0 : 2) + (x * 2 < width ? 0 : 1);
          // An edit keeps the left half of its reference.
          const from = reference?.type === 'embeddings' && quarter % 2 === 0 ? reference.image : condition.image;
          return (quarterOf(from, quarter)[channel] ?? 0) * (1 - GRAIN) + grain * GRAIN;
        });

        // 2. Along the line.
        for (let stepIndex = 1; stepIndex <= numInferenceSteps; stepIndex += 1) {
          await setTimeout(stepMs, undefined, { signal });
          const sigma = 1 - stepIndex / numInferenceSteps;
          const wish = wantsPreview(stepIndex);
          if (!wish) {
            yield { type: 'step', stepIndex, sigma };
            continue;
          }
          const previewStartedAt = performance.now();
          const noisy = () => clean.map((value, at) => (noise[at] ?? 0) * sigma + value * (1 - sigma));
          const preview = shrink(toImage(wish.view === 'noisy' ? noisy() : clean, width, height), wish);
          previewMs += performance.now() - previewStartedAt;
          yield { type: 'step', stepIndex, sigma, preview };
        }

        // 3. The picture.
        const denoiseMs = performance.now() - startedAt - previewMs;
        yield { type: 'image', image: toImage(clean, width, height), timings: { denoiseMs, vaeMs: 0, previewMs } };
      },

      async close() {},
    };
  },
});

/** @param values float32 [height, width, 3], 0 to 1 */
function toImage(values: Float32Array, width: number, height: number): RgbImage {
  return { width, height, data: Uint8Array.from(values, (value) => Math.round(value * 255)) };
}

/** Takes every nth pixel, so that the longer side fits the wish. */
function shrink({ width, height, data }: RgbImage, { maxSize }: PreviewWish): RgbImage {
  const every = Math.max(1, Math.ceil(Math.max(width, height) / maxSize));
  const [smallWidth, smallHeight] = [Math.floor(width / every), Math.floor(height / every)];
  const small = new Uint8Array(smallWidth * smallHeight * 3);
  for (let y = 0; y < smallHeight; y += 1) {
    for (let x = 0; x < smallWidth; x += 1) {
      const at = (y * every * width + x * every) * 3;
      small.set(data.subarray(at, at + 3), (y * smallWidth + x) * 3);
    }
  }
  return { width: smallWidth, height: smallHeight, data: small };
}
