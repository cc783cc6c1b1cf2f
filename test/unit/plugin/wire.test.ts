import { describe, expect, it } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../../src/errors/index.js';
import type {
  DecodeEvent,
  DecodeRequest,
  GenerateEvent,
  GenerateRequest,
  ImageEmbeddings,
} from '../../../src/plugin/contract.js';
import { packageRoot } from '../../../src/plugin/package-root.js';
import {
  decodeEventFromWire,
  decodeEventToWire,
  generateEventFromWire,
  generateEventToWire,
} from '../../../src/plugin/wire/answers.js';
import { codedError, errorOfCall, hidesDetails, isConnectionLost, statusOf } from '../../../src/plugin/wire/errors.js';
import {
  decodeRequestFromWire,
  decodeRequestToWire,
  encodeRequestFromWire,
  encodeRequestToWire,
  generateRequestFromWire,
  generateRequestToWire,
  wishesFromWire,
  wishesToWire,
} from '../../../src/plugin/wire/requests.js';
import { ImageDecoder, LanguageModel, VisionEncoder } from '../../../src/plugin/wire/service.js';
import {
  embeddingsFromWire,
  embeddingsToWire,
  imageFromWire,
  required,
  tensorFromWire,
} from '../../../src/plugin/wire/values.js';

const embeddings: ImageEmbeddings = {
  space: 'nexus-gen-v2',
  embeddings: { dims: [2, 3], data: Float32Array.of(0, -1.5, 1e-38, 3.4e38, Number.NEGATIVE_INFINITY, 1 / 3) },
  gridThw: [1, 2, 4],
};
const image = { width: 2, height: 1, data: Uint8Array.of(0, 128, 255, 1, 2, 3) };

describe('crossing the wire, in bytes and back, keeps', () => {
  it('what a vision encoder is asked and answers', () => {
    const { Encode } = VisionEncoder.service;
    const request = { image, purpose: 'reference' } as const;
    const sent = Encode.requestSerialize({ start: { requests: [encodeRequestToWire(request)] } });
    const [came] = Encode.requestDeserialize(sent).start?.requests ?? [];
    expect(encodeRequestFromWire(required(came, 'request'))).toEqual(request);
    expect(
      embeddingsFromWire(Encode.responseDeserialize(Encode.responseSerialize(embeddingsToWire(embeddings)))),
    ).toEqual(embeddings);
  });

  it.each<GenerateRequest>([
    { task: 'understand', messages: [] },
    {
      task: 'edit',
      messages: [
        { role: 'system', parts: [{ type: 'text', text: '画一个红色的圆 🎨' }] },
        {
          role: 'user',
          parts: [
            { type: 'image', image: embeddings },
            { type: 'pixels', image },
          ],
        },
        { role: 'assistant', parts: [{ type: 'text', text: '' }] },
      ],
      sampling: {
        maxNewTokens: 1,
        temperature: 0,
        topP: 0.9,
        topK: 40,
        repetitionPenalty: 1.05,
        seed: 4_294_967_295,
        stop: ['\n'],
      },
    },
    { task: 'reply', messages: [], sampling: { temperature: 0 } },
    { task: 'reply', messages: [], drawing: { edits: false } },
  ])('what a language model is asked: $task', (request) => {
    const { Generate } = LanguageModel.service;
    const sent = Generate.requestSerialize({ start: { requests: [generateRequestToWire(request)] } });
    const [came] = Generate.requestDeserialize(sent).start?.requests ?? [];
    expect(generateRequestFromWire(required(came, 'request'))).toEqual(request);
  });

  it.each<GenerateEvent>([
    { type: 'text', text: '' },
    { type: 'image', image: embeddings },
    { type: 'drawing', prompt: 'a cat', edits: true },
    { type: 'end', reason: 'length', usage: { promptTokens: 7, completionTokens: 0 } },
    { type: 'error', code: 'PROMPT_TOO_LONG', message: 'It has 9 tokens; 8 fit.' },
  ])('what a language model answers: $type', (event) => {
    const { Generate } = LanguageModel.service;
    const sent = Generate.responseSerialize(generateEventToWire({ index: 3, event }));
    expect(generateEventFromWire(Generate.responseDeserialize(sent))).toEqual({ index: 3, event });
  });

  const request: DecodeRequest = {
    condition: { type: 'embeddings', image: embeddings },
    reference: { type: 'embeddings', image: embeddings },
    width: 512,
    height: 256,
    numInferenceSteps: 50,
    guidanceScale: 3.5,
    trueCfgScale: 1,
    negativePrompt: '',
    seed: 4_294_967_295,
  };
  it.each<DecodeRequest>([
    request,
    { ...request, condition: { type: 'text', text: '' }, reference: { type: 'pixels', image } },
  ])('what an image decoder is asked: $condition.type', (request) => {
    const { Decode } = ImageDecoder.service;
    const wishes = { everySteps: [2, 3], maxSize: 256, view: 'noisy' } as const;
    const sent = Decode.requestSerialize({
      start: { request: decodeRequestToWire(request), wishes: wishesToWire(wishes) },
    });
    const { start } = Decode.requestDeserialize(sent);
    expect(decodeRequestFromWire(required(start?.request, 'request'))).toEqual(request);
    expect(wishesFromWire(required(start?.wishes, 'wishes'))).toEqual(wishes);
  });

  it.each<DecodeEvent>([
    { type: 'step', stepIndex: 1, sigma: 0.98 },
    { type: 'step', stepIndex: 50, sigma: 0, preview: image },
    { type: 'image', image, timings: { denoiseMs: 1.5, vaeMs: 0, previewMs: 0.25 } },
  ])('what an image decoder answers: $type', (event) => {
    const { Decode } = ImageDecoder.service;
    const sent = Decode.responseSerialize(decodeEventToWire(event));
    expect(decodeEventFromWire(Decode.responseDeserialize(sent))).toEqual(event);
  });
});

