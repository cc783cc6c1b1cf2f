import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { describe, expect, test } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';

import type { Services } from '../../../src/services/index.js';
import { addPngText, readPngText } from '../../../src/services/png-text.js';
import { createUrlSigner } from '../../../src/services/signed-urls.js';
import { ended, LIMITS, testServices } from '../../support/test-services.js';

const red = { r: 255, g: 0, b: 0 };

describe('an upload', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)(
    'is read as %s, whatever it is called, and becomes one image',
    async (format) => {
      const { services } = await testServices({ isStarted: false });
      const file = await picture(20, 10).toFormat(format).toBuffer();
      const upload = await receive(services, file);
      expect(upload).toMatchObject({ width: 20, height: 10, byteSize: file.length });

      const image = await services.images.createFromUpload(upload.uploadId);
      expect(image).toMatchObject({
        width: 20,
        height: 10,
        origin: 'UPLOADED',
        mediaType: 'image/png',
        taskId: null,
        sourceId: null,
      });
      expect(Buffer.from(image.thumbhash, 'base64').length).toBeLessThanOrEqual(30);
      expect((await services.images.createFromUpload(upload.uploadId)).id).toBe(image.id);
      expect(await (await services.images.list({}, { origin: 'UPLOADED' })).totalCount()).toBe(1);
    },
  );

  test('is turned as its EXIF data says, and loses its metadata', async () => {
    const { services } = await testServices({ isStarted: false });
    const sideways = await picture(20, 10)
      .withExif({ IFD0: { Copyright: 'somebody', Orientation: '6' } })
      .jpeg()
      .toBuffer();
    const turned = await sharp(sideways).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const image = await services.images.createFromUpload((await receive(services, turned)).uploadId);
    expect([image.width, image.height]).toEqual([10, 20]);
    const { bytes } = await services.images.readBytes(image.id);
    const { exif, orientation } = await sharp(bytes).metadata();
    expect([exif, orientation]).toEqual([undefined, undefined]);
  });

  test('shows white where it was transparent, and three channels where it was grey', async () => {
    const { services } = await testServices({ isStarted: false });
    const clear = await sharp({ create: { width: 4, height: 4, channels: 4, background: { ...red, alpha: 0 } } })
      .png()
      .toBuffer();
    const pixelsOf = async (file: Buffer) =>
      services.images.readPixels((await services.images.createFromUpload((await receive(services, file)).uploadId)).id);
    expect(new Set((await pixelsOf(clear)).data)).toEqual(new Set([255]));
    const grey = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } })
      .greyscale()
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const pixels = await pixelsOf(grey);
    expect(pixels.data.length).toBe(4 * 4 * 3);
    expect(pixels.data[0]).toBe(128);
  });

  test('that is no picture, or breaks off, is refused and leaves nothing', async () => {
    const { services, dataDir, storage } = await testServices({ isStarted: false });
    const png = await sharp(Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 256)), {
      raw: { width: 64, height: 64, channels: 3 },
    })
      .png()
      .toBuffer();
    const refused = [
      Buffer.from('this is not a picture'),
      Buffer.alloc(0),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
      png.subarray(0, png.length / 2),
      png.subarray(0, 40),
    ];
    for (const file of refused)
      await expect(receive(services, file)).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
    expect(await storage.db.selectFrom('uploads').selectAll().execute()).toEqual([]);
  });

  test('of more bytes than allowed is refused before it has all arrived', async () => {
    const { services, dataDir } = await testServices({ isStarted: false });
    let sent = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          sent += 65_536;
          yield Buffer.alloc(65_536);
        }
      })(),
    );
    await expect(services.uploads.receive(endless)).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' });
    expect(sent).toBeLessThan(LIMITS.uploadBytes * 2);
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
  });

  test('whose header says 50,000 x 50,000 is refused without decoding it', async () => {
    const { services } = await testServices({ isStarted: false });
    const bomb = await picture(16, 16).png().toBuffer();
    bomb.writeUInt32BE(50_000, 16);
    bomb.writeUInt32BE(50_000, 20);
    // The header's checksum has to fit its new content.
    const honest = addPngText(bomb, {});
    honest.writeUInt32BE(crcOf(honest.subarray(12, 29)), 29);
    const refusal = receive(services, honest);
    await expect(refusal).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    await expect(refusal).rejects.toThrow(/50000 x 50000/);
  });

  test('that its sender breaks off is refused', async () => {
    const { services, dataDir } = await testServices({ isStarted: false });
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('connection reset');
      })(),
    );
    await expect(services.uploads.receive(broken)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await readdir(join(dataDir, 'uploads'))).toEqual([]);
  });

  test('that nobody finished has no image', async () => {
    const { services } = await testServices({ isStarted: false });
    await expect(services.images.createFromUpload('none')).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
  });
});

