/**
 * What a picture looks like while it develops. A preview reads latents and changes nothing: the same seed gives the same
 * picture whether anybody looks or not.
 *
 * Two ways: a linear map of latent channels to red, green and blue (one pixel per latent pixel, next to free), or the
 * bundle's tiny decoder at full size, where it has one and the viewer wants more pixels than the linear map has.
 */
import type { PreviewWish, RgbImage } from '../../plugin/contract.js';
import type { DecoderManifest } from '../bundle/manifest.js';
import { resize } from '../image/resample.js';
import type { GraphSession } from '../session/graph-session.js';
import { asFloat32, type Float32, float32 } from '../tensor/tensor.js';
import { toRgbImage } from './pixels.js';

/**
 * @param latents float32 [1, C, h, w] in the pipeline's scale: the x0 estimate or the noisy latents themselves
 * @param decoder the tiny decoder, which takes the same latents; undefined when the bundle has none
 */
export async function developPreview(
  latents: Float32,
  wish: PreviewWish,
  preview: DecoderManifest['preview'],
  decoder: GraphSession<'previewDecoder'> | undefined,
): Promise<RgbImage> {
  const [, , height = 0, width = 0] = latents.dims;
  if (decoder !== undefined && wish.maxSize > Math.max(height, width)) {
    const { pixels } = await decoder.run({ latents });
    return shrinkTo(toRgbImage(asFloat32(pixels, 'pixels')), wish.maxSize);
  }
  return shrinkTo(toRgbImage(linearRgb(latents, preview)), wish.maxSize);
}

/**
 * rgb = sum over channels of latents[c] * factors[c], plus bias.
 *
 * @param latents float32 [1, C, h, w]
 * @returns       float32 [1, 3, h, w], about [-1, 1]
 */
export function linearRgb(latents: Float32, { factors, bias }: DecoderManifest['preview']): Float32 {
  const [, , height = 0, width = 0] = latents.dims;
  const area = height * width;
  const rgb = float32([1, 3, height, width]);
  for (let color = 0; color < 3; color++) {
    const plane = rgb.data.subarray(color * area, (color + 1) * area).fill(bias[color] ?? 0);
    factors.forEach((factor, channel) => {
      const weight = factor[color] ?? 0;
      for (let pixel = 0; pixel < area; pixel++)
        plane[pixel] = (plane[pixel] as number) + weight * (latents.data[channel * area + pixel] as number);
    });
  }
  return rgb;
}

/** Never larger than it is, never smaller than a pixel. */
function shrinkTo(image: RgbImage, maxSize: number): RgbImage {
  const scale = Math.max(1, Math.floor(maxSize)) / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  return resize(
    image,
    Math.max(1, Math.round(image.width * scale)),
    Math.max(1, Math.round(image.height * scale)),
    'bilinear',
  );
}
