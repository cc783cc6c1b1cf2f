/** Pictures in and out of the files that servers speak. */
import { GatewayError, type Mask, type RgbImage } from 'darkroom/plugin';
import sharp from 'sharp';

const MAX_PIXELS = 64 * 1024 * 1024;

export async function toPng({ width, height, data }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer();
}

export async function toDataUrl(image: RgbImage): Promise<string> {
  return `data:image/png;base64,${(await toPng(image)).toString('base64')}`;
}

/** A PNG that is transparent where the picture may change. */
export async function toMaskPng({ width, height, data }: Mask): Promise<Buffer> {
  const rgba = new Uint8Array(width * height * 4);
  data.forEach((mayChange, at) => {
    rgba[at * 4 + 3] = 255 - mayChange;
  });
  return sharp(rgba, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

/** @throws {GatewayError} ENGINE_ANSWER_INVALID when the bytes are no picture */
export async function fromFile(bytes: Uint8Array): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: new Uint8Array(data) };
  } catch (cause) {
    throw new GatewayError('ENGINE_ANSWER_INVALID', 'The server answered a picture that cannot be read.', { cause });
  }
}

/** Exactly this large: scaled until it fills the frame, then cut around its middle. */
export async function cover(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  if (image.width === width && image.height === height) return image;
  return resized(image, width, height);
}

/** Its longer side at most `maxSize`; never made larger. */
export async function shrink(image: RgbImage, maxSize: number): Promise<RgbImage> {
  const scale = Math.max(1, Math.floor(maxSize)) / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  return resized(image, side(image.width), side(image.height));
}

async function resized(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'cover' })
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(data) };
}
