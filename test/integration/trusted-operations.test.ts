import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';

import { runProgram } from '../../src/cli/program.js';
import * as documents from '../../src/client/gql/graphql.js';
import { createClient } from '../../src/client/index.js';
import { type OperationManifest, manifestOf, trustedOperations } from '../../src/graphql/trusted-operations.js';
import { packageRoot } from '../../src/plugin/package-root.js';
import { watch } from '../support/client.js';
import { openStream } from '../support/event-stream.js';
import { type ServedServices, servedServices } from '../support/served-services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const OPERATIONS = join(packageRoot, 'schema/operations');
const STATUS = 'query Version { status { version } }';
const SNEAKY = 'query Version { status { version uptimeSeconds } }';
const VERSION = { status: { version: '0.0.0-test' } };

let manifest: OperationManifest;
let statusId: string;
let gateway: ServedServices | undefined;

beforeAll(async () => {
  const names = (await readdir(OPERATIONS)).filter((name) => name.endsWith('.graphql'));
  const sources = await Promise.all(names.map((name) => readFile(join(OPERATIONS, name), 'utf8')));
  manifest = manifestOf([...sources, STATUS]);
  statusId = Object.entries(manifest).find(([, text]) => text.startsWith('query Version {'))?.[0] ?? '';
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
});

async function serve(content = JSON.stringify(manifest)): Promise<string> {
  gateway = await servedServices({
    http: {
      operations: { file: 'operations.json', content },
      queryLimits: { maxDepth: 14, maxAliases: 10, maxDirectives: 5, maxTokens: 4_000, maxCost: 25_000 },
    },
  });
  return gateway.url;
}

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

const REFUSED = { errors: [{ extensions: { code: 'OPERATION_NOT_TRUSTED', retryable: false } }] };

