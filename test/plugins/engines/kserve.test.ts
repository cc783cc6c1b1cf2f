import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import editingDecoder from '../../../plugins/kserve/editing-decoder/index.js';
import generationDecoder from '../../../plugins/kserve/generation-decoder/index.js';
import languageModel from '../../../plugins/kserve/language-model/index.js';
import { decodeAnswer, encodeRequest } from '../../../plugins/kserve/protocol.js';
import visionEncoder from '../../../plugins/kserve/vision-encoder/index.js';
import {
  createImageDecoder,
  createLanguageModel,
  createVisionEncoder,
  openBundle,
} from '../../../src/inference/index.js';
import type { Tensor } from '../../../src/inference/tensor/tensor.js';
import { describeConformance } from '../../../src/plugin/conformance/index.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import { kserveServer } from '../../support/kserve-server.js';
import { busy, cut, garbage, type ProtocolServer, sendJson, type Trouble } from '../../support/protocol-server.js';
import { picture, TINY_BUNDLE } from '../../unit/inference/tiny-bundle.js';
import { answersOfAll } from './kserve-sameness.js';
import { neverAborted, testHost } from './support.js';

let server: ProtocolServer;
/** The bundle without its graphs and weights. */
let light = '';
const options = { url: '', bundle: '' };

beforeAll(async () => {
  server = await kserveServer(TINY_BUNDLE);
  light = await mkdtemp(join(tmpdir(), 'darkroom-light-'));
  await cp(TINY_BUNDLE, light, { recursive: true, filter: (path) => !path.includes('graphs') });
  Object.assign(options, { url: server.url, bundle: light });
});
afterAll(async () => {
  await server.stop();
  await rm(light, { recursive: true });
});

const host = testHost();
const request = { image: picture(40, 40), purpose: 'target' } as const;
const encoderOf = (more: object = {}) => visionEncoder.create({ ...options, ...more }, host);
const encode = async (more: object = {}) => (await encoderOf(more)).encode([request], { signal: neverAborted });