describe('a picture that Darkroom made', () => {
  const made = async (services: Services) => {
    const task = await services.tasks.submitGeneration({
      prompt: 'a circle, 圆',
      diffusion: { seed: 7, numInferenceSteps: 2, negativePrompt: 'no "squares"' },
    });
    const [imageId = ''] = (await ended(services, task)).resultImageIds;
    return { image: await services.images.get(imageId), file: (await services.images.readBytes(imageId)).bytes };
  };
  const uploaded = async (services: Services, file: Buffer) =>
    services.images.createFromUpload((await receive(services, file)).uploadId);

  test('knows its recipe, and so does an upload of its file, from which it can be made again', async () => {
    const { services } = await testServices();
    const { image, file } = await made(services);
    const again = await uploaded(services, file);

    expect(image.recipe).toMatchObject({
      prompt: 'a circle, 圆',
      modelId: 'scripted',
      settings: { seed: 7, count: 1 },
    });
    expect(again).toMatchObject({ origin: 'UPLOADED', taskId: null, recipe: image.recipe });
    const { settings, prompt } = again.recipe ?? {};
    const task = await services.tasks.submitGeneration({ prompt: prompt ?? '', diffusion: settings });
    const [sameId = ''] = (await ended(services, task)).resultImageIds;
    expect((await services.images.readBytes(sameId)).bytes).toEqual(file);
  });

  test('says nothing in its file where that is switched off, and is still known here', async () => {
    const { services } = await testServices({ pictureMetadata: false });
    const { image, file } = await made(services);

    expect(readPngText(file)).toEqual({});
    expect(image.recipe?.prompt).toBe('a circle, 圆');
    expect((await uploaded(services, file)).recipe).toBeNull();
  });

  test.each<[string, Record<string, string>]>([
    ['settings that are not JSON', { settings: '{' }],
    ['a seed beyond its range', { settings: JSON.stringify({ seed: 2 ** 40 }) }],
    ['a prompt beyond the limit', { prompt: 'x'.repeat(LIMITS.promptChars + 1) }],
  ])('and whose file was altered to %s is an upload without a recipe', async (_what, lie) => {
    const { services } = await testServices();
    const { image } = await made(services);
    const { prompt, modelId, settings } = image.recipe ?? fail();
    const bare = await picture(8, 8).png().toBuffer();
    const truth = { prompt, model: modelId, seed: '7', settings: JSON.stringify(settings) };

    expect((await uploaded(services, addPngText(bare, truth))).recipe).toEqual(image.recipe);
    expect((await uploaded(services, addPngText(bare, { ...truth, ...lie }))).recipe).toBeNull();
  });

  test('is found by a piece of its prompt', async () => {
    const { services } = await testServices();
    const { image } = await made(services);
    await uploaded(services, await picture(8, 8).png().toBuffer());

    const found = await services.images.list({}, { search: 'CIRCLE' });
    expect(found.items.map(({ id }) => id)).toEqual([image.id]);
    expect(await (await services.images.list({}, { search: 'c%e' })).totalCount()).toBe(0);
    expect(await (await services.images.list({}, { createdAfter: new Date(Date.now() + 1000) })).totalCount()).toBe(0);
  });
});