describe('a gateway with trusted operations', () => {
  it('answers them by their text and by their id', async () => {
    const url = await serve();
    const asked = [
      { query: STATUS },
      { documentId: statusId },
      { documentId: `sha256:${statusId}` },
      { extensions: { persistedQuery: { version: 1, sha256Hash: statusId } } },
    ];

    for (const body of asked) expect(await post(url, body)).toEqual({ status: 200, body: { data: VERSION } });
    for (const search of [`query=${encodeURIComponent(STATUS)}`, `documentId=${statusId}`]) {
      const response = await fetch(`${url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } });
      expect(await response.json()).toEqual({ data: VERSION });
    }
  });

  it('refuses everything else over HTTP, ids and introspection too', async () => {
    const url = await serve();
    const asked = [
      { query: SNEAKY },
      { query: '{ __schema { queryType { name } } }' },
      { query: '{ status {' },
      { documentId: 'f'.repeat(64) },
      { documentId: statusId, query: SNEAKY },
      { documentId: '__proto__' },
      { extensions: { persistedQuery: { version: 1, sha256Hash: 'f'.repeat(64) } }, query: SNEAKY },
      {},
      [{ query: SNEAKY }],
    ];

    for (const body of asked) {
      expect(await post(url, body)).toMatchObject({ status: 403, body: REFUSED });
    }
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(SNEAKY)}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect([response.status, await response.json()]).toMatchObject([403, REFUSED]);
  });

  it('does the same over Server-Sent Events', async () => {
    const url = await serve();

    expect(await post(url, { query: SNEAKY }, { accept: 'text/event-stream' })).toMatchObject({
      status: 403,
      body: REFUSED,
    });
    const messages = [];
    for await (const { event, data } of await openStream(url, STATUS, {})) messages.push([event, data]);
    expect(messages).toEqual([
      ['next', { data: VERSION }],
      ['complete', null],
    ]);
  });

  it('does the same over WebSocket, and the socket lives on', async () => {
    const url = await serve();

    expect(await watch(url, STATUS, {}).rest()).toEqual([VERSION]);
    await expect(watch(url, SNEAKY, {}).rest()).rejects.toMatchObject({
      reason: [{ extensions: { code: 'OPERATION_NOT_TRUSTED', retryable: false } }],
    });
  });

  it('lets no client register an operation', async () => {
    const url = await serve();
    const { createHash } = await import('node:crypto');
    const sha256Hash = createHash('sha256').update(SNEAKY).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };

    await post(url, { query: SNEAKY, extensions });

    expect(await post(url, { extensions })).toMatchObject({ status: 403, body: REFUSED });
  });

  it('serves darkroom/client as it is: requests, uploads and subscriptions', async () => {
    const client = createClient({ url: await serve() });
    const file = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();

    const { generateImage } = await client.request(documents.GenerateImageDocument, { input: { prompt: 'a star' } });
    const task = await client.watch(generateImage.task.id).finished();
    const uploaded = await client.upload(new Blob([new Uint8Array(file)]));
    client.close();

    expect(task).toMatchObject({ status: 'SUCCEEDED' });
    expect(uploaded).toMatchObject({ width: 8 });
  });
});

describe('what is trusted', () => {
  const texts = () => Object.values(documents).map(String);

  it('is every document of darkroom/client, whose manifest has nothing else', () => {
    const trusted = trustedOperations(manifest, 4_000);

    expect(texts().length).toBeGreaterThan(15);
    for (const text of texts().filter((one) => /^\s*(query|mutation|subscription)/m.test(one)))
      expect(trusted.textOf({ query: text })).toBe(text);
  });

  it('does not depend on white space, comments, the order of definitions or added __typename', () => {
    const trusted = trustedOperations(
      manifestOf(['query A($id: ID!) { node(id: $id) { id ...P } } fragment P on Image { width }']),
      4_000,
    );
    const same = `# hello
      fragment P on Image { __typename width }
      query A($id: ID!) { __typename node(id: $id) { id, ...P __typename } }`;

    expect(trusted.textOf({ query: same })).toBe(same);
  });

  it.each([
    ['another field', 'query A { status { version queued } }'],
    ['another name', 'query B { status { version } }'],
    ['an alias', 'query A { status { v: version } }'],
    ['an alias of __typename', 'query A { status { version x: __typename } }'],
    ['another argument', 'query A { images(first: 2) { totalCount } status { version } }'],
    ['a second operation', 'query A { status { version } } query C { status { queued } }'],
    ['more tokens than are read', `query A { status { version } } ${'#'.repeat(10)}\n${'{ a }'.repeat(2_000)}`],
  ])('ends with %s', (_what, query) => {
    const trusted = trustedOperations(manifestOf(['query A { status { version } }']), 4_000);

    expect(() => trusted.textOf({ query })).toThrow(expect.objectContaining({ code: 'OPERATION_NOT_TRUSTED' }));
  });
});

describe('a manifest that cannot be used', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /operations\.json.*no JSON/],
    ['a list', '[]', /must be a JSON object/],
    ['an id that is no sha256 of its text', JSON.stringify({ abc: STATUS }), /abc is not the sha256.*hashAlgorithm/],
    ['an operation of another schema', JSON.stringify(manifestOf(['{ weather }'])), /Cannot query field "weather"/],
  ])('keeps the gateway from starting: %s', async (_what, content, message) => {
    await expect(serve(content)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
    });
  });
});

describe('darkroom operations', () => {
  async function run(...args: string[]) {
    const said: string[] = [];
    const stream = new Writable({ write: (text, _encoding, done) => (said.push(String(text)), done()) });
    const code = await runProgram(args, { out: stream, err: stream, isInteractive: false });
    return { code, said: said.join('') };
  }

  it('writes the manifest of the .graphql files of a folder, each operation with its fragments', async () => {
    const output = join(await temporaryFolder(), 'operations.json');

    const { code, said } = await run('operations', OPERATIONS, '-o', output);

    const written = JSON.parse(await readFile(output, 'utf8')) as OperationManifest;
    expect([code, said]).toEqual([0, `${output}  ${Object.keys(written).length} operations\n`]);
    expect(trustedOperations(written, 4_000).textOf({ query: documents.TaskEventsDocument.toString() })).toContain(
      'subscription',
    );
    expect(
      await post(await serve(JSON.stringify(written)), { query: documents.GatewayDocument.toString() }),
    ).toMatchObject({
      status: 200,
    });
  });

  it('says which fragment is missing, and which path has nothing', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'a.graphql'), '{ models { ...Lost } }');

    expect(await run('operations', folder)).toEqual({
      code: 1,
      said: expect.stringMatching(/BAD_INPUT.*no fragment Lost/),
    });
    expect(await run('operations', join(folder, 'none'))).toEqual({
      code: 1,
      said: expect.stringMatching(/nothing at/),
    });
  });
});
