/** Files in GraphQL requests, as the GraphQL multipart request specification has them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import type { Answer } from '../support/client.js';
import { type ServedServices, servedServices } from '../support/served-services.js';
import { LIMITS } from '../support/test-services.js';

let gateway: ServedServices;

beforeEach(async () => {
  gateway = await servedServices();
});
afterEach(() => gateway.close());

type Created = Readonly<Record<string, { readonly image: { readonly width: number } } | null>> | null;

const ONE = 'mutation ($file: Upload) { createImage(input: { file: $file }) { image { width } } }';
const picture = async (width: number) =>
  new Blob([
    new Uint8Array(
      await sharp({ create: { width, height: 4, channels: 3, background: '#c81e32' } })
        .png()
        .toBuffer(),
    ),
  ]);

/** Fields in their order; a Blob is a file. */
async function send(fields: readonly (readonly [string, unknown])[], headers?: Record<string, string>) {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value instanceof Blob ? value : JSON.stringify(value));
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: headers ?? { 'apollo-require-preflight': '1' },
    body: form,
  });
  const { data, errors = [] } = (await response.json()) as Answer<Created>;
  return { status: response.status, data, codes: errors.map(({ extensions }) => extensions.code) };
}

const operations = (query: string, variables: object) => ['operations', { query, variables }] as const;

describe('a file in a GraphQL request', () => {
  it('becomes an image', async () => {
    const { data, codes } = await send([
      operations(ONE, { file: null }),
      ['map', { 0: ['variables.file'] }],
      ['0', await picture(7)],
    ]);

    expect([data, codes]).toEqual([{ createImage: { image: { width: 7 } } }, []]);
  });

  it('finds its place inside of an input, and is an error of its own field', async () => {
    const query = `mutation ($good: CreateImageInput!, $bad: CreateImageInput!) {
      good: createImage(input: $good) { image { width } }
      bad: createImage(input: $bad) { image { width } }
    }`;
    const { status, data, codes } = await send([
      operations(query, { good: { file: null }, bad: { file: null } }),
      ['map', { a: ['variables.good.file'], b: ['variables.bad.file'] }],
      ['a', await picture(5)],
      ['b', new Blob(['no picture'])],
    ]);

    expect(status).toBe(200);
    expect(codes).toEqual(['IMAGE_UNREADABLE']);
    expect(data).toBeNull();
    expect((await gateway.services.images.list({})).items.map(({ width }) => width)).toEqual([5]);
  });

  it('that is too large is an error with a code, and leaves nothing', async () => {
    const { codes } = await send([
      operations(ONE, { file: null }),
      ['map', { 0: ['variables.file'] }],
      ['0', new Blob([new Uint8Array(LIMITS.uploadBytes + 10)])],
    ]);

    expect(codes).toEqual(['UPLOAD_TOO_LARGE']);
    expect(await readdir(join(gateway.dataDir, 'uploads'))).toEqual([]);
  });

  it('is not even read without a header that foreign pages cannot send', async () => {
    const form = [
      operations(ONE, { file: null }),
      ['map', { 0: ['variables.file'] }],
      ['0', await picture(7)],
    ] as const;

    const { status, codes } = await send(form, {});

    expect([status, codes]).toEqual([400, ['BAD_REQUEST']]);
    expect(await gateway.storage.db.selectFrom('uploads').selectAll().execute()).toEqual([]);
  });

  it.each<[string, (file: Blob) => (readonly [string, unknown])[], string]>([
    ['before `map`', (file) => [operations(ONE, { file: null }), ['0', file]], 'BAD_INPUT'],
    [
      'for a place that is not null',
      (file) => [operations(ONE, { file: 'x' }), ['map', { 0: ['variables.file'] }], ['0', file]],
      'BAD_INPUT',
    ],
    [
      'for a place outside of the variables',
      (file) => [operations(ONE, {}), ['map', { 0: ['__proto__.polluted'] }], ['0', file]],
      'BAD_INPUT',
    ],
    ['that never comes', () => [operations(ONE, { file: null }), ['map', { 0: ['variables.file'] }]], 'BAD_INPUT'],
    [
      'with a list of operations',
      (file) => [
        ['operations', []],
        ['map', {}],
        ['0', file],
      ],
      'BAD_INPUT',
    ],
    [
      'with operations beyond the limit',
      () => [operations(`# ${'x'.repeat(30_000)}\n${ONE}`, {}), ['map', {}]],
      'REQUEST_TOO_LARGE',
    ],
  ])('%s is refused', async (_what, form, code) => {
    expect((await send(form(await picture(7)))).codes).toEqual([code]);
  });

  it('cannot be made up in JSON', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: ONE, variables: { file: { uploadId: 'x' } } }),
    });
    const { errors } = (await response.json()) as Answer<null>;

    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });
});