describe('the bytes of an image', () => {
  test('fit the box that was asked for, in the format that was asked for, and are never enlarged', async () => {
    const { services, dataDir } = await testServices({ isStarted: false });
    const image = await services.images.createFromUpload(
      (await receive(services, await picture(40, 20).png().toBuffer())).uploadId,
    );
    const sizeOf = async (variant: Parameters<Services['images']['readBytes']>[1]) => {
      const { bytes, mediaType } = await services.images.readBytes(image.id, variant);
      const { width, height } = await sharp(bytes).metadata();
      return [width, height, mediaType];
    };
    expect(await sizeOf({})).toEqual([40, 20, 'image/png']);
    expect(await sizeOf({ width: 10 })).toEqual([10, 5, 'image/png']);
    expect(await sizeOf({ width: 10, height: 2, format: 'WEBP' })).toEqual([4, 2, 'image/webp']);
    expect(await sizeOf({ width: 4000, format: 'JPEG' })).toEqual([40, 20, 'image/jpeg']);
    expect(await sizeOf({ format: 'AVIF' })).toEqual([40, 20, 'image/avif']);
    const again = await services.images.readBytes(image.id, { width: 10 });
    expect(again).toEqual(await services.images.readBytes(image.id, { width: 10 }));
    expect((await readdir(join(dataDir, 'variants'))).sort()).toEqual(
      ['10x.png', '10x2.webp', '4000x.jpeg', 'x.avif'].map((variant) => `${image.sha256}-${variant}`),
    );
    await services.deletion.image(image.id);
    expect(await readdir(join(dataDir, 'variants'))).toEqual([]);
    await expect(services.images.readBytes(image.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('cannot have an impossible size', async () => {
    const { services } = await testServices({ isStarted: false });
    const image = await services.images.createFromUpload(
      (await receive(services, await picture(40, 20).png().toBuffer())).uploadId,
    );
    await expect(services.images.readBytes(image.id, { width: 0 })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(services.images.readBytes('none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a signed address', () => {
  const signer = (ms: number) => createUrlSigner({ secret: 's'.repeat(32), ttlSeconds: 3600, now: () => ms });
  const open = (url: string, ms: number, change: (query: URLSearchParams) => void = () => undefined) => {
    const { pathname, searchParams } = new URL(url, 'http://gateway');
    change(searchParams);
    return signer(ms).verify(pathname, Object.fromEntries(searchParams));
  };

  test('holds until it expires, and gives back what it was made for', () => {
    const url = signer(0).sign('/images/1', { width: '10', height: undefined });
    expect(open(url, 3_599_000)).toEqual({ width: '10' });
    expect(() => open(url, 3 * 3_600_000)).toThrow(expect.objectContaining({ code: 'URL_EXPIRED' }));
  });

  test('cannot be altered in any part', () => {
    const url = signer(0).sign('/images/1', { width: '10' });
    const refused = expect.objectContaining({ code: 'URL_EXPIRED' });
    expect(() => open(url.replace('images/1', 'images/2'), 0)).toThrow(refused);
    expect(() => open(url, 0, (query) => query.set('width', '1000'))).toThrow(refused);
    expect(() => open(url, 0, (query) => query.set('height', '5'))).toThrow(refused);
    expect(() => open(url, 0, (query) => query.set('expires', '99999999999'))).toThrow(refused);
    expect(() => open(url, 0, (query) => query.delete('signature'))).toThrow(refused);
  });

  test('stays the same for a while, so that browsers keep what they fetched', () => {
    expect(signer(1000).sign('/images/1', {})).toBe(signer(60_000).sign('/images/1', {}));
  });

  test('of an image says size and format', async () => {
    const { services } = await testServices({ isStarted: false });
    const url = services.images.signedUrl('ABC', { width: 64, format: 'WEBP' });
    const { pathname, searchParams } = new URL(url, 'http://gateway');
    expect(pathname).toBe('/images/ABC');
    expect(services.images.verifyUrl('ABC', Object.fromEntries(searchParams))).toEqual({
      width: 64,
      height: undefined,
      format: 'WEBP',
    });
    expect(() => services.images.verifyUrl('ABD', Object.fromEntries(searchParams))).toThrow(
      expect.objectContaining({ code: 'URL_EXPIRED' }),
    );
  });
});

describe('text in a PNG', () => {
  test('is found again, in any script, and leaves the picture readable', async () => {
    const png = await picture(4, 4).png().toBuffer();
    const entries = { prompt: 'ein roter Kreis, 红色的圆', seed: '7' };
    const told = addPngText(png, entries);
    expect(readPngText(told)).toEqual(entries);
    const pixels = (file: Buffer) => sharp(file, { failOn: 'warning' }).raw().toBuffer();
    expect(await pixels(told)).toEqual(await pixels(png));
    expect((await sharp(told).metadata()).comments).toEqual(expect.arrayContaining([{ keyword: 'seed', text: '7' }]));
  });
});

function picture(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: red } });
}

function receive(services: Services, file: Buffer) {
  return services.uploads.receive(Readable.from([file]));
}

/** CRC-32, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function fail(): never {
  throw new Error('There is no recipe.');
}
