/**
 * The Open Inference Protocol v2 over REST, with its binary tensor extension: a JSON head, and behind it the numbers of all tensors as
 * they lie in memory, little-endian. FP16 has no form in JSON at all.
 */
import { endianness } from 'node:os';
import type { Tensor } from 'darkroom/inference';
import { GatewayError, z } from 'darkroom/plugin';

export const DATATYPES = { float32: 'FP32', float16: 'FP16', int64: 'INT64', bool: 'BOOL' } as const satisfies Record<
  Tensor['dtype'],
  string
>;

const BYTES = { float32: 4, float16: 2, int64: 8, bool: 1 } as const satisfies Record<Tensor['dtype'], number>;
const LARGEST_FLOAT32 = 3.402_823_466_385_288_6e38;
const HEAD_LENGTH = 'inference-header-content-length';

export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** @throws {GatewayError} CAPABILITY_MISSING for FP16 without the binary extension */
export function encodeRequest(
  inputs: Readonly<Record<string, Tensor>>,
  outputNames: readonly string[],
  isBinary: boolean,
): WireRequest {
  const tensors = Object.entries(inputs);
  if (!isBinary) {
    const head = {
      inputs: tensors.map(([name, tensor]) => ({ ...portOf(name, tensor), data: jsonDataOf(name, tensor) })),
      outputs: outputNames.map((name) => ({ name })),
    };
    return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(head)) };
  }
  const pieces = tensors.map(([, tensor]) => toLittleEndian(tensor));
  const head = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(([name, tensor], at) => ({
        ...portOf(name, tensor),
        parameters: { binary_data_size: pieces[at]?.byteLength },
      })),
      outputs: outputNames.map((name) => ({ name, parameters: { binary_data: true } })),
    }),
  );
  return {
    headers: { 'content-type': 'application/octet-stream', [HEAD_LENGTH]: String(head.byteLength) },
    body: Buffer.concat([head, ...pieces]),
  };
}

const answerSchema = z.object({
  outputs: z.array(
    z.object({
      name: z.string(),
      shape: z.array(z.int().nonnegative()),
      datatype: z.string(),
      parameters: z.looseObject({ binary_data_size: z.int().nonnegative().optional() }).nullish(),
      data: z.array(z.unknown()).nullish(),
    }),
  ),
});

/**
 * The outputs by name; each may be binary or not, whatever was asked for.
 *
 * @throws {GatewayError} ENGINE_ANSWER_INVALID
 */
export function decodeAnswer(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): Record<string, Tensor> {
  const given = headers[HEAD_LENGTH];
  const headLength = given === undefined ? body.byteLength : Number(given);
  if (!Number.isInteger(headLength) || headLength < 0 || headLength > body.byteLength)
    throw invalid(`a head of ${String(given)} bytes in a body of ${body.byteLength}`);
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8', 0, headLength));
  } catch (cause) {
    throw invalid('a head that is no JSON', cause);
  }
  const parsed = answerSchema.safeParse(document);
  if (!parsed.success) throw invalid('no outputs', parsed.error);

  let at = headLength;
  const outputs: Record<string, Tensor> = {};
  for (const { name, shape, datatype, parameters, data } of parsed.data.outputs) {
    const dtype = dtypeOf(datatype);
    if (dtype === undefined) throw invalid(`${name} as ${datatype}, which is not read`);
    const count = shape.reduce((product, size) => product * size, 1);
    const size = parameters?.binary_data_size;
    if (size === undefined) {
      if (data == null) throw invalid(`${name} without its numbers`);
      outputs[name] = fromJson(name, dtype, shape, count, data);
      continue;
    }
    if (size !== count * BYTES[dtype] || at + size > body.byteLength)
      throw invalid(`${name} ${datatype} [${shape.join(', ')}] in ${Math.min(size, body.byteLength - at)} bytes`);
    outputs[name] = fromLittleEndian(dtype, shape, body.subarray(at, at + size));
    at += size;
  }
  return outputs;
}

export function dtypeOf(datatype: string): Tensor['dtype'] | undefined {
  return (Object.keys(DATATYPES) as Tensor['dtype'][]).find((dtype) => DATATYPES[dtype] === datatype);
}

function portOf(name: string, { dims, dtype }: Tensor) {
  return { name, shape: dims, datatype: DATATYPES[dtype] };
}

function jsonDataOf(name: string, { dtype, data }: Tensor): unknown[] {
  if (dtype === 'float16')
    throw new GatewayError(
      'CAPABILITY_MISSING',
      `The graph's input ${name} is FP16, which crosses only in binary; set the option binary to true.`,
    );
  if (dtype === 'bool') return Array.from(data, (value) => value !== 0);
  // Whole numbers of graphs are ids and positions: all of them are exact. JSON has no infinity, which masks are made of.
  return Array.from<number | bigint, number>(data, (value) =>
    Math.max(-LARGEST_FLOAT32, Math.min(LARGEST_FLOAT32, Number(value))),
  );
}

function fromJson(name: string, dtype: Tensor['dtype'], dims: number[], count: number, nested: unknown[]): Tensor {
  const values: unknown[] = nested.flat(Number.POSITIVE_INFINITY);
  if (dtype === 'float16') throw invalid(`${name} as FP16 in JSON, which has no form there`);
  if (values.length !== count) throw invalid(`${name} [${dims.join(', ')}] with ${values.length} numbers`);
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(values, (value) => (value === true ? 1 : 0)) };
  if (dtype === 'int64') return { dtype, dims, data: BigInt64Array.from(values, (value) => BigInt(value as number)) };
  return { dtype, dims, data: Float32Array.from(values, Number) };
}

function toLittleEndian({ dtype, data }: Tensor): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return endianness() === 'LE' ? bytes : swapped(Buffer.from(bytes), BYTES[dtype]);
}

/** A copy, because a typed array must begin at a multiple of its element's size. */
function fromLittleEndian(dtype: Tensor['dtype'], dims: number[], bytes: Buffer): Tensor {
  const copy = new Uint8Array(bytes);
  if (endianness() === 'BE') swapped(Buffer.from(copy.buffer), BYTES[dtype]);
  switch (dtype) {
    case 'float32':
      return { dtype, dims, data: new Float32Array(copy.buffer) };
    case 'float16':
      return { dtype, dims, data: new Uint16Array(copy.buffer) };
    case 'int64':
      return { dtype, dims, data: new BigInt64Array(copy.buffer) };
    case 'bool':
      return { dtype, dims, data: copy };
  }
}

function swapped(bytes: Buffer, width: number): Buffer {
  if (width === 2) return bytes.swap16();
  if (width === 4) return bytes.swap32();
  return width === 8 ? bytes.swap64() : bytes;
}

function invalid(what: string, cause?: unknown): GatewayError {
  return new GatewayError('ENGINE_ANSWER_INVALID', `The inference server answered ${what}.`, { cause });
}
