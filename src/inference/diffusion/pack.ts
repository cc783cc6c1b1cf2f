/** Latents as an image [B, C, h, w], and packed as the denoiser's tokens [B, (h/2)(w/2), 4C]; only here they are converted. */
import { type Float32, float32 } from '../tensor/tensor.js';

/**
 * Two by two latent pixels become one token; its features run over (channel, dy, dx).
 *
 * @param latents float32 [B, C, h, w], h and w even
 * @returns       float32 [B, (h/2)(w/2), 4C]
 */
export function pack(latents: Float32): Float32 {
  const [batch = 0, channels = 0, height = 0, width = 0] = latents.dims;
  const packed = float32([batch, (height / 2) * (width / 2), 4 * channels]);
  eachPair(batch, channels, height, width, (token, pixel) => {
    packed.data[token] = latents.data[pixel] as number;
  });
  return packed;
}

/**
 * The way back.
 *
 * @param packed float32 [B, (h/2)(w/2), 4C]
 * @param size   of the latents, both sides even
 * @returns      float32 [B, C, h, w]
 */
export function unpack(
  packed: Float32,
  { height, width }: { readonly height: number; readonly width: number },
): Float32 {
  const [batch = 0, , features = 0] = packed.dims;
  const channels = features / 4;
  const latents = float32([batch, channels, height, width]);
  eachPair(batch, channels, height, width, (token, pixel) => {
    latents.data[pixel] = packed.data[token] as number;
  });
  return latents;
}

/** Every element's index in the packed and in the image layout. */
function eachPair(
  batch: number,
  channels: number,
  height: number,
  width: number,
  visit: (tokenIndex: number, pixelIndex: number) => void,
): void {
  const columns = width / 2;
  const tokens = (height / 2) * columns;
  let pixel = 0;
  for (let b = 0; b < batch; b++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const token = b * tokens + (y >> 1) * columns + (x >> 1);
          visit(token * 4 * channels + channel * 4 + (y & 1) * 2 + (x & 1), pixel++);
        }
      }
    }
  }
}
