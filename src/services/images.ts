import { GatewayError } from '../errors/index.js';
import { findImages, findUpload, insertImage, linkUpload, pageOfImages, pagesOfImages } from '../storage/images.js';
import type { FileCache } from '../storage/file-cache.js';
import type { Storage } from '../storage/index.js';
import type { ImageFormat, ImageRecord, ImageService, ImageVariant } from './domain.js';
import { convertFile, decodePicture, mediaTypeOf } from './image-codec.js';
import { existing, inOrderOf } from './records.js';
import type { UrlSigner } from './signed-urls.js';

const MAX_VARIANT_SIDE = 8192;
const FORMATS: readonly ImageFormat[] = ['PNG', 'JPEG', 'WEBP', 'AVIF'];

export interface ImageServiceOptions {
  readonly storage: Storage;
  readonly signer: UrlSigner;
  /** Keeps other sizes and formats, by the stored file's hash. */
  readonly variants: FileCache;
  /** There is a new image. */
  readonly onImage: () => void;
}

export function createImageService({ storage, signer, variants, onImage }: ImageServiceOptions): ImageService {
  const { db, blobs } = storage;

  const get = async (id: string): Promise<ImageRecord> => existing((await findImages(db, [id]))[0], 'image', id);

  return {
    get,
    getMany: async (ids) => inOrderOf(ids, await findImages(db, ids)),
    list: (page, filter = {}) => pageOfImages(db, page, filter),
    derivatives: (ids, page) => pagesOfImages(db, 'source_id', ids, page),
    ofConversations: (ids, page) => pagesOfImages(db, 'conversation_id', ids, page),

    async createFromUpload(uploadId) {
      const image = await storage.transaction(async (tx) => {
        const upload = await findUpload(tx, uploadId);
        if (upload === undefined) {
          throw new GatewayError(
            'UPLOAD_NOT_FOUND',
            `There is no finished upload ${uploadId}; send the file to POST /uploads first.`,
          );
        }
        if (upload.imageId !== null)
          return existing((await findImages(tx, [upload.imageId]))[0], 'image', upload.imageId);
        const { width, height, byteSize, sha256, mediaType, thumbhash, recipe } = upload;
        const record: ImageRecord = {
          ...{ id: storage.nextId(), width, height, byteSize, sha256, mediaType, thumbhash, createdAt: new Date() },
          ...{ origin: 'UPLOADED', recipe, taskId: null, sourceId: null, conversationId: null },
        };
        await insertImage(tx, record, null);
        await linkUpload(tx, uploadId, record.id);
        return record;
      });
      onImage();
      return image;
    },

    async readBytes(id, variant = {}) {
      const { sha256, mediaType } = await get(id);
      const { width, height, format } = checkVariant(variant);
      if (width === undefined && height === undefined && (format === undefined || format === 'PNG'))
        return { bytes: await blobs.read(sha256), mediaType };
      const wanted = format ?? 'PNG';
      const key = `${variantPrefix(sha256)}${width ?? ''}x${height ?? ''}.${wanted.toLowerCase()}`;
      return {
        bytes: await variants.get(key, async () => convertFile(await blobs.read(sha256), { width, height }, wanted)),
        mediaType: mediaTypeOf(wanted),
      };
    },

    async readPixels(id) {
      const { sha256, width, height } = await get(id);
      return decodePicture(await blobs.read(sha256), width * height);
    },

    signedUrl(id, variant = {}) {
      const { width, height, format } = checkVariant(variant);
      return signer.sign(pathOf(id), {
        width: width === undefined ? undefined : String(width),
        height: height === undefined ? undefined : String(height),
        format: format?.toLowerCase(),
      });
    },

    verifyUrl(id, query) {
      const { width, height, format } = signer.verify(pathOf(id), query);
      return checkVariant({
        width: width === undefined ? undefined : Number(width),
        height: height === undefined ? undefined : Number(height),
        format: format === undefined ? undefined : parseFormat(format),
      });
    },
  };
}

/** @throws GatewayError BAD_INPUT */
export function parseFormat(text: string): ImageFormat {
  const format = FORMATS.find((known) => known === text.toUpperCase());
  if (format !== undefined) return format;
  throw new GatewayError('BAD_INPUT', `\`format\` must be one of ${FORMATS.join(', ').toLowerCase()}, not "${text}".`);
}

function checkVariant(variant: ImageVariant): ImageVariant {
  for (const side of ['width', 'height'] as const) {
    const value = variant[side];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= MAX_VARIANT_SIDE)) {
      throw new GatewayError(
        'BAD_INPUT',
        `\`${side}\` must be a whole number from 1 to ${MAX_VARIANT_SIDE}, not ${value}.`,
      );
    }
  }
  return variant;
}

/** What the keys of a stored file's variants begin with. */
export function variantPrefix(sha256: string): string {
  return `${sha256}-`;
}

function pathOf(id: string): string {
  return `/images/${id}`;
}
