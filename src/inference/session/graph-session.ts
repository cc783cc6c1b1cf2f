/**
 * One ONNX graph, loaded and ready to run. This folder is the only place that knows onnxruntime-node: the rest of the
 * engine feeds and reads plain tensors, under the names of bundle/graphs.ts.
 *
 * A run is synchronous under its promise and cannot be cancelled (toolchain.md, section 3): it blocks the process's
 * event loop until it ends. That is why the engine lives in plugin hosts, and why loops yield between runs.
 */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { GatewayError } from '../../errors/index.js';
import { throwIfAborted } from '../abort.js';
import { GRAPHS } from '../bundle/graphs.js';
import type { Bundle } from '../bundle/open.js';
import { describe, elementCount, type Tensor } from '../tensor/tensor.js';
import { checkTensors, type PortTable, type SymbolTable } from './check-ports.js';

export type GraphKind = keyof typeof GRAPHS;
/** What a graph of this kind wants, by our names for its inputs. */
export type Feeds<Kind extends GraphKind> = { readonly [Port in keyof (typeof GRAPHS)[Kind]['inputs']]: Tensor };
/** What it answers, by our names for its outputs. */
export type Results<Kind extends GraphKind> = { readonly [Port in keyof (typeof GRAPHS)[Kind]['outputs']]: Tensor };

export interface SessionOptions {
  /** Threads inside one operator; 0 lets the runtime take one per physical core. Default 0. */
  readonly threads?: number;
  /** Execution providers in order of preference, for instance `['cuda', 'cpu']`. Default `['cpu']`. */
  readonly providers?: readonly string[];
}

export class GraphSession<Kind extends GraphKind> {
  readonly #kind: Kind;
  readonly #label: string;
  readonly #session: InferenceSession;
  readonly #ports: { readonly inputs: PortTable; readonly outputs: PortTable };
  readonly #Tensor: typeof OrtTensor;

  private constructor(
    kind: Kind,
    label: string,
    session: InferenceSession,
    ports: { inputs: PortTable; outputs: PortTable },
    TensorClass: typeof OrtTensor,
  ) {
    this.#kind = kind;
    this.#label = label;
    this.#session = session;
    this.#ports = ports;
    this.#Tensor = TensorClass;
  }

  /**
   * Verify the graph's files and load it. Weights are external data beside the graph, which the runtime maps from disk:
   * loading from bytes would hold them twice.
   *
   * @param name the graph's name in the manifest; for decoders it differs from its kind
   * @throws GatewayError BUNDLE_MISSING, BUNDLE_DAMAGED, BUNDLE_INVALID, INFERENCE_FAILED when the runtime refuses it
   */
  static async load<Kind extends GraphKind>(
    bundle: Bundle,
    kind: Kind,
    name: string = kind,
    options: SessionOptions = {},
  ): Promise<GraphSession<Kind>> {
    const { threads = 0, providers = ['cpu'] } = options;
    const graph = bundle.graph(name);
    const path = await bundle.verified(graph.file);
    for (const weights of graph.weights) await bundle.verified(weights);

    const { InferenceSession: Session, Tensor: TensorClass } = await import('onnxruntime-node');
    const label = `${bundle.manifest.id}/${name}`;
    const session = await Session.create(path, {
      executionProviders: [...providers],
      intraOpNumThreads: threads,
      // Idle threads that spin take the cores from the gateway and from the other hosts.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Fatal only: its error lines quote values, which may be of a prompt. Failures come back as errors all the same.
      logSeverityLevel: 4,
    }).catch((cause: unknown) => {
      throw new GatewayError(
        'INFERENCE_FAILED',
        `The runtime could not load ${label} with the providers ${providers.join(', ')}: ${messageOf(cause)}`,
        { cause },
      );
    });
    expectNames(label, 'inputs', Object.values(GRAPHS[kind].inputs), session.inputNames);
    expectNames(label, 'outputs', Object.values(GRAPHS[kind].outputs), session.outputNames);
    return new GraphSession(kind, label, session, graph, TensorClass);
  }

  /**
   * One forward pass. Inputs are read where they lie and must not change until it ends.
   *
   * @param signal a run that has not begun when it is aborted does not begin; one that has goes on to its end
   * @throws GatewayError CANCELLED; SHAPE_MISMATCH before the pass when an input differs from the manifest (the runtime itself
   *   ignores surplus inputs and tells little of wrong ones); INFERENCE_FAILED when the pass fails
   */
  async run(feeds: Feeds<Kind>, signal?: AbortSignal): Promise<Results<Kind>> {
    if (signal !== undefined) throwIfAborted(signal);
    const named: Record<string, Tensor> = {};
    for (const [ours, theirs] of Object.entries<string>(GRAPHS[this.#kind].inputs))
      named[theirs] = (feeds as Record<string, Tensor>)[ours] as Tensor;
    const symbols: SymbolTable = new Map();
    checkTensors(this.#label, 'input', this.#ports.inputs, named, symbols);

    const inputs = Object.fromEntries(
      Object.entries(named).map(([name, tensor]) => [name, new this.#Tensor(tensor.dtype, tensor.data, tensor.dims)]),
    );
    const answers = await this.#session.run(inputs).catch((cause: unknown) => {
      const given = Object.entries(named).map(([name, tensor]) => `${name} ${describe(tensor)}`);
      throw new GatewayError('INFERENCE_FAILED', `A forward pass of ${this.#label} failed with ${given.join(', ')}.`, {
        cause,
      });
    });

    const results: Record<string, Tensor> = {};
    const outputs: Record<string, Tensor> = {};
    for (const [ours, theirs] of Object.entries<string>(GRAPHS[this.#kind].outputs)) {
      outputs[theirs] = results[ours] = fromRuntime(this.#label, theirs, answers[theirs]);
    }
    checkTensors(this.#label, 'output', this.#ports.outputs, outputs, symbols);
    return results as Results<Kind>;
  }

  /** Give the weights back. A released session cannot run again. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function fromRuntime(
  label: string,
  name: string,
  answer: InferenceSession.OnnxValueMapType[string] | undefined,
): Tensor {
  if (answer === undefined) throw new GatewayError('INFERENCE_FAILED', `${label} gave no output ${name}.`);
  const { type, dims, data } = answer as OrtTensor;
  const length = elementCount(dims);
  if (type === 'float32' && data instanceof Float32Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'float16' && data instanceof Uint16Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'int64' && data instanceof BigInt64Array && data.length === length) return { dtype: type, dims, data };
  if (type === 'bool' && data instanceof Uint8Array && data.length === length) return { dtype: type, dims, data };
  throw new GatewayError(
    'SHAPE_MISMATCH',
    `${label} gave ${name} as ${type}, which the engine does not read; export it as float32.`,
  );
}

function expectNames(label: string, what: string, wanted: readonly string[], came: readonly string[]): void {
  if ([...wanted].sort().join() === [...came].sort().join()) return;
  throw new GatewayError(
    'BUNDLE_INVALID',
    `${label} should have the ${what} ${wanted.join(', ')}, but it has ${came.join(', ')}; export the bundle again.`,
  );
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
