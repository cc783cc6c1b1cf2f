import { request } from 'node:http';
import { crc32, deflateSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import {
  CaptionsDocument,
  CreateImageDocument,
  EditImageDocument,
  ImageLineageDocument,
  TaskEventsDocument,
} from '../../src/client/gql/graphql.js';
import { ask, tell, watch } from '../support/client.js';
import { type ScriptedModel, scriptedModel } from '../support/scripted-model.js';
import { type ServedServices, servedServices } from '../support/served-services.js';
import { LIMITS } from '../support/test-services.js';

let gateway: ServedServices;
let model: ScriptedModel;

beforeEach(async () => {
  model = scriptedModel();
  gateway = await servedServices({ models: [model] });
});
afterEach(() => gateway.close());

interface UploadAnswer {
  readonly uploadId?: string;
  readonly byteSize?: number;
  readonly width?: number;
  readonly height?: number;
  readonly error?: { readonly code: string; readonly message: string };
}

async function post(
  body: Uint8Array<ArrayBuffer> | FormData,
  headers: Record<string, string> = {},
): Promise<{ status: number; answer: UploadAnswer }> {
  const response = await fetch(`${gateway.url}/uploads`, { method: 'POST', body, headers });
  return { status: response.status, answer: (await response.json()) as UploadAnswer };
}

const picture = (width: number, height: number, background = '#c81e32') =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

async function upload(width = 48, height = 32, background?: string) {
  const { answer } = await post(new Uint8Array(await picture(width, height, background)), {
    'content-type': 'image/png',
  });
  const { createImage } = await tell(gateway.url, CreateImageDocument, { input: { uploadId: answer.uploadId ?? '' } });
  return createImage.image;
}

describe('an upload', () => {
  it('is taken as the body itself, and becomes an image', async () => {
    const bytes = await picture(48, 32);

    const { status, answer } = await post(new Uint8Array(bytes), { 'content-type': 'application/octet-stream' });
    const { createImage } = await tell(gateway.url, CreateImageDocument, {
      input: { uploadId: answer.uploadId ?? '' },
    });

    expect([status, answer]).toEqual([
      201,
      { uploadId: expect.any(String), byteSize: bytes.byteLength, width: 48, height: 32 },
    ]);
    expect(createImage.image).toMatchObject({ width: 48, height: 32, origin: 'UPLOADED' });
  });

  it('is taken as a file of a form', async () => {
    const form = new FormData();
    form.append('picture', new Blob([new Uint8Array(await picture(10, 20))]), 'any-name.txt');

    const { status, answer } = await post(form);

    expect([status, answer.width, answer.height]).toEqual([201, 10, 20]);
  });

  it('makes the same image however often it is asked for', async () => {
    const { answer } = await post(new Uint8Array(await picture(8, 8)));
    const input = { uploadId: answer.uploadId ?? '' };

    const first = await tell(gateway.url, CreateImageDocument, { input });
    const second = await tell(gateway.url, CreateImageDocument, { input });

    expect(second.createImage.image.id).toBe(first.createImage.image.id);
  });

  it.each<[string, () => Promise<Uint8Array>, number, string]>([
    ['that is no picture', async () => Buffer.from('hello, I am a text'), 415, 'IMAGE_UNREADABLE'],
    ['that is empty', async () => Buffer.alloc(0), 415, 'IMAGE_UNREADABLE'],
    ['that breaks off', async () => (await noise(200, 200)).subarray(0, 5_000), 415, 'IMAGE_UNREADABLE'],
    ['that says it is 50,000 x 50,000 pixels', async () => hugeHeader(50_000, 50_000), 413, 'IMAGE_TOO_LARGE'],
    ['of more bytes than the limit', async () => Buffer.alloc(LIMITS.uploadBytes + 1), 413, 'UPLOAD_TOO_LARGE'],
  ])('%s is refused', async (_what, body, status, code) => {
    const answered = await post(new Uint8Array(await body()));

    expect([answered.status, answered.answer.error?.code]).toEqual([status, code]);
    expect((await post(new Uint8Array(await picture(8, 8)))).status).toBe(201);
  });

  it('of unknown length that grows beyond the limit is refused, and the answer arrives', async () => {
    const { status, body } = await postEndlessly(`${gateway.url}/uploads`, LIMITS.uploadBytes * 2);

    expect(status).toBe(413);
    expect(body).toContain('UPLOAD_TOO_LARGE');
  });

  it('in a form that is too large is refused', async () => {
    const form = new FormData();
    form.append('picture', new Blob([new Uint8Array(LIMITS.uploadBytes + 10)]), 'big.png');

    expect(await post(form)).toMatchObject({ status: 413, answer: { error: { code: 'UPLOAD_TOO_LARGE' } } });
  });

  it('in a form without a file is refused', async () => {
    const form = new FormData();
    form.append('picture', 'just words');

    expect(await post(form)).toMatchObject({ status: 400, answer: { error: { code: 'BAD_INPUT' } } });
  });

  it('from a page of another origin is refused', async () => {
    const { status, answer } = await post(new Uint8Array(await picture(8, 8)), { origin: 'https://evil.example' });

    expect([status, answer.error?.code]).toEqual([403, 'ORIGIN_REFUSED']);
  });

  it('that nobody sent cannot become an image', async () => {
    const { errors } = await ask(gateway.url, CreateImageDocument, { input: { uploadId: 'nothing' } });

    expect(errors[0]?.extensions.code).toBe('UPLOAD_NOT_FOUND');
  });
});

describe('the address of an image', () => {
  it('serves its bytes, and says that a copy may be kept', async () => {
    const { url } = await upload();

    const first = await fetch(url);
    const second = await fetch(url, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });

    expect(first.headers.get('content-type')).toBe('image/png');
    expect(first.headers.get('cache-control')).toContain('immutable');
    expect(await sharp(Buffer.from(await first.arrayBuffer())).metadata()).toMatchObject({ width: 48, height: 32 });
    expect([second.status, (await second.arrayBuffer()).byteLength]).toEqual([304, 0]);
  });

  it('serves another size and format where that was asked for', async () => {
    const { id } = await upload(48, 32);
    const query = 'query ($id: ID!) { node(id: $id) { ... on Image { url(width: 24, format: WEBP) } } }';
    const { node } = await tell<{ node: { url: string } }, Record<string, unknown>>(gateway.url, query, { id });

    const response = await fetch(node.url);

    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({ width: 24, height: 16 });
  });

  it('serves a part where a range is asked for, as long as it is the same version', async () => {
    const { url } = await upload();
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const part = (headers: Record<string, string>) => fetch(url, { headers });
    const etag = (await fetch(url)).headers.get('etag') ?? '';

    const some = await part({ range: 'bytes=10-19', 'if-range': etag });
    const other = await part({ range: 'bytes=10-19', 'if-range': '"another"' });
    const beyond = await part({ range: `bytes=${whole.length}-` });

    expect([some.status, some.headers.get('content-range')]).toEqual([206, `bytes 10-19/${whole.length}`]);
    expect(Buffer.from(await some.arrayBuffer())).toEqual(whole.subarray(10, 20));
    expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, whole.length]);
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
    expect(((await beyond.json()) as UploadAnswer).error?.code).toBe('RANGE_INVALID');
  });

  it.each([
    ['that was altered', (url: string) => `${url}&width=4`],
    ['without a signature', (url: string) => url.replace(/signature=[^&]*/, '')],
  ])('%s is refused', async (_what, alter) => {
    const { url } = await upload();

    const response = await fetch(alter(url));

    expect([response.status, ((await response.json()) as UploadAnswer).error?.code]).toEqual([403, 'URL_EXPIRED']);
  });
});

