/** Pictures in and out of files. The only place that knows sharp; its work runs beside the event loop. */
import sharp, { type Metadata, type Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

import { GatewayError } from '../errors/index.js';
import type { RgbImage } from '../plugin/contract.js';
import type { ImageBytes, ImageFormat } from './domain.js';
import { addPngText } from './png-text.js';

/** Told by content. Drawings (SVG) and documents (PDF) are left out: they are programs more than pictures. */
const READABLE_FORMATS: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif', 'avif']);
const MAX_SIDE = 65_535;
/** A hash holds a few waves at most; from 100 pixels it is the same to the eye and blocks the event loop for 12 ms instead of 3. */
const THUMBNAIL_SIDE = 32;

/** Two thirds of the time of zlib's usual 6, and files 2 % larger. */
const PNG_LEVEL = 4;

const MEDIA_TYPES = {
  PNG: 'image/png',
  JPEG: 'image/jpeg',
  WEBP: 'image/webp',
  AVIF: 'image/avif',
} as const satisfies Record<ImageFormat, string>;

export function mediaTypeOf(format: ImageFormat): string {
  return MEDIA_TYPES[format];
}

/**
 * Decodes a picture: turned as its EXIF data says, in sRGB, transparency on white, without metadata. The size in its header is
 * checked before any pixel is decoded.
 *
 * @param file  bytes or a path
 * @param maxPixels width times height at most
 * @throws GatewayError IMAGE_UNREADABLE (also for a file that breaks off), IMAGE_TOO_LARGE
 */
export async function decodePicture(file: Buffer | string, maxPixels: number): Promise<RgbImage> {
  // 1 what it says it is
  let header: Metadata;
  try {
    header = await sharp(file, { limitInputPixels: false }).metadata();
  } catch (error) {
    throw unreadable('it is not a picture in a format that is known', error);
  }
  if (!READABLE_FORMATS.has(header.format ?? '')) throw unreadable(`${header.format} is not read`, undefined);
  const { width, height } = header;
  if (width * height > maxPixels || Math.max(width, height) > MAX_SIDE) {
    throw new GatewayError(
      'IMAGE_TOO_LARGE',
      `The picture has ${width} x ${height} pixels; the limit is ${maxPixels} pixels. Send a smaller one.`,
    );
  }

  // 2 its pixels
  try {
    const { data, info } = await sharp(file, { limitInputPixels: maxPixels, failOn: 'error' })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new TypeError(`Expected 3 channels, not ${info.channels}.`);
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw unreadable('it is damaged or breaks off', error);
  }
}

/** @param text goes into the file as text chunks */
export async function encodePng(image: RgbImage, text: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  return addPngText(await fromPixels(image).png({ compressionLevel: PNG_LEVEL }).toBuffer(), text);
}

/** A placeholder of about 25 bytes, base64. */
export async function thumbhashOf(image: RgbImage): Promise<string> {
  const { data, info } = await fromPixels(image)
    .resize({ width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE, fit: 'inside', withoutEnlargement: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64');
}

/** Fits a stored file into a box (never enlarging it) and encodes it. */
export async function convertFile(
  file: Buffer,
  box: { width?: number | undefined; height?: number | undefined },
  format: ImageFormat,
): Promise<Buffer> {
  const fitted = sharp(file).resize({
    ...(box.width === undefined ? {} : { width: box.width }),
    ...(box.height === undefined ? {} : { height: box.height }),
    fit: 'inside',
    withoutEnlargement: true,
  });
  return encodeAs(fitted, format);
}

/** @param maxSize longer side in pixels at most */
export async function encodePixels(image: RgbImage, maxSize: number, format: ImageFormat): Promise<ImageBytes> {
  const size = fitWithin(image, maxSize);
  const picture =
    size.width === image.width ? fromPixels(image) : fromPixels(image).resize(size.width, size.height, { fit: 'fill' });
  return { bytes: await encodeAs(picture, format), mediaType: mediaTypeOf(format) };
}

export function fitWithin(
  { width, height }: { readonly width: number; readonly height: number },
  maxSize: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, maxSize / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** The quick settings: AVIF at its usual effort takes a hundred times as long as JPEG. */
function encodeAs(picture: Sharp, format: ImageFormat): Promise<Buffer> {
  switch (format) {
    case 'PNG':
      return picture.png({ compressionLevel: PNG_LEVEL }).toBuffer();
    case 'JPEG':
      return picture.jpeg({ quality: 85 }).toBuffer();
    case 'WEBP':
      return picture.webp({ quality: 85, effort: 2 }).toBuffer();
    case 'AVIF':
      return picture.avif({ quality: 60, effort: 2 }).toBuffer();
  }
}

function fromPixels(image: RgbImage): Sharp {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 }, limitInputPixels: false });
}

function unreadable(reason: string, cause: unknown): GatewayError {
  return new GatewayError(
    'IMAGE_UNREADABLE',
    `The file cannot be read as a picture: ${reason}. Send a PNG, JPEG, WebP, GIF, TIFF or AVIF file.`,
    { cause },
  );
}