describe('what does not hold is refused where it arrives', () => {
  it('a tensor with fewer bytes than its dims say', () => {
    expect(() => tensorFromWire({ dims: [2, 2], data: Buffer.alloc(15) })).toThrow(
      '[2, 2] needs 16 bytes of float32; 15 came',
    );
  });
  it('a picture with more bytes than its size says', () => {
    expect(() => imageFromWire({ width: 1, height: 1, data: Buffer.alloc(4) })).toThrow('1 x 1 needs 3 bytes of RGB');
  });
  it('a picture of no width', () => {
    expect(() => imageFromWire({ width: 0, height: 4, data: Buffer.alloc(0) })).toThrow('0 x 4');
  });
  it('embeddings whose grid has no three numbers', () => {
    const wire = { space: 's', embeddings: { dims: [1, 1], data: Buffer.alloc(4) }, gridThw: [1, 2] };
    expect(() => embeddingsFromWire(wire)).toThrow('[1, 1] with [1, 2] came');
  });
  it('a wish for every 0th step', () => {
    expect(() => wishesFromWire({ everySteps: [0], maxSize: 8, view: 'PREVIEW_VIEW_X0' })).toThrow('0 came');
  });
  it('a word that the contract does not know', () => {
    expect(() => wishesFromWire({ everySteps: [1], maxSize: 8, view: 'PREVIEW_VIEW_UNSPECIFIED' })).toThrow(
      'PREVIEW_VIEW_UNSPECIFIED',
    );
  });
  it('a message without a field that it needs', () => {
    expect(() => encodeRequestFromWire({ image: null, purpose: 'ENCODE_PURPOSE_READ' })).toThrow(
      'lacks its field image',
    );
  });
});

describe('an error that crosses the wire', () => {
  it('keeps its code and message', () => {
    const sent = statusOf(new GatewayError('PROMPT_TOO_LONG', 'It has 9 tokens; 8 fit.'));
    const came = errorOfCall(Object.assign(new Error(sent.details), sent), 'nano');
    expect(came).toMatchObject({ code: 'PROMPT_TOO_LONG', message: 'It has 9 tokens; 8 fit.', plugin: 'nano' });
  });

  it('is taken by its shape when a plugin brings its own copy of the SDK', () => {
    class ForeignError extends Error {
      readonly code = 'BUNDLE_DAMAGED';
    }
    expect(codedError(new ForeignError('model.onnx differs'))).toEqual({
      code: 'BUNDLE_DAMAGED',
      message: 'model.onnx differs',
    });
  });

  it('tells nothing but its class when it has no code', () => {
    const { code, message } = codedError(new RangeError('a prompt'));
    expect([code, message]).toEqual(['PLUGIN_FAILED', expect.not.stringContaining('a prompt')]);
    expect(message).toContain('RangeError');
    expect([hidesDetails(new RangeError('')), hidesDetails(new GatewayError('BAD_INPUT', ''))]).toEqual([true, false]);
  });

  it('becomes PLUGIN_FAILED when its code is none of ours, and keeps it as a word', () => {
    const metadata = new Metadata();
    metadata.set('darkroom-code', 'OUT_OF_CUDA');
    const error = Object.assign(new Error(), { code: status.INTERNAL, details: 'No memory left.', metadata });
    expect(errorOfCall(error, 'nano')).toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'No memory left. (OUT_OF_CUDA)',
    });
  });

  it.each([
    [status.UNAVAILABLE, 'PLUGIN_UNAVAILABLE', true],
    [status.INTERNAL, 'PLUGIN_UNAVAILABLE', true],
    [status.DEADLINE_EXCEEDED, 'PLUGIN_TIMEOUT', false],
    [status.RESOURCE_EXHAUSTED, 'REQUEST_TOO_LARGE', false],
    [status.UNIMPLEMENTED, 'PLUGIN_INVALID', false],
    [status.UNKNOWN, 'PLUGIN_FAILED', false],
  ])('of the transport (gRPC status %d) becomes %s', (code, expected, lost) => {
    const error = Object.assign(new Error(), { code, details: 'details', metadata: new Metadata() });
    expect(errorOfCall(error, 'nano').code).toBe(expected);
    expect(isConnectionLost(error)).toBe(lost);
  });
});

it('the generated types are those of the .proto file: npm run wire', () => {
  const fresh = mkdtempSync(join(tmpdir(), 'darkroom-wire-'));
  try {
    execFileSync(process.execPath, ['scripts/wire.mjs', '--out', fresh], { cwd: packageRoot });
    expect(filesOf(join(packageRoot, 'src/plugin/wire/generated'))).toEqual(filesOf(fresh));
  } finally {
    rmSync(fresh, { recursive: true });
  }
});

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  expect(files.length).toBeGreaterThan(40);
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}
