/**
 * An inference server that speaks the Open Inference Protocol v2 over REST with the binary tensor extension, written from the protocol's
 * specification, and that runs the graphs of a bundle on onnxruntime: each graph is a model under the graph's name.
 *
 * @see https://github.com/kserve/open-inference-protocol and Triton's extension_binary_data.md
 */
import type { ServerResponse } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openBundle } from '../../src/inference/index.js';
import { type LoggedRequest, type ProtocolServer, protocolServer, sendJson } from './protocol-server.js';

type TypedArray = Float32Array | Uint16Array | BigInt64Array | Uint8Array;
type ArrayClass = new (data: ArrayBuffer) => TypedArray;
const TYPES: Readonly<Record<string, readonly [string, ArrayClass]>> = {
  FP32: ['float32', Float32Array],
  FP16: ['float16', Uint16Array],
  INT64: ['int64', BigInt64Array],
  BOOL: ['bool', Uint8Array],
};
const datatypeOf = (type: string) => Object.keys(TYPES).find((name) => TYPES[name]?.[0] === type) ?? type;

interface WireTensor {
  readonly name: string;
  readonly shape: number[];
  readonly datatype: string;
  readonly parameters?: { binary_data_size?: number; binary_data?: boolean };
  readonly data?: unknown[];
}

export interface KserveServerOptions {
  /** Changes what the server tells of a model. */
  readonly describe?: (model: string, metadata: { inputs: WireTensor[]; outputs: WireTensor[] }) => unknown;
}

export async function kserveServer(folder: string, { describe }: KserveServerOptions = {}): Promise<ProtocolServer> {
  const bundle = await openBundle(folder);
  const { graphs } = bundle.manifest;
  const sessions = new Map<string, Promise<InferenceSession>>();
  const sessionOf = (model: string) => {
    const file = graphs[model]?.file;
    if (file === undefined) throw new TypeError(`There is no model ${model}.`);
    const known =
      sessions.get(model) ??
      bundle
        .verified(file)
        .then((path) => InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 4 }));
    sessions.set(model, known);
    return known;
  };

  return protocolServer(async (request, response) => {
    const [, model = '', action] = /^\/v2\/models\/([^/]+)(?:\/(ready|infer))?$/.exec(request.path) ?? [];
    const graph = graphs[model];
    if (graph === undefined) return void sendJson(response, 404, { error: `Model with name ${model} does not exist.` });
    if (action === 'ready') return void sendJson(response, 200, { name: model, ready: true });
    if (action === undefined) {
      const ports = (table: typeof graph.inputs): WireTensor[] =>
        Object.entries(table).map(([name, { dtype, shape }]) => ({
          name,
          datatype: datatypeOf(dtype),
          shape: shape.map((size) => (typeof size === 'string' ? -1 : size)),
        }));
      const metadata = { inputs: ports(graph.inputs), outputs: ports(graph.outputs) };
      const told = describe?.(model, metadata) ?? metadata;
      return void sendJson(response, 200, { name: model, versions: ['1'], platform: 'onnxruntime_onnx', ...told });
    }
    try {
      await infer(await sessionOf(model), request, response);
    } catch (error) {
      sendJson(response, 400, { error: error instanceof Error ? error.message : String(error) });
    }
  });
}

async function infer(session: InferenceSession, { headers, body }: LoggedRequest, response: ServerResponse) {
  const headLength = Number(headers['inference-header-content-length'] ?? body.length);
  const head = JSON.parse(body.toString('utf8', 0, headLength)) as { inputs: WireTensor[]; outputs?: WireTensor[] };
  let at = headLength;
  const feeds = Object.fromEntries(
    head.inputs.map(({ name, shape, datatype, parameters, data = [] }) => {
      const [type, Class] = TYPES[datatype] ?? [];
      if (type === undefined || Class === undefined) throw new TypeError(`${name} has the unknown type ${datatype}.`);
      const size = parameters?.binary_data_size;
      if (size === undefined) return [name, new Tensor(type as 'float32', data.flat(9) as number[], shape)];
      const bytes = new Uint8Array(body.subarray(at, (at += size)));
      return [name, new Tensor(type as 'float32', new Class(bytes.buffer) as Float32Array, shape)];
    }),
  );
  const answers = await session.run(feeds);

  const pieces: Buffer[] = [];
  const outputs = (head.outputs ?? []).map(({ name, parameters }) => {
    const answer = answers[name];
    if (answer === undefined) throw new TypeError(`There is no output ${name}.`);
    const port = { name, shape: [...answer.dims], datatype: datatypeOf(answer.type) };
    const data = answer.data as TypedArray;
    if (parameters?.binary_data !== true) return { ...port, data: Array.from<number | bigint, number>(data, Number) };
    pieces.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return { ...port, parameters: { binary_data_size: data.byteLength } };
  });
  if (pieces.length === 0) return void sendJson(response, 200, { model_name: 'm', outputs });
  const answerHead = Buffer.from(JSON.stringify({ model_name: 'm', outputs }));
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(answerHead.length),
  });
  response.end(Buffer.concat([answerHead, ...pieces]));
}