describe('captions of many images', () => {
  it('are one batch for the language model', async () => {
    const images = [await upload(8, 8, '#ff0000'), await upload(8, 8, '#00ff00'), await upload(8, 8, '#0000ff')];

    const { nodes } = await tell(gateway.url, CaptionsDocument, { ids: images.map(({ id }) => id) });

    expect(nodes).toHaveLength(3);
    expect(model.asked.generate.map((requests) => requests.length)).toEqual([3]);
    expect(model.asked.encode.map((requests) => requests.length)).toEqual([3]);
  });
});

describe('an edited image', () => {
  it('knows what it was made from, and its source what was made of it', async () => {
    const source = await upload(32, 32);
    const { editImage } = await tell(gateway.url, EditImageDocument, {
      input: { sourceImageId: source.id, instruction: 'make it green', diffusion: { seed: 1 } },
    });
    await watch(gateway.url, TaskEventsDocument, { taskId: editImage.task.id }).rest();

    const { node } = await tell(gateway.url, ImageLineageDocument, { id: source.id });
    const derivative = node?.__typename === 'Image' ? node.derivatives.edges[0]?.node : undefined;
    const edited = await tell(gateway.url, ImageLineageDocument, { id: derivative?.id ?? '' });

    expect(derivative?.origin).toBe('EDITED');
    expect(edited.node).toMatchObject({
      source: { id: source.id },
      task: { instruction: 'make it green', settings: { seed: 1, decoder: 'editing' } },
    });
  });
});

/** A picture that does not compress, so that a part of its file is a part of its pixels. */
function noise(width: number, height: number): Promise<Buffer> {
  const pixels = Buffer.from(
    Array.from({ length: width * height * 3 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24),
  );
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** A PNG file whose header promises a size, and that holds next to nothing. */
function hugeHeader(width: number, height: number): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2], 8); // 8 bits of red, green and blue
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    pngChunk('IHDR', size),
    pngChunk('IDAT', deflateSync(Buffer.alloc(100))),
    pngChunk('IEND'),
  ]);
}

function pngChunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/** Sends zeros without saying how many, until the answer comes or `limit` is reached. */
function postEndlessly(url: string, limit: number): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(url, { method: 'POST', headers: { 'content-type': 'image/png' } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    sending.on('error', reject);
    const chunk = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < limit; sent += chunk.length) sending.write(chunk);
    sending.end();
  });
}
