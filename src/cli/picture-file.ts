import { access, constants } from 'node:fs/promises';

import { GatewayError } from '../errors/index.js';
import type { RgbImage } from '../plugin/contract.js';
import { decodePicture } from '../services/image-codec.js';

/** @throws GatewayError NOT_FOUND, IMAGE_UNREADABLE, IMAGE_TOO_LARGE */
export async function readPicture(file: string, maxPixels: number): Promise<RgbImage> {
  await access(file, constants.R_OK).catch((error: unknown) => {
    throw new GatewayError('NOT_FOUND', `There is no picture file ${file} that may be read.`, { cause: error });
  });
  return decodePicture(file, maxPixels);
}
