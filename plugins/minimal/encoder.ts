/** The smallest vision encoder: a picture becomes the mean colours of its quarters. No weights, same input same output. */
import { definePlugin, type RgbImage } from 'darkroom/plugin';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { type Colour, embed, SPACE } from './space.js';

const options = z.strictObject({
  /** Milliseconds that each picture takes, for tests of waiting and aborting. */
  stepMs: z.number().int().nonnegative().default(0),
});

export default definePlugin({
  kind: 'vision-encoder',
  name: 'minimal-encoder',
  version: '1.0.0',
  options,
  async create({ stepMs }) {
    return {
      space: SPACE,
      async encode(requests, { signal }) {
        const images = [];
        for (const { image } of requests) {
          await setTimeout(stepMs, undefined, { signal });
          images.push(embed([0, 1, 2, 3].map((quarter) => meanColour(image, quarter))));
        }
        return images;
      },
      async close() {},
    };
  },
});

/** @param quarter 0 to 3, row-major; a picture one pixel wide or high has its quarters overlap */
function meanColour({ width, height, data }: RgbImage, quarter: number): Colour {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const left = quarter % 2 === 0 ? 0 : width - halfWidth;
  const top = quarter < 2 ? 0 : height - halfHeight;
  const sums: [number, number, number] = [0, 0, 0];
  for (let y = top; y < top + halfHeight; y += 1) {
    for (let x = left; x < left + halfWidth; x += 1) {
      const at = (y * width + x) * 3;
      for (const channel of [0, 1, 2] as const) sums[channel] += data[at + channel] ?? 0;
    }
  }
  const scale = 1 / (halfWidth * halfHeight * 255);
  return [sums[0] * scale, sums[1] * scale, sums[2] * scale];
}