describe('a bundle whose graphs run behind the Open Inference Protocol', () => {
  it('answers exactly what it answers in this process, in binary and in JSON, without its weights here', async () => {
    const bundle = await openBundle(TINY_BUNDLE);
    const session = { threads: 1 };
    const wanted = await answersOfAll({
      encoder: await createVisionEncoder(bundle, session),
      languageModel: await createLanguageModel(bundle, session),
      generation: await createImageDecoder(bundle, 'generation', session),
      editing: await createImageDecoder(bundle, 'editing', session),
    });
    for (const binary of [true, false]) {
      const all = { ...options, binary };
      const came = await answersOfAll({
        encoder: await visionEncoder.create(all, host),
        languageModel: await languageModel.create(all, host),
        generation: await generationDecoder.create(all, host),
        editing: await editingDecoder.create(all, host),
      });
      expect(came).toEqual(wanted);
    }
  }, 60_000);

  it('is refused at the start when the server has another model, with every difference', async () => {
    const other = await kserveServer(TINY_BUNDLE, {
      describe: (_, { inputs, outputs }) => ({
        inputs: inputs.map((port) => (port.name === 'patches' ? { ...port, datatype: 'FP16' } : port)).slice(0, -1),
        outputs: outputs.map((port) => ({ ...port, shape: [-1, 7] })),
      }),
    });
    const error = await encode({ url: other.url }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect((error as Error).message).toMatch(
      /patches is FP16 .*wanted FP32.*full_mask is missing.*embeddings is FP32 \[-1, 7\]/,
    );
    await other.stop();
  });

  it('is refused at once when the server has no such model, and waited for when it is not ready', async () => {
    await expect(encode({ modelName: 'nobody' })).rejects.toMatchObject({
      code: 'ENGINE_REFUSED',
      message: expect.stringContaining('nobody does not exist'),
    });
    server.trouble('ready', (_, response) => sendJson(response, 400, { error: 'model is loading' }));
    expect(await encode()).toHaveLength(1);
    await expect(encode({ url: 'http://127.0.0.1:1', retries: 0, readyTimeoutMs: 0 })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
    });
  });

  it('runs a pass again whose way broke down, or that came at a busy time', async () => {
    const wanted = await encode();
    server.trouble('infer', cut);
    server.trouble('infer', busy('0'));
    expect(await encode()).toEqual(wanted);
  });

  it.each([
    [
      'an error of the server',
      ((_, response) => sendJson(response, 400, { error: 'input is cursed' })) as Trouble,
      'ENGINE_REFUSED',
      /input is cursed/,
    ],
    ['garbage', garbage, 'ENGINE_ANSWER_INVALID', /no JSON/],
    [
      'an answer without outputs',
      ((_, response) => sendJson(response, 200, {})) as Trouble,
      'ENGINE_ANSWER_INVALID',
      /no outputs/,
    ],
  ] as const)('tells of %s', async (_, trouble, code, message) => {
    const encoder = await encoderOf();
    server.trouble('infer', trouble);
    await expect(encoder.encode([request], { signal: neverAborted })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('lets go at once of a pass that takes too long for an abort', async () => {
    const encoder = await encoderOf();
    const aborting = new AbortController();
    server.trouble('infer', async (request, response) => {
      await new Promise((resolve) => {
        aborting.signal.addEventListener('abort', resolve);
      });
      return cut(request, response);
    });
    const work = encoder.encode([request], { signal: aborting.signal });
    setTimeout(() => aborting.abort(new Error('enough')), 50);
    await expect(work).rejects.toThrow('enough');
  });
});

describe('tensors on the wire', () => {
  const tensors: Record<string, Tensor> = {
    half: { dtype: 'float16', dims: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    whole: { dtype: 'int64', dims: [1, 2], data: BigInt64Array.of(-1n, 2n ** 40n) },
    yes: { dtype: 'bool', dims: [3], data: Uint8Array.of(1, 0, 1) },
  };

  it('lie behind the head as they lie in memory, little-endian', () => {
    const { headers, body } = encodeRequest(tensors, ['out'], true);
    const head = body.subarray(0, Number(headers['inference-header-content-length']));
    expect(JSON.parse(String(head))).toEqual({
      inputs: [
        { name: 'half', shape: [2], datatype: 'FP16', parameters: { binary_data_size: 4 } },
        { name: 'whole', shape: [1, 2], datatype: 'INT64', parameters: { binary_data_size: 16 } },
        { name: 'yes', shape: [3], datatype: 'BOOL', parameters: { binary_data_size: 3 } },
      ],
      outputs: [{ name: 'out', parameters: { binary_data: true } }],
    });
    expect([...body.subarray(head.length, head.length + 6)]).toEqual([0x00, 0x3c, 0x00, 0xc0, 0xff, 0xff]);
    const asAnswer = Buffer.from(
      String(head)
        .replace('"inputs"', '"outputs"')
        .replace(/,"outputs":\[\{"name":"out".*/, '}'),
    );
    const answer = Buffer.concat([asAnswer, body.subarray(head.length)]);
    expect(decodeAnswer({ 'inference-header-content-length': String(asAnswer.length) }, answer)).toEqual(tensors);
  });

  it('of FP16 have no form in JSON', () => {
    expect(() => encodeRequest(tensors, [], false)).toThrow(
      expect.objectContaining({ code: 'CAPABILITY_MISSING', message: expect.stringContaining('half') }),
    );
    const answer = Buffer.from(
      JSON.stringify({ outputs: [{ name: 'half', shape: [1], datatype: 'FP16', data: [1] }] }),
    );
    expect(() => decodeAnswer({}, answer)).toThrow(/FP16 in JSON/);
  });

  it.each([
    ['fewer bytes than the shape', { shape: [2], datatype: 'FP32', parameters: { binary_data_size: 4 } }],
    ['more bytes than there are', { shape: [2], datatype: 'FP32', parameters: { binary_data_size: 8 } }],
    ['a type that is not read', { shape: [1], datatype: 'BYTES', data: ['x'] }],
    ['fewer numbers than the shape', { shape: [2], datatype: 'FP32', data: [1] }],
  ])('are refused with %s', (_, port) => {
    const head = Buffer.from(JSON.stringify({ outputs: [{ name: 'out', ...port }] }));
    const body = Buffer.concat([head, Buffer.alloc(4)]);
    expect(() => decodeAnswer({ 'inference-header-content-length': String(head.length) }, body)).toThrow(
      expect.objectContaining({ code: 'ENGINE_ANSWER_INVALID' }),
    );
  });
});

for (const name of ['vision-encoder', 'language-model', 'generation-decoder', 'editing-decoder'])
  describeConformance({ describe, beforeAll, it }, join(packageRoot, 'plugins/kserve', name), {
    options,
    timeoutMs: 240_000,
  });
