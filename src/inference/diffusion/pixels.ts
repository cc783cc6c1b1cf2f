/** Network output to 8-bit pixels. */
import type { RgbImage } from '../../plugin/contract.js';
import type { Float32 } from '../tensor/tensor.js';

/**
 * clip(v / 2 + 0.5, 0, 1) * 255, **truncated**, as the reference writes its pictures.
 *
 * @param planes float32 [1, 3, H, W] in [-1, 1]
 */
export function toRgbImage(planes: Float32): RgbImage {
  const [, , height = 0, width = 0] = planes.dims;
  const area = width * height;
  const data = new Uint8Array(area * 3);
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < area; pixel++) {
      const value = Math.fround((planes.data[channel * area + pixel] as number) / 2 + 0.5);
      data[pixel * 3 + channel] = Math.fround(Math.min(1, Math.max(0, value)) * 255);
    }
  }
  return { width, height, data };
}
